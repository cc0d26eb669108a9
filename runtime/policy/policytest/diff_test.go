package policytest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/audit/record"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func TestLogAndReplayTM091(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	var out bytes.Buffer
	log := audit.New(&out, audit.Options{Required: true, Labels: []string{"team"}})
	reqs := []policy.Request{
		{Caller: "a", Roles: []string{"ops"}, Op: policy.OpGet, Key: "prod/x", Time: noon},
		{Caller: "b", Roles: []string{"dev"}, Op: policy.OpGet, Key: "team/blue/dev/x", Labels: map[string]string{"team": "blue"}, Time: noon},
		{Caller: "c", Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/x", Time: noon.Add(12 * time.Hour), Labels: map[string]string{"private": "4711"}},
	}
	for _, q := range reqs {
		d := p.Decide(q)
		r := record.Intent{
			Time: q.Time, Revision: d.Revision, Caller: q.Caller, Roles: q.Roles, Op: q.Op.String(), Key: q.Key, Labels: q.Labels,
			Effect: "deny", Code: string(d.Code), Rule: d.Rule, Line: d.Line,
		}
		if d.Allow {
			r.Effect = "allow"
		}
		entry, err := log.Intent(context.Background(), r)
		if err == nil && d.Allow {
			err = entry.Outcome(context.Background(), record.Outcome{Time: q.Time, Result: record.OK, Provider: "env", Micros: 3})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "4711") || !strings.Contains(out.String(), `"labels_left_out":1`) {
		t.Errorf("log:\n%s", out.String())
	}
	again, err := policytest.Diff(p, p, bytes.NewReader(out.Bytes()))
	if err != nil || again.Same != 3 || again.Requests != 3 || again.Uncertain != 1 {
		t.Errorf("Diff = %+v, %v", again, err)
	}
	newer := parse(t, strings.Replace(example, `days = "mon-fri"`, `days = "sun-sat"`, 1)+`
		deny { "x", keys = "team/blue/**" } allow { "night", roles = "ci", keys = "ci/**" }`)
	diff, err := policytest.Diff(p, newer, strings.NewReader(out.String()+"\nnot json\n{}\n"))
	if err != nil || diff.DenyToAllow != 1 || diff.AllowToDeny != 1 || diff.Same != 1 || diff.Skipped != 2 {
		t.Errorf("Diff = %+v, %v", diff, err)
	}
	var text strings.Builder
	diff.WriteText(&text)
	if !strings.Contains(text.String(), `line 3: get team/blue/dev/x by "b": allowed "team-own" -> denied_by_rule "x"`) {
		t.Errorf("diff:\n%s", text.String())
	}
}

// TestDiffShowsFlipsFirst replays many requests of which few become allowed.
func TestDiffShowsFlipsFirst(t *testing.T) {
	t.Parallel()
	older := parse(t, `allow { "read", ops = "read", keys = "**" } deny { "prod", keys = "prod/**" }`)
	newer := parse(t, `allow { "everything", keys = "**" } deny { "dev", keys = "dev/**", ops = "get" }`)
	var log strings.Builder
	for i := range 3000 {
		key := fmt.Sprintf("stage/%d", i) // for another reason
		switch {
		case i%10 == 3:
			key = fmt.Sprintf("dev/%d", i)
		case i%10 == 7:
			key = fmt.Sprintf("prod/%d", i)
		}
		fmt.Fprintf(&log, `{"ts":"2026-03-02T12:00:00Z","op":"get","key":%q,"caller":"c"}`+"\n", key)
	}
	r, err := policytest.Diff(older, newer, strings.NewReader(log.String()))
	if err != nil || r.DenyToAllow != 300 || r.AllowToDeny != 300 || r.OtherReason != 2400 || r.Count(policytest.DenyToAllow) != 300 {
		t.Fatalf("Diff = %+v, %v", r, err)
	}
	if len(r.Groups) != 3 || r.Groups[0].Effect != policytest.DenyToAllow || r.Groups[0].OldRule != "prod" || r.Groups[0].Requests != 300 {
		t.Errorf("groups %+v", r.Groups)
	}
	flips := 0
	for i, c := range r.Changes[:600] {
		if strings.HasPrefix(c.Key, "prod/") != (i < 300) {
			t.Fatalf("change %d is %+v", i, c)
		}
		flips++
	}
	if len(r.Changes) != 1600 || r.More != 1400 {
		t.Errorf("%d changes, %d more", len(r.Changes), r.More)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`deny to allow: denied_by_rule "prod" -> allowed "everything": 300 requests` + "\nline 8: ", "\n... 295 more\nallow to deny: ", "... 2395 more"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
}

func TestDiffTextCountsInWords(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]policytest.DiffReport{
		"1 request: 1 the same, 0 deny to allow, 0 allow to deny, 0 for another reason; 0 uncertain, 1 line skipped\n":   {Requests: 1, Same: 1, Skipped: 1},
		"2 requests: 2 the same, 0 deny to allow, 0 allow to deny, 0 for another reason; 0 uncertain, 0 lines skipped\n": {Requests: 2, Same: 2},
	} {
		var text strings.Builder
		if err := r.WriteText(&text); err != nil || !strings.HasSuffix(text.String(), want) {
			t.Errorf("WriteText = %q, %v; want %q", text.String(), err, want)
		}
	}
}

// The log line of a set does not say whether it was a create or an update if both were
// denied or both allowed: the new policy may change either.
func TestDiffLooksAtBothFormsOfASet(t *testing.T) {
	t.Parallel()
	none, created := `deny { "d", keys = "other" }`, `allow { "c", ops = "create", keys = "**" }`
	updated, both := `allow { "u", ops = "update", keys = "**" }`, `allow { "s", ops = "set", keys = "**" }`
	for _, tt := range []struct {
		older, newer string
		effect       policytest.Effect
		op           string
	}{
		{none, created, policytest.DenyToAllow, "create"},
		{none, updated, policytest.DenyToAllow, "update"},
		{none, both, policytest.DenyToAllow, "set"},
		{both, created, policytest.AllowToDeny, "update"},
		{created, updated, policytest.DenyToAllow, "update"},
		{created, created + "\n" + none, "", ""},
		{both, created + updated, policytest.OtherReason, "create"},
		{both, both, "", ""},
	} {
		log := `{"ts":"2026-03-02T10:00:00Z","record":"intent","caller":"a","op":"set","key":"k","effect":"deny"}`
		diff, err := policytest.Diff(parse(t, tt.older), parse(t, tt.newer), strings.NewReader(log))
		var effect policytest.Effect
		op := ""
		if len(diff.Changes) > 0 {
			effect, op = diff.Groups[0].Effect, diff.Changes[0].Op
		}
		if err != nil || diff.Requests != 1 || effect != tt.effect || op != tt.op {
			t.Errorf("from %s to %s: %q of %q, %v; want %q of %q", tt.older, tt.newer, effect, op, err, tt.effect, tt.op)
		}
	}
}

// A policy that allows the same and shows it, or takes it from elsewhere, is not the same.
func TestDiffComparesResults(t *testing.T) {
	t.Parallel()
	const log = `{"ts":"2026-03-02T12:00:00Z","op":"get","key":"k","caller":"c","effect":"allow"}` + "\n"
	parsed := func(more string) *policy.Policy {
		p, err := policy.Parse("p.lua", []byte(`allow { "all", ops = "*", keys = "**" } `+more), policy.Options{Chain: []string{"f", "g"}, Providers: []string{"f", "g"}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for more, want := range map[string]string{
		"": "",
		`chain { "c", keys = "**", providers = { "g" } }`:                                                           "providers f, g -> g",
		`pin { "p", keys = "**", provider = "g" }`:                                                                  "providers f, g -> g",
		`redact { "n", keys = "**", mode = "none" }`:                                                                "mask full -> none",
		`redact { "n", keys = "**", mode = "last", keep = 4 } chain { "c", keys = "**", providers = { "g", "f" } }`: "providers f, g -> g, f; mask full -> last 4",
	} {
		r, err := policytest.Diff(parsed(""), parsed(more), strings.NewReader(log))
		if err != nil || r.Requests != 1 || r.Count(policytest.OtherResult) != min(1, len(want)) {
			t.Errorf("%s: %+v, %v", more, r, err)
			continue
		}
		if want != "" && r.Changes[0].Result != want {
			t.Errorf("%s: %q, want %q", more, r.Changes[0].Result, want)
		}
	}
}

// A set of which the log does not say whether the key existed is compared as a create and as
// an update: a change of one does not hide that of the other.
func TestDiffShowsBothFormsOfASet(t *testing.T) {
	t.Parallel()
	const line = `{"ts":"2026-03-02T10:00:00Z","record":"intent","decision_id":"x-1","caller":"a","uid":0,"op":"set","key":"k","effect":"allow","code":"allowed"}`
	const create, update = `allow { "c", ops = "create", keys = "**" }`, `allow { "u", ops = "update", keys = "**" }`
	for _, c := range []struct {
		older, newer               string
		toAllow, toDeny, other, is int
	}{
		{create, update, 1, 1, 0, 0},
		{update, create, 1, 1, 0, 0},
		{create, create + update, 1, 0, 0, 0},
		{create + update, update, 0, 1, 0, 0},
		{`allow { "s", ops = "set", keys = "**" }`, `deny { "no", ops = "create", keys = "**" } allow { "t", ops = "set", keys = "**" }`, 0, 1, 0, 0},
		{create + update, update + create, 0, 0, 0, 1},
		{create + update, `allow { "x", ops = "create", keys = "**" }` + update, 0, 0, 1, 0},
	} {
		r, err := policytest.Diff(parse(t, c.older), parse(t, c.newer), strings.NewReader(line))
		if err != nil || r.DenyToAllow != c.toAllow || r.AllowToDeny != c.toDeny || r.OtherReason != c.other || r.Same != c.is || r.Requests != 1 {
			t.Errorf("%s to %s: %+v, %v", c.older, c.newer, r, err)
		}
	}
}

// Requests that another policy than the old one decided are counted, and so are those of which
// the log does not say who did. Lines that are not compared are not.
func TestDiffCountsRequestsOfOtherPolicies(t *testing.T) {
	t.Parallel()
	older, newer := parse(t, `allow { "a", keys = "a/**" }`), parse(t, `allow { "b", keys = "**" }`)
	var log strings.Builder
	for _, revision := range []string{older.Revision(), newer.Revision(), newer.Revision(), ""} {
		fmt.Fprintf(&log, `{"ts":"2026-03-02T10:00:00Z","record":"intent","revision":%q,"op":"get","key":"a/x"}`+"\n", revision)
		fmt.Fprintf(&log, `{"ts":"2026-03-02T10:00:00Z","record":"outcome","op":"get","key":"a/x","result":"ok"}`+"\n")
	}
	r, err := policytest.Diff(older, newer, strings.NewReader(log.String()+"{}\n"))
	if err != nil || r.Requests != 4 || r.OtherPolicy != 3 || r.Skipped != 1 {
		t.Errorf("Diff = %+v, %v; want 4 requests, 3 of another policy", r, err)
	}
}

// A line that is too long costs the comparison of itself only, wherever it is. The lines after
// it keep their numbers.
func TestDiffSkipsLinesThatAreTooLong(t *testing.T) {
	t.Parallel()
	older, newer := parse(t, `allow { "a", keys = "a/**" }`), parse(t, `allow { "b", keys = "**" }`)
	const get = `{"ts":"2026-03-02T10:00:00Z","record":"intent","op":"get","key":"b/x","labels":{"l":"%s"}}`
	line := func(length int) string { return fmt.Sprintf(get, strings.Repeat("x", length-len(get)+len("%s"))) }
	for _, end := range []string{"\n", "\r\n"} {
		log := strings.Join([]string{line(1<<20 + 1), line(100), "  ", line(3 << 20), line(1<<20 - 2), line(1 << 21)}, end)
		r, err := policytest.Diff(older, newer, strings.NewReader(log))
		if err != nil || r.Requests != 2 || r.DenyToAllow != 2 || r.Skipped != 3 || r.TooLong != 3 || r.Changes[0].Line != 2 || r.Changes[1].Line != 5 {
			t.Errorf("Diff = %+v, %v; want 2 requests, at the lines 2 and 5, and 3 lines skipped", r, err)
		}
	}
	broken := io.MultiReader(strings.NewReader(line(100)+"\n"), iotest.ErrReader(errors.New("broken")))
	if r, err := policytest.Diff(older, newer, broken); err == nil || r.Requests != 1 {
		t.Errorf("Diff = %+v, %v; want the error of the reader", r, err)
	}
}
