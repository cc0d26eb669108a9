package policy_test

import (
	"encoding/json"
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
	var b strings.Builder
	x.WriteText(&b)
	want := `DENY  code=no_rule rule="" line=0 chain=default[env file] mask=last(tokens) revision=` + p.Revision() + `
  miss  allow ci-hours             line 11   failed: time (Mon 23:00 CET; want 08:00-20:00 mon-fri Europe/Berlin)
  miss  allow ops-prod             line 10   failed: roles (needs one of [ops]), keys (want prod/**)
  miss  allow team-own             line 13   failed: roles (needs one of [dev]), keys (want team/*/dev/**)
  miss  allow oncall-ticket        line 15   failed: roles (needs one of [oncall]), keys (want prod/**, infra/**)
  miss  deny  quarantine           line 8    failed: labels.quarantined (want "yes", got "")
  miss  deny  prod-is-read-only    line 6    failed: op (get; want set, delete), keys (want prod/**)
`
	if b.String() != want {
		t.Errorf("explain:\n%s\nwant\n%s", b.String(), want)
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
	var b strings.Builder
	x.WriteText(&b)
	for _, want := range []string{"log   team is blue table\n", "failed: its `when` function returned false\n", "when failed: instruction budget exceeded", "when returned number", "code=policy_error"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
