package policy_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

// neverFulfilled are conditions that no caller and no moment fulfills, with what the
// message must contain.
var neverFulfilled = []struct{ conditions, want string }{
	{`roles = { any = "ops", none = "ops" }`, `"none" excludes every role`}, {`roles = { any = "ops", none = "o*" }`, `"none" excludes every role`},
	{`roles = { any = { "ops", "dev" }, none = { "dev", "ops" } }`, `"none" excludes every role`}, {`roles = { any = "ops-*", none = "*" }`, `"none" excludes every role`},
	{`roles = { any = "ops-*", none = "ops*" }`, `"none" excludes every role`}, {`roles = { any = { "a*b", "x" }, none = { "*b", "x" } }`, `"none" excludes every role`},
	{`roles = { any = "a/*/c", none = "a/**" }`, `"none" excludes every role`}, {`roles = { any = "x/*", none = "**" }`, `"none" excludes every role`},
	{`roles = { "ops", none = "o*" }`, `"none" excludes every role`}, {`roles = { any = "**", none = { "*", "*/**" } }`, `"none" excludes every role`},
	{`roles = { all = "ops", none = "o*" }`, `"all" requires "ops"`}, {`roles = { all = { "x", "a*b" }, none = "*b" }`, `"all" requires "a*b"`},
	{`roles = { any = "x", all = "ops-*", none = { "ops*" } }`, `"all" requires "ops-*"`},
}

var neverInTime = []struct{ conditions, want string }{
	{`from = "2026-11-27", ["until"] = "2026-11-29", days = "mon"`, `no moment is in mon from 2026-11-27 until 2026-11-29`},
	{`from = "2026-11-27T10:00", ["until"] = "2026-11-27T12:00", hours = "12:00-13:00"`, `no moment`},
	{`from = "2026-11-28", ["until"] = "2026-11-28T05:00", days = "sat", hours = "22:00-06:00"`, `no moment`},
	{`from = "2027-03-28", ["until"] = "2027-03-28", hours = "02:10-02:50", tz = "Europe/Berlin"`, `no moment`},
	{`from = "2026-11-29", ["until"] = "2026-11-27"`, `until is not after from`}, {`hours = "08:00-08:00"`, `empty window`},
}

// TestTM191WhatNobodyFulfilsDoesNotLoad checks each kind of rule that has the fields.
func TestTM191WhatNobodyFulfilsDoesNotLoad(t *testing.T) {
	t.Parallel()
	refused := func(kind, conditions, want string) {
		src := kind + ` { "a", keys = "a/**", ` + conditions + map[string]string{"chain": `, providers = "env"`, "redact": `, mode = "none"`}[kind] + ` }`
		if e := loadErrorOf(t, src); !strings.Contains(e.Error(), want) {
			t.Errorf("%s: %v, want %s", src, e, want)
		}
	}
	for _, c := range neverFulfilled {
		for _, kind := range []string{"allow", "deny", "chain", "redact"} {
			refused(kind, c.conditions, c.want)
		}
	}
	for _, c := range neverInTime {
		for _, kind := range []string{"allow", "deny", "chain"} {
			refused(kind, c.conditions, c.want)
		}
	}
	for _, ok := range []string{
		`roles = { any = { "ops", "dev" }, none = "ops" }`, `roles = { any = "ops*", none = "ops-*" }`, `roles = { any = "a//b", none = "a/*/c" }`, `roles = { none = "**" }`,
		`roles = { any = "*", all = "x", none = "guest-*" }`, `from = "2026-11-27", ["until"] = "2026-11-30", days = "mon"`, `["until"] = "2026-11-30", days = "mon"`,
		`from = "2026-11-28", ["until"] = "2026-11-28T05:00", days = "fri", hours = "22:00-06:00"`, `from = "2027-03-28", hours = "02:10-02:50", tz = "Europe/Berlin", days = "sun"`,
		`from = "2027-03-21T03:00", ["until"] = "2027-05-01", hours = "02:10-02:50", tz = "Europe/Berlin", days = "sun"`,
	} {
		if _, err := policy.Parse("p.lua", []byte(`deny { "a", keys = "a/**", `+ok+` }`), policy.Options{}); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}

// withoutEffect are files with a rule, or a change of one, that would have no effect.
var withoutEffect = []struct{ src, want string }{
	{`allow({ "a", keys = "a/**" }, { roles = "x" })`, `a second argument`}, {`deny({ "a", keys = "a/**" }, nil)`, `a second argument`},
	{`local r = { "a", keys = "a/**" } allow(r) r.roles = "x"`, `allow "a" is read-only`},
	{`local keys = { "a/**" } deny { "d", keys = keys } table.insert(keys, "b/**")`, `deny "d" is read-only`},
	{`local roles = { none = { "x" } } allow { "a", keys = "a/**", roles = roles } roles.none[2] = "y"`, `allow "a" is read-only`},
	{`local deny = function() end deny { "d", keys = "a/**" }`, `may not be named deny`}, {`local function deny(t) end deny { "d", keys = "a/**" }`, `may not be named deny`},
	{`local function add(deny) deny { "d", keys = "a/**" } end add(function(t) end)`, `may not be named deny`},
	{`for _, pin in ipairs({ "x" }) do allow { pin, keys = "a/**" } end`, `may not be named pin`},
	{`allow { "a", keys = "a/**" } do return end deny { "d", keys = "a/**" }`, `never reached`},
	{"allow { \"a\", keys = \"a/**\" }\nif 1 == 2 then return else do return end end\ndeny { \"d\", keys = \"a/**\" }", `p.lua:3: never reached: the file ends in line 2`},
	{`allow { "a", keys = "a/**", roles = { "x", any = "y" } }`, `all names of any`}, {`deny { "d", keys = "a/**", labels = { [""] = "x" } }`, `the name of a label is empty`},
}

func TestTM191WhatWouldHaveNoEffectDoesNotLoad(t *testing.T) {
	t.Parallel()
	for _, tt := range withoutEffect {
		if e := loadErrorOf(t, tt.src); !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.src, e, tt.want)
		}
	}
	for _, ok := range []string{
		`local r = { "a", keys = "a/**" } r.roles = "x" allow(r)`, `if 1 == 2 then return end allow { "a", keys = "a/**" }`,
		`for _, n in ipairs({ "x", "y" }) do local keys = {} table.insert(keys, n) allow { n, keys = keys } end`,
	} {
		if _, err := policy.Parse("p.lua", []byte(ok), policy.Options{}); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}
