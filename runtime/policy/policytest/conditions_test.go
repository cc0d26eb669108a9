package policytest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

// covered returns the conditions of a policy without which all tests pass, and how
// many there are.
func covered(t *testing.T, src, tests string, libs map[string]string) (never []string, all int) {
	t.Helper()
	p, err := policy.Parse("policy.lua", []byte(src), policy.Options{Chain: []string{"env"}, Libs: libs})
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	files := []policytest.File{{Name: "t", Source: []byte(`test("a", function(t) ` + tests + ` end)`)}}
	r, err := policytest.RunTests(p, files, nil)
	if err == nil && r.Failed() > 0 {
		t.Fatalf("%s: the tests fail: %v", src, r.Tests)
	}
	if err == nil {
		err = policytest.CoverConditions(&r, p, files)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Decisive+len(r.NeverDecisive) != r.Conditions {
		t.Errorf("%s: %d decisive and %d not, of %d", src, r.Decisive, len(r.NeverDecisive), r.Conditions)
	}
	for _, c := range r.NeverDecisive {
		never = append(never, c.Field)
	}
	return never, r.Conditions
}

// TestConditionsAreCountedHoweverTheyAreWritten: one rule, in the ways in which Lua
// may write it, has the same four conditions.
func TestConditionsAreCountedHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	libs := map[string]string{"acme/rules": `return { keys = "a/**", rule = function(until_) return { "r", keys = "a/**", ops = "get", roles = "x", ["until"] = until_ } end }`}
	for _, src := range []string{
		`allow { "r", keys = "a/**", ops = "get", roles = "x", until = "2026-06-30" }`,
		`allow({ "r", keys = "a/**", ops = "get", roles = "x", until = "2026-06-30" })`,
		`allow { "r", ["keys"] = "a/**", ['ops'] = "get", [ [[roles]] ] = "x", ["until"] = "2026-06-30" }`,
		`local r = { "r", keys = "a/**", ops = "get", roles = "x", ["until"] = "2026-06-30" } allow(r)`,
		`local a = allow a { "r", keys = "a/**", ops = "get", roles = "x", ["until"] = "2026-06-30" }`,
		`local r = { "r" } r.keys = "a/**" r.ops = "get" r["ro" .. "les"] = "x" r["until"] = "2026-06-30" allow(r)`,
		`for _, k in ipairs { "a/**" } do allow { "r", keys = k, ops = { "get" }, roles = { "x" }, ["until"] = "2026-06-30" } end`,
		`local function own(k) allow { "r", keys = k, ops = "get", roles = "x", ["until"] = "2026-06-30" } end own "a/**"`,
		`allow(require("acme/rules").rule("2026-06-30"))`,
		"allow --[[ comment ]] { 'r', keys = 'a/**', ops = 'get', roles = 'x', ['until'] = '2026-06-30', }",
	} {
		never, all := covered(t, src, `t.allow { key = "a/x", op = "get", roles = "x" }`, libs)
		if want := []string{"keys", "ops", "roles", "until"}; all != 4 || !slices.Equal(never, want) {
			t.Errorf("%s:\n%q of %d are not covered, want %q of 4", src, never, all, want)
		}
		never, all = covered(t, src, `t.allow { key = "a/x", op = "get", roles = "x" }
			t.deny { key = "a/x", op = "get" } t.deny { key = "b/x", op = "get", roles = "x" } t.deny { key = "a/x", op = "set", roles = "x" }
			t.deny { key = "a/x", op = "get", roles = "x", at = "2026-07-01T00:00:00Z" }`, libs)
		if all != 4 || len(never) != 0 {
			t.Errorf("%s:\n%q of %d are not covered, want none of 4", src, never, all)
		}
	}
}

