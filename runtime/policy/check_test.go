package policy_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

// The warning about a rule for everyone says what its operations allow, and no more.
func TestCheckOpenSaysWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for ops, want := range map[string]string{
		`"*"`:                        "do everything",
		`{ "read", "write" }`:        "do everything",
		`"read"`:                     "read all keys",
		`"get"`:                      "read all keys",
		`"watch"`:                    "read all keys",
		`{ "get", "keys" }`:          "read all keys",
		`"keys"`:                     "list all keys",
		`"write"`:                    "write and delete all keys",
		`"set"`:                      "write all keys",
		`"create"`:                   "write all keys",
		`"update"`:                   "write all keys",
		`"delete"`:                   "delete all keys",
		`{ "get", "set" }`:           "read and write all keys",
		`{ "keys", "delete" }`:       "list and delete all keys",
		`{ "get", "keys", "write" }`: "read, write and delete all keys",
	} {
		src := `allow { "a", callers = "**", keys = "**", ops = ` + ops + ` }`
		r := policy.CheckSource("policy.lua", []byte(src), policy.Options{})
		var b strings.Builder
		r.WriteText(&b)
		if want := `allow "a": lets everyone ` + want + `, except for what a deny rule covers`; !strings.Contains(b.String(), want) {
			t.Errorf("ops = %s: got %s, want %s", ops, b.String(), want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	src := `local unused = 1
allow { "all", keys = "**" }
deny { "no", keys = "prod/**" }
allow { "never", roles = "ops", keys = "prod/db/*" }
redact { "any", keys = "**", mode = "full" }
redact { "late", keys = "a/*", mode = "none" }
chain { "c1", keys = "**", providers = "env" }
chain { "c2", keys = "x", providers = "env" }
allow { "loop", roles = "x", keys = "y", when = function(req) for i = 1, 2 do log(i) end return true end }`
	r := policy.CheckSource("policy.lua", []byte(src), policy.Options{})
	var b strings.Builder
	r.WriteText(&b)
	for _, want := range []string{
		`policy.lua:1: warning: local "unused" is never used`,
		`policy.lua:2: warning: allow "all": lets everyone do everything, except for what a deny rule covers`,
		`policy.lua:4: warning: allow "never": never allows: deny "no" in line 3 covers it`,
		`policy.lua:6: warning: redact "late": never matches: "any" in line 5 covers it and comes first`,
		`policy.lua:8: warning: chain "c2": never matches: "c1" in line 7 covers it and comes first`,
		`policy.lua:9: warning: a loop in a predicate costs time on each request`,
		`policy.lua: ok, 8 rules, revision ` + r.Revision + `, used `,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if !r.OK() || len(r.Diagnostics) != 6 || r.Used.Instructions == 0 || r.Used.Bytes == 0 || r.Used.Nesting == 0 {
		t.Errorf("report = %+v", r)
	}
	bad := policy.CheckSource("policy.lua", []byte("\nalow {}"), policy.Options{})
	if bad.OK() || len(bad.Diagnostics) != 1 || bad.Diagnostics[0].Line != 2 || bad.Diagnostics[0].Hint != "allow" {
		t.Errorf("report = %+v", bad)
	}
	gone := policy.Check("/nonexistent/policy.lua", policy.Options{})
	if gone.OK() || gone.Diagnostics[0].Severity != policy.Error {
		t.Errorf("report = %+v", gone)
	}
}

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	for _, src := range []string{`allow { "all", keys = "**" }`, `alow {}`} {
		r := policy.CheckSource("policy.lua", []byte(src), policy.Options{})
		var js bytes.Buffer
		if err := r.WriteJSON(&js); err != nil {
			t.Fatal(err)
		}
		var report struct{ Diagnostics []policy.Diagnostic }
		if err := json.Unmarshal(js.Bytes(), &report); err != nil || len(report.Diagnostics) != 1 {
			t.Errorf("JSON %s: %v", js.String(), err)
		}
	}
}
