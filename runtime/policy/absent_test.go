package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

// teamsLib is a module that the policies of this file require.
var teamsLib = map[string]string{
	"acme/teams": `return { blue = "dev-blue", owner = function(r) return r.caller == "svc" end, shift = { days = "mon-fri" } }`,
}

func loadErrorOf(t *testing.T, src string) *policy.LoadError {
	t.Helper()
	_, err := policy.Parse("p.lua", []byte(src), policy.Options{Chain: []string{"env"}, Libs: teamsLib})
	var le *policy.LoadError
	if !errors.As(err, &le) {
		t.Errorf("loads, or another error (%v): %s", err, src)
		return &policy.LoadError{}
	}
	return le
}

// TestTM190NoFieldOfARuleMayBeNil checks each field of each kind of rule with a member that
// the table does not have, in the rule itself and in a table of its own.
func TestTM190NoFieldOfARuleMayBeNil(t *testing.T) {
	t.Parallel()
	for _, k := range policy.RuleKinds() {
		for _, f := range k.Fields {
			field := fmt.Sprintf("[%q] = t.bleu", f.Name) // until is a word of Lua in other versions
			for _, src := range []string{
				"local t = { blue = 1 }\n%[1]s { \"a\", keys = \"a\",\n%[2]s }",
				"local t = require \"acme/teams\"\n%[1]s { \"a\", keys = \"a\",\n%[2]s }",
				"local t = { blue = 1 }\nlocal rule = { \"a\", keys = \"a\",\n%[2]s } %[1]s(rule)",
				"local t = { blue = 1 } local function make() return { \"a\", keys = \"a\",\n\n%[2]s } end %[1]s(make())",
			} {
				if f.Name == "keys" {
					src = strings.ReplaceAll(src, `keys = "a",`, "")
				}
				e := loadErrorOf(t, fmt.Sprintf(src, k.Name, field))
				if e.Line != 3 || e.Msg != f.Name+` is nil: t has no member "bleu"` || e.Hint != "blue" {
					t.Errorf("%s %s: %v", k.Name, f.Name, e)
				}
			}
		}
	}
}

// TestTM190NothingInARuleMayBeNil checks items of lists, nested tables and other
// expressions than members.
func TestTM190NothingInARuleMayBeNil(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ src, want string }{
		{`allow { "a", roles = "x", keys = { "a", t.bleu, "b" } }`, `item 2 is nil: t has no member "bleu" (did you mean "blue"?)`},
		{`deny { "a", keys = { "a", t.bleu } }`, `item 2 is nil: t has no member "bleu"`},
		{`deny { "a", keys = { t.bleu, "a" } }`, `item 1 is nil: t has no member "bleu"`},
		{`allow { "a", keys = "a", roles = { any = t.bleu } }`, `any is nil: t has no member "bleu"`},
		{`allow { "a", keys = "a", roles = { "x", none = t.bleu } }`, `none is nil: t has no member "bleu"`},
		{`allow { "a", keys = "a", roles = { all = { "x", t.bleu } } }`, `item 2 is nil: t has no member "bleu"`},
		{`allow { "a", keys = "a", labels = { x = "1", team = t.bleu } }`, `team is nil: t has no member "bleu"`},
		{`allow { "a", keys = "a", labels = { x = "1", team = t.sub.bleu } }`, `team is nil: t.sub has no member "bleu"`},
		{`chain { "a", keys = "a", providers = { "env", t.bleu } }`, `item 2 is nil: t has no member "bleu"`},
		{`redact { "a", keys = "a", mode = "full", callers = { "x", t.bleu } }`, `item 2 is nil: t has no member "bleu"`},
		{`allow { t.bleu, keys = "a" }`, `item 1 is nil: t has no member "bleu"`},
		{`allow { "a", keys = "a", roles = nil }`, `roles is nil; leave it out`},
		{`allow { "a", keys = "a", roles = none }`, `roles is nil: none has no value`},
		{`allow { "a", keys = "a", roles = nothing() }`, `roles is nil: nothing() has no value`},
		{`allow { "a", keys = "a", roles = { "x", nothing() } }`, `item 2 is nil: nothing() has no value`},
		{`allow { "a", keys = "a", roles = t[1] }`, `roles is nil`},
		{`allow { "a", keys = "a", roles = t.sub and t.bleu }`, `roles is nil`},
		{`allow { "a", keys = "a", roles = t.bleu or t.rde }`, `roles is nil`},
		{`local function rule(name, roles) allow { name, keys = "a", roles = roles } end rule("a")`, `roles is nil: roles has no value`},
		{`for _, n in ipairs({ "x", "y" }) do allow { n, keys = n, roles = ({ x = "dev" })[n] } end`, `roles is nil`},
	} {
		e := loadErrorOf(t, `local t = { blue = "b", red = "r", sub = { x = "y" } } local none local function nothing() return none end`+"\n"+tt.src)
		if e.Line != 2 || !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.src, e, tt.want)
		}
	}
	const lib = "return {\n owner = nil }"
	_, err := policy.Parse("p.lua", []byte(`local t = require "lib" allow { "a", keys = "a", roles = t.x }`), policy.Options{Libs: map[string]string{"lib": lib}})
	if err == nil || err.Error() != "lib:2: owner is nil; leave it out" {
		t.Error(err)
	}
}

