package policy

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Stubs returns annotations for the Lua language server, so that an editor
// completes and checks policies. They come from the table that validates
// rules.
func Stubs() string {
	var b strings.Builder
	b.WriteString(`---@meta postern.policy
---@alias policy.op "get"|"set"|"delete"|"keys"|"watch"|"read"|"write"|"*"
---@alias policy.strings string|string[]

---@class policy.request                what a predicate may read (read-only)
---@field caller string
---@field roles table<string, true>     set of role names
---@field op "get"|"set"|"delete"|"keys"|"watch"
---@field key string
---@field labels table<string, string>
---@field time integer                  unix seconds, fixed for one decision
`)
	for k := kind(0); k < kindCount; k++ {
		fmt.Fprintf(&b, "\n---@class (exact) policy.%s\n---@field [1] string  unique rule name, shown in decisions\n", k)
		for _, f := range fields {
			if !f.kinds.has(k) {
				continue
			}
			opt := "?"
			if f.must.has(k) {
				opt = ""
			}
			fmt.Fprintf(&b, "---@field %s%s %s  %s\n", f.name, opt, f.lua, f.doc)
		}
		fmt.Fprintf(&b, "\n---@param rule policy.%s\nfunction %s(rule) end\n", k, k)
	}
	b.WriteString(`
---@param ... any  shown by explain and test only
function log(...) end

---@class (exact) policy.expect
`)
	for _, name := range expectFields {
		typ := "string"
		switch name {
		case "labels":
			typ = "table<string, string>"
		case "roles", "providers":
			typ = "policy.strings"
		}
		fmt.Fprintf(&b, "---@field %s? %s\n", name, typ)
	}
	b.WriteString(`
---@class (exact) policy.t
---@field allow fun(expect: policy.expect)
---@field deny fun(expect: policy.expect)

---@param name string
---@param run fun(t: policy.t)
function test(name, run) end

---@class (exact) policy.std
`)
	for _, name := range stdNames() {
		fmt.Fprintf(&b, "---@field %s %s\n", name, stdTypes[name])
	}
	b.WriteString("\n---@param name string\n---@return any\n---@overload fun(name: \"std/v1\"): policy.std\nfunction require(name) end\n")
	return b.String()
}

// stdTypes annotates the functions of std/v1.
var stdTypes = map[string]string{
	"all":       "fun(list: any[], f: fun(item: any): boolean): boolean",
	"any":       "fun(list: any[], f: fun(item: any): boolean): boolean",
	"contains":  "fun(s?: string, part?: string): boolean",
	"ends":      "fun(s?: string, suffix?: string): boolean",
	"glob":      "fun(pattern: string, s?: string): boolean",
	"in_window": "fun(time: integer, hours: string, days?: string, tz?: string): boolean",
	"ip_in":     "fun(ip?: string, cidr?: string): boolean",
	"is_ticket": "fun(s?: string): boolean",
	"segment":   `fun(s?: string, i: integer): string  "" outside`,
	"segments":  "fun(s?: string): string[]",
	"semver_ge": "fun(have?: string, want?: string): boolean",
	"starts":    "fun(s?: string, prefix?: string): boolean",
}

func stdNames() []string { return sortedKeys(new(library).stdFuncs()) }

// Luacheckrc returns a configuration for luacheck that knows the globals of
// policies and of their tests, and nothing else.
func Luacheckrc() string {
	lib := newLibrary(ruleFuncs())
	names := []string{`"test"`}
	var modules []string
	for _, name := range fieldNames(lib.env) {
		if name[0] == '(' {
			continue
		}
		t, isModule := lib.env.RawGetString(name).(*lua.LTable)
		if !isModule {
			names = append(names, fmt.Sprintf("%q", name))
			continue
		}
		modules = append(modules, fmt.Sprintf("  %s = { fields = { %q } },", name, strings.Join(fieldNames(t), `", "`)))
	}
	slices.Sort(names)
	out := strings.ReplaceAll(strings.Join(modules, "\n"), `\"`, `"`)
	return "max_line_length = false\nstd = { read_globals = {\n  " + strings.Join(names, ", ") + ",\n" + out + "\n} }\n"
}