// TestEachConditionIsOne: labels, the fields of roles and the parts of a window count
// one by one; what holds always does not count.
func TestEachConditionIsOne(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		`labels = { team = "blue", env = "dev" }`:                            "labels.env labels.team",
		`roles = { any = "x", all = { "y" }, none = "z*" }`:                  "roles roles.all roles.none",
		`roles = { "x", none = "z*" }`:                                       "roles roles.none",
		`from = "2026-01-01"`:                                                "from",
		`["until"] = "2026-06-30T10:00:00Z"`:                                 "until",
		`hours = "08:00-18:00", tz = "Europe/Berlin"`:                        "hours tz",
		`days = "mon-fri", from = "2026-01-01", tz = "America/New_York"`:     "days from tz",
		`callers = "**", ops = "*", tz = "UTC", hours = "08:00-18:00"`:       "hours",
		`callers = "svc/*", ops = "read", when = function() return true end`: "ops callers when",
		`keys = { "a/**", "b" }, roles = "**", ops = { "create", "get" }`:    "keys ops roles",
	} {
		if !strings.Contains(fields, "keys") {
			fields += `, keys = "**"`
		}
		never, all := covered(t, `allow { "r", `+fields+` }`, `t.allow {
			key = "a/x", op = "get", caller = "svc/x", roles = { "x", "y" }, labels = { team = "blue", env = "dev" } }`, nil)
		slices.Sort(never)
		sorted := strings.Fields(want)
		slices.Sort(sorted)
		if !slices.Equal(never, sorted) || all != len(sorted) {
			t.Errorf("allow { %s }: %q of %d are not covered, want %q", fields, never, all, sorted)
		}
	}
	team := `allow { "r", keys = "**", labels = { team = "blue", env = "dev" } }`
	never, _ := covered(t, team, `t.allow { key = "a", labels = { team = "blue", env = "dev" } } t.deny { key = "a", labels = { team = "red", env = "dev" } }`, nil)
	if !slices.Equal(never, []string{"labels.env"}) {
		t.Errorf("after a test of the team %q are not covered, want labels.env", never)
	}
}

// TestEachConditionCanDecide tests each part of a window and of roles: without it, a
// test fails.
func TestEachConditionCanDecide(t *testing.T) {
	t.Parallel()
	src := `allow { "r", keys = "**", roles = { any = "x", all = "y", none = "z" }, hours = "08:00-18:00", days = "mon-fri",
		from = "2026-01-01", ["until"] = "2026-06-30", tz = "Asia/Tokyo" }`
	never, all := covered(t, src, `local who, all, some, none = "a", { "x", "y" }, { "x" }, { "x", "y", "z" }
		t.allow { key = who, roles = all, at = "2026-01-04T23:00:00Z" }
		t.deny { key = who, roles = { "y" }, at = "2026-01-04T23:00:00Z" }
		t.deny { key = who, roles = some, at = "2026-01-04T23:00:00Z" }
		t.deny { key = who, roles = none, at = "2026-01-04T23:00:00Z" }
		t.deny { key = who, roles = all, at = "2026-01-05T09:00:00Z" }
		t.deny { key = who, roles = all, at = "2026-01-03T23:30:00Z" }
		t.deny { key = who, roles = all, at = "2025-12-31T02:00:00Z" }
		t.deny { key = who, roles = all, at = "2026-07-01T02:00:00Z" }`, nil)
	if all != 8 || len(never) != 0 {
		t.Errorf("%q of %d are not covered, want none of 8", never, all)
	}
}

// TestConditionsOfModulesNameTheirFile: a rule that a module declares is found there.
func TestConditionsOfModulesNameTheirFile(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("policy.lua", []byte(`local own = require "acme/own"
allow { "here", keys = "a/**" } own.rules()`), policy.Options{Chain: []string{"env"}, Libs: map[string]string{"acme/own": `return { rules = function()

	allow { "there", keys = "b/**" } end }`}})
	if err != nil {
		t.Fatal(err)
	}
	all := p.Conditions()
	if len(all) != 2 || all[0].Rule.File != "policy.lua" || all[0].Rule.Line != 2 || all[1].Rule.File == "policy.lua" || all[1].Rule.Line != 3 {
		t.Errorf("conditions %+v", all)
	}
}
