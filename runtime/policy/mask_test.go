package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// For every keep that loads, logs show as many characters as Explain says, and
// others do not load.
func TestKeepIsWhatLogsShow(t *testing.T) {
	t.Parallel()
	value := strings.Repeat("0123456789", 20)
	for keep := range 70 {
		for mode, want := range map[mask.Mode]string{
			mask.First: value[:keep],
			mask.Last:  value[len(value)-keep:],
		} {
			src := fmt.Sprintf("redact { \"x\", keys = \"k\", mode = %q, keep = %d }\n", mode, keep)
			p, err := policy.Parse("policy.lua", []byte(src), policy.Options{})
			if keep < 1 || keep > mask.MaxKeep {
				if err == nil || !strings.Contains(err.Error(), "want a whole number from 1 to 8") {
					t.Errorf("keep = %d loads with %v, want an error that says the range", keep, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("keep = %d: %v", keep, err)
				continue
			}
			x := p.Explain(policy.Request{Op: policy.OpGet, Key: "k"})
			if x.Mask != (mask.Mask{Mode: mode, Keep: keep}) || x.MaskRule != "x" {
				t.Errorf("keep = %d explains as %+v by %q", keep, x.Mask, x.MaskRule)
			}
			if got, want := logged(t, value, x.Mask), "[REDACTED:k:"+want+"]"; got != want {
				t.Errorf("keep = %d is logged as %q, want %q", keep, got, want)
			}
		}
	}
}

// logged is what a log shows of a value.
func logged(t *testing.T, value string, m mask.Mask) string {
	t.Helper()
	s, err := secret.FromString(value)
	if err != nil {
		t.Fatal(err)
	}
	r := redact.New(redact.Options{})
	defer r.Close()
	if err := r.AddAll([]redact.Entry{{Key: "k", Secret: s, Mask: m}}); err != nil {
		t.Fatal(err)
	}
	return r.String(value)
}

// The mode "none" is for those who ask for a value: logs show nothing of it.
func TestMaskNoneIsForPeople(t *testing.T) {
	t.Parallel()
	p := parse(t, `redact { "x", keys = "k", mode = "none" }`)
	m, rule := p.Mask("k")
	if m.Mode != policy.MaskNone || rule != "x" {
		t.Errorf("Mask = %+v by %q", m, rule)
	}
	if got := logged(t, "value-5f0c9a7b", m); got != "[REDACTED:k]" {
		t.Errorf("logged as %q", got)
	}
}

// TestMasksPerCaller checks redact rules with conditions on the caller, more of them
// than an index by role would begin with.
func TestMasksPerCaller(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, "redact { \"role-%d\", keys = \"**\", roles = \"role-%d\", mode = \"hash\" }\n", i, i)
	}
	p := parse(t, `allow { "all", keys = "**" } redact { "guests", keys = "**", roles = "guest-*", mode = "full" }
		redact { "ops", keys = "**", roles = { "ops", none = "intern" }, mode = "none" }
		redact { "bots", keys = "**", callers = "bot/*", mode = "last", keep = 4 } `+many.String())
	for _, tt := range []struct{ caller, roles, want string }{
		{"", "", ""}, {"bot/1", "", "bots"}, {"bot/1", "ops", "ops"}, {"", "guest-1 ops", "guests"}, {"", "role-19", "role-19"}, {"app", "dev", ""},
	} {
		req := getKey("a/b")
		req.Caller, req.Roles = tt.caller, strings.Fields(tt.roles)
		if d, x := p.Decide(req), p.Explain(req); d.MaskRule != tt.want || x.MaskRule != tt.want {
			t.Errorf("%+v: mask rule %q, explained %q", tt, d.MaskRule, x.MaskRule)
		}
	}
	if _, rule := p.Mask("a/b"); rule != "" {
		t.Errorf("Mask without a caller is that of %q", rule)
	}
}