// TestTM190PredicateReadsNoNil checks members that are misspelt, or
// that a module does not have any more.
func TestTM190PredicateReadsNoNil(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ src, want string }{
		{`function(r) return r.caller == t.bleu end`, `t has no member "bleu" (did you mean "blue"?)`},
		{`function(r) return r.caller ~= t.bleu end`, `t has no member "bleu"`},
		{`function(r) return lib.ownr(r) end`, `lib has no member "ownr" (did you mean "owner"?)`},
		{`function(r) return r.caller == lib.shift.dys end`, `shift has no member "dys" (did you mean "days"?)`},
		{`function(r) return std.in_window(r.time, "08:00-18:00", lib.shift.dys) end`, `shift has no member "dys"`},
		{`function(r) return std.starts(r.caller, none) end`, `none is nil`},
		{`function(r) return std.any(r.roles, function(x) return x == t.bleu end) end`, `t has no member "bleu"`},
		{`function(r) local want = t.bleu return r.caller == want end`, `t has no member "bleu"`},
		{`function(r) return r.caller == list[3] end`, `list has no member "3"`},
		{`through`, `t has no member "bleu"`},
		{`function(r) return through(r) end`, `t has no member "bleu"`},
		{`function(r) return r.caller == ({ x = t.bleu }).x end`, `t has no member "bleu"`},
	} {
		e := loadErrorOf(t, `local std, lib = require "std/v1", require "acme/teams" local t, none = { blue = "b" } local list = { "x", "y" } local function through(r) return r.caller == t.bleu end`+"\n"+
			`deny { "d", keys = "a", labels = { std = std.segment("x", 1), lib = lib.blue, list = list[1] }, when = `+tt.src+` }`)
		if e.Line == 0 || !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.src, e, tt.want)
		}
	}
	for _, ok := range []string{
		`function(r) return r.caller == t.blue end`, `function(r) return r.caller == t[r.op] end`, `function(r) return t.off == nil end`, `function(r) return nil ~= t.off end`,
		`function(r) return r.caller == (t.off or "x") end`, `function(r) if t.off then return true end return r.op == "get" end`, `function(r) return not t.off end`,
		`function(r) return r.caller == t.late end`, `function(r) return r.labels.x == r.labels.y end`, `function(r) return r.roles.x == true end`,
	} {
		src := `local t = { blue = "b" } deny { "d", keys = "a", when = ` + ok + ` } t.late = "x"`
		if _, err := policy.Parse("p.lua", []byte(src), policy.Options{}); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}

// changing is a source whose text changes.
type changing struct{ content policy.Content }

func (c *changing) Read() (policy.Content, error) { return c.content, nil }

// TestTM190ReloadAfterAModuleLostAMember checks that a change of a module that
// would remove a condition does not take effect.
func TestTM190ReloadAfterAModuleLostAMember(t *testing.T) {
	t.Parallel()
	for _, when := range []string{`lib.owner`, `function(r) return r.caller ~= "svc2" or lib.owner(r) end`} {
		src := &changing{policy.Content{Name: "p.lua", Libs: teamsLib,
			Source: []byte(`local lib = require "acme/teams" allow { "b", callers = "svc*", keys = "**", when = ` + when + ` }`)}}
		live, err := policy.OpenSource(src, policy.LiveOptions{Options: policy.Options{Chain: []string{"env"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer live.Close()
		ask := policy.Request{Caller: "svc2", Op: policy.OpGet, Key: "k", Time: noon}
		if live.Decide(ask).Allow {
			t.Error("allowed before")
		}
		src.content.Libs = map[string]string{"acme/teams": `return { proprietor = function(r) return r.caller == "svc" end }`}
		if err := live.Reload(); err == nil || !strings.Contains(err.Error(), `lib has no member "owner"`) {
			t.Errorf("Reload: %v", err)
		}
		if live.Decide(ask).Allow {
			t.Error("allowed after the module lost the condition")
		}
	}
}
