package policytest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/std"
)

// Stubs returns annotations for the Lua language server, with which an editor
// completes and checks policies and their tests. They come from the table that
// checks rules.
func Stubs() string {
	var b strings.Builder
	b.WriteString(`---@meta postern.policy
---@alias policy.op "get"|"set"|"create"|"update"|"delete"|"keys"|"watch"|"read"|"write"|"*"
---@alias policy.strings string|string[]

---@class (exact) policy.roles          conditions on all roles of a caller
---@field any? policy.strings           globs: one role must match one of them
---@field all? policy.strings           globs: each must match a role
---@field none? policy.strings          globs: none may match a role

---@class policy.request                what a predicate may read (read-only)
---@field caller string
---@field roles table<string, true>     set of role names; also a sorted list of them
---@field op "get"|"set"|"delete"|"keys"|"watch"
---@field key string
---@field labels table<string, string>
---@field time integer                  unix seconds, fixed for one decision
`)
	for _, k := range policy.RuleKinds() {
		writeKind(&b, k)
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
	types := std.Types()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		fmt.Fprintf(&b, "---@field %s %s\n", name, types[name])
	}
	fmt.Fprintf(&b, "\n---@param name string\n---@return any\n---@overload fun(name: %q): policy.std\nfunction require(name) end\n", std.Name)
	return b.String()
}

func writeKind(b *strings.Builder, k policy.RuleKind) {
	fmt.Fprintf(b, "\n---@class (exact) policy.%s\n---@field [1] string  unique rule name, shown in decisions\n", k.Name)
	for _, f := range k.Fields {
		opt := "?"
		if f.Required {
			opt = ""
		}
		fmt.Fprintf(b, "---@field %s%s %s  %s\n", f.Name, opt, f.Type, f.Doc)
	}
	fmt.Fprintf(b, "\n---@param rule policy.%s\nfunction %s(rule) end\n", k.Name, k.Name)
}

// Luacheckrc returns a configuration for luacheck that knows the globals of
// policies and of their tests, and no others.
func Luacheckrc() string {
	c := std.Config(luabox.Limits{})
	c.Declare = []string{"test"}
	for _, k := range policy.RuleKinds() {
		c.Declare = append(c.Declare, k.Name)
	}
	globals := luabox.New(c).Globals()
	var functions, modules []string
	for _, name := range slices.Sorted(maps.Keys(globals)) {
		fields := globals[name]
		if fields == nil {
			functions = append(functions, name)
			continue
		}
		modules = append(modules, fmt.Sprintf("  %s = { fields = { %s } },", name, quotedList(fields)))
	}
	return "max_line_length = false\nstd = { read_globals = {\n  " + quotedList(functions) + ",\n" + strings.Join(modules, "\n") + "\n} }\n"
}

func quotedList(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }
