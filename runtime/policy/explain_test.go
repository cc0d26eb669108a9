package policy_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	x := p.Explain(policy.Request{Caller: "build-7", Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/registry/token",
		Time: time.Date(2026, 3, 2, 22, 0, 0, 0, time.UTC)})
	want := []policy.Miss{
		{Kind: "allow", Rule: "ci-hours", Line: 11, Failed: []string{"time (Mon 23:00 CET; want 08:00-20:00 mon-fri Europe/Berlin)"}},
		{Kind: "allow", Rule: "ops-prod", Line: 10, Failed: []string{"roles (needs one of [ops])", "keys (want prod/**)"}},
		{Kind: "allow", Rule: "team-own", Line: 13, Failed: []string{"roles (needs one of [dev])", "keys (want team/*/dev/**)"}},
		{Kind: "allow", Rule: "oncall-ticket", Line: 15, Failed: []string{"roles (needs one of [oncall])", "keys (want prod/**, infra/**)"}},
		{Kind: "deny", Rule: "quarantine", Line: 8, Failed: []string{`labels.quarantined (want "yes", got "")`}},
		{Kind: "deny", Rule: "prod-is-read-only", Line: 6, Failed: []string{"op (get; want set, delete)", "keys (want prod/**)"}},
	}
	if !reflect.DeepEqual(x.Misses, want) {
		t.Errorf("misses %+v\nwant %+v", x.Misses, want)
	}
	if d := x.Decision; d.Allow || d.Code != policy.NoRule || d.Rule != "" || d.Line != 0 || d.Revision != p.Revision() ||
		x.Chain != "default" || !slices.Equal(x.Asked, []string{"env", "file"}) || x.Mask.Mode != "last" || x.MaskRule != "tokens" {
		t.Errorf("explained as %+v", x)
	}
	out, err := json.Marshal(x)
	if err != nil || !strings.HasPrefix(string(out), `{"effect":"deny","code":"no_rule","rule":"","file":"","line":0,`) {
		t.Errorf("JSON: %s, %v", out, err)
	}
}

func TestExplainPredicate(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "a", keys = "**", when = function(req) log("team is", req.labels.team, {}) return false end }
		allow { "b", keys = "**", when = function(req) return nil + 1 end }
		allow { "c", keys = "**", when = function(req) while true do end end }
		allow { "d", keys = "**", when = function(req) return 1 end }`)
	x := p.Explain(policy.Request{Op: policy.OpGet, Key: "k", Time: noon, Labels: map[string]string{"team": "blue"}})
	if x.Decision.Code != policy.PolicyError || !slices.Equal(x.Log, []string{"team is blue table"}) {
		t.Errorf("code %q, log %q", x.Decision.Code, x.Log)
	}
	text := fmt.Sprint(x.Misses)
	for _, want := range []string{"its `when` function returned false", "when failed: instruction budget exceeded", "when returned number"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
}
