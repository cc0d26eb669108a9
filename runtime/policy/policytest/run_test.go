package policytest_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func parse(t testing.TB, src string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policy.lua", []byte(src), policy.Options{Providers: []string{"vault", "file", "env"}, Chain: []string{"vault", "file", "env"}})
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return p
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) // a Monday

const example = `
local std = require "std/v1"
chain { "prod",    keys = "prod/**", providers = { "vault", "file", "env" } }
chain { "default", keys = "**",      providers = { "env", "file" } }

deny  { "prod-is-read-only", ops = "write", keys = "prod/**",
        reason = "production secrets change through the pipeline only" }
deny  { "quarantine", labels = { quarantined = "yes" }, keys = "**" }

allow { "ops-prod", roles = "ops", ops = "read", keys = "prod/**" }
allow { "ci-hours", roles = "ci",  ops = { "get", "watch" }, keys = "ci/**",
        hours = "08:00-20:00", days = "mon-fri", tz = "Europe/Berlin" }
allow { "team-own", roles = "dev", ops = "*", keys = "team/*/dev/**",
        when = function(req) return std.segment(req.key, 2) == req.labels.team end }
allow { "oncall-ticket", roles = "oncall", ops = "get", keys = { "prod/**", "infra/**" },
        when = function(req) return std.is_ticket(req.labels.ticket) end }

redact { "passwords", keys = { "**/password", "**/passwd" }, mode = "full" }
redact { "tokens",    keys = { "**/*token*", "**/api_key" }, mode = "last", keep = 4 }
redact { "certs",     keys = "**/tls.key", mode = "hash" }
`

const exampleTests = `
test("ops reads prod at night", function(t)
  t.allow { caller = "alice", roles = { "ops" }, op = "get", key = "prod/db/password",
            at = "2026-03-02T03:00:00Z", rule = "ops-prod", chain = "prod", mask = "full" }
end)
test("own team only", function(t)
  t.deny { roles = "dev", op = "set", key = "team/blue/dev/x", labels = { team = "red" }, code = "no_rule" }
end)
test("wrong", function(t)
  t.allow { roles = "dev", op = "set", key = "team/blue/dev/x", labels = { team = "red" } }
  t.deny { key = "prod/x", code = "denied_by_rule" }
end)
test("endless", function(t) while true do end end)
test("typo", function(t) t.allow { kee = "x" } end)
test("method", function(t) t.alow { key = "x" } end)
`

func TestRunTests(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	r, err := policytest.RunTests(p, []policytest.File{{Name: "p_test.lua", Source: []byte(exampleTests)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Tests) != 6 || r.Failed() != 4 || r.Hit != 3 || r.Rules != 11 || r.OK(0) {
		t.Errorf("report = %+v", r)
	}
	want := []string{"", "", "p_test.lua:10: got deny, want allow\ndeny       no_rule", "instruction budget exceeded", `unknown field "kee" (did you mean "key"?)`, `t has no field "alow" (did you mean "allow"?)`}
	for i, w := range want {
		if got := strings.Join(r.Tests[i].Failures, "\n"); (w == "") != (got == "") || !strings.Contains(got, w) {
			t.Errorf("test %d: %q, want %q", i, got, w)
		}
	}
	if !strings.HasPrefix(r.Coverage(), "rules hit 3/11, never hit: chain default (line 4), deny prod-is-read-only (line 6)") {
		t.Errorf("coverage: %s", r.Coverage())
	}
	var tap, junit, js, text bytes.Buffer
	if err := errors.Join(r.WriteTAP(&tap), r.WriteJUnit(&junit), r.WriteJSON(&js), r.WriteText(&text)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(tap.String(), "TAP version 13\n1..6\nok 1 - ops reads prod at night\nok 2 - own team only\nnot ok 3 - wrong\n# p_test.lua:10: got deny") {
		t.Errorf("TAP:\n%s", tap.String())
	}
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Case     []struct {
			Failure []struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &suite); err != nil || suite.Tests != 6 || suite.Failures != 4 || len(suite.Case[2].Failure) != 2 {
		t.Errorf("JUnit %+v: %v", suite, err)
	}
	if !json.Valid(js.Bytes()) || !strings.Contains(text.String(), "6 tests, 4 failed; rules hit 3/11") {
		t.Errorf("text:\n%s", text.String())
	}
	some, err := policytest.RunTests(p, []policytest.File{{Name: "p_test.lua", Source: []byte(exampleTests)}}, regexp.MustCompile("^o"))
	if err != nil || len(some.Tests) != 2 || !some.OK(3) || some.OK(4) {
		t.Errorf("selected: %+v, %v", some, err)
	}
	_, err = policytest.RunTests(p, []policytest.File{{Name: "p_test.lua", Source: []byte("allow { }")}}, nil)
	if err == nil || !strings.Contains(err.Error(), `p_test.lua:1: undefined variable "allow"`) {
		t.Errorf("rules in a test file: %v", err)
	}
}

// TestConditionsThatNeverDecideAreNamed checks which conditions of a policy its tests
// depend on.
func TestConditionsThatNeverDecideAreNamed(t *testing.T) {
	t.Parallel()
	src := []byte(`local std = require "std/v1" -- allow { "not a rule", keys = "x" }
local hours = "08:00-18:00"
allow { "day", roles = { "dev", "ops" }, keys = { "a/**", "b" }, hours = hours, days = "mon-fri", tz = "UTC",
        when = function(req) return std.segment(req.key, 1) ~= "x" end }
for _, env in ipairs({ "dev", "stg" }) do
  allow { "env-" .. env, callers = "svc/*", keys = env .. "/**" }
end
deny { "frozen"; labels = { state = "frozen" }; keys = "a/**" }`)
	files := []policytest.File{{Name: "t", Source: []byte(`test("a", function(t)
		t.allow { roles = "dev", key = "a/x" }
		t.deny { key = "a/x" }
		t.deny { roles = "dev", key = "a/x", at = "2026-01-05T20:00:00Z" }
		t.deny { roles = "dev", key = "a/x", labels = { state = "frozen" } }
		t.allow { caller = "svc/x", key = "dev/a" }
		t.deny { caller = "svc/x", key = "other" }
	end)`)}}
	p, err := policy.Parse("policy.lua", src, policy.Options{Chain: []string{"env"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := policytest.RunTests(p, files, nil)
	if err == nil {
		err = policytest.CoverConditions(&r, p, files)
	}
	var names []string
	for _, c := range r.NeverDecisive {
		names = append(names, c.String())
	}
	want := []string{`keys of allow "day"`, `days of allow "day"`, `when of allow "day"`, `callers of allow "env-dev"`, `callers of allow "env-stg"`, `keys of deny "frozen"`}
	if err != nil || r.Conditions != 11 || r.Decisive != 5 || !slices.Equal(names, want) {
		t.Errorf("%d of %d conditions decide, not %q, want %q; %v", r.Decisive, r.Conditions, names, want, err)
	}
	if s := r.Coverage(); !strings.HasSuffix(s, "conditions decisive 5/11") {
		t.Errorf("Coverage = %s", s)
	}
}
