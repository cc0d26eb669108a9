package policy

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/postern-project/postern/runtime/suggest"
)

// Helpers that the rewritten source calls. Their names cannot be written in
// Lua, so a policy can neither call nor replace them.
const (
	helperCat   = "(cat)"
	helperSet   = "(set)"
	helperLT    = "(<)"
	helperLE    = "(<=)"
	helperGT    = "(>)"
	helperGE    = "(>=)"
	helperSpend = "(spend)"
	helperList  = "(list)"
)

// library is everything that Lua code can reach: an allow-list of functions
// written for this package, none of the interpreter's own. After loading it
// is only read, by any number of machines at once.
type library struct {
	env        *lua.LTable
	stringMeta *lua.LTable
	std        *lua.LTable
	frozen     map[*lua.LTable]string  // tables that may not be written, by name
	natives    map[*lua.LFunction]bool // functions that keep nothing between calls
	zones      zoneCache
}

// newLibrary builds the tables; declare holds further globals, for example
// the functions that declare rules.
func newLibrary(declare map[string]lua.LGFunction) *library {
	lib := &library{env: newTable(), frozen: map[*lua.LTable]string{}, natives: map[*lua.LFunction]bool{}}
	lib.addModule("string", stringFuncs)
	lib.addModule("table", tableFuncs)
	lib.addModule("math", mathFuncs)
	lib.std = lib.module("std/v1", lib.stdFuncs())
	for _, group := range []map[string]lua.LGFunction{baseFuncs, helperFuncs, declare} {
		for name, fn := range group {
			lib.env.RawSetString(name, lib.native(fn))
		}
	}
	lib.stringMeta = lib.newStringMeta()
	return lib
}

func newTable() *lua.LTable { return &lua.LTable{Metatable: lua.LNil} }

func (lib *library) function(fn lua.LGFunction) *lua.LFunction {
	return &lua.LFunction{IsG: true, Env: lib.env, GFunction: fn}
}

// native is a function that scripts can name, and so capture in a predicate.
func (lib *library) native(fn lua.LGFunction) *lua.LFunction {
	f := lib.function(fn)
	lib.natives[f] = true
	return f
}

func (lib *library) addModule(name string, funcs map[string]lua.LGFunction) {
	lib.env.RawSetString(name, lib.module(name, funcs))
}

// module returns a read-only table that answers an unknown field with an error.
func (lib *library) module(name string, funcs map[string]lua.LGFunction) *lua.LTable {
	t := newTable()
	names := make([]string, 0, len(funcs))
	for fname, fn := range funcs {
		t.RawSetString(fname, lib.native(fn))
		names = append(names, fname)
	}
	t.Metatable = lib.strictMeta(name, names)
	lib.frozen[t] = name
	return t
}

// strictMeta makes reading an absent field an error that names the nearest one.
func (lib *library) strictMeta(what string, names []string) *lua.LTable {
	meta := newTable()
	meta.RawSetString("__index", lib.function(func(L *lua.LState) int {
		m := machineOf(L)
		m.spend(8, 0)
		word, _ := L.Get(2).(lua.LString)
		if near := suggest.Closest(string(word), names); near != "" {
			m.fail("%s has no field %s (did you mean %q?)", what, quote(string(word)), near)
		}
		m.fail("%s has no field %s", what, quote(string(word)))
		return 0
	}))
	return meta
}

// newStringMeta gives strings their methods, and makes arithmetic on a string
// an error: converting a long string at each step would be work that no
// instruction count sees.
func (lib *library) newStringMeta() *lua.LTable {
	meta := newTable()
	meta.RawSetString("__index", lib.env.RawGetString("string"))
	refuse := lib.function(func(L *lua.LState) int {
		machineOf(L).fail("arithmetic needs numbers (see tonumber)")
		return 0
	})
	for _, event := range []string{"__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm"} {
		meta.RawSetString(event, refuse)
	}
	return meta
}

// helperFuncs are what the rewriter inserts.
var helperFuncs = map[string]lua.LGFunction{
	helperCat:   luaCat,
	helperSet:   luaSet,
	helperLT:    relation(func(c int) bool { return c < 0 }),
	helperLE:    relation(func(c int) bool { return c <= 0 }),
	helperGT:    relation(func(c int) bool { return c > 0 }),
	helperGE:    relation(func(c int) bool { return c >= 0 }),
	helperSpend: luaSpend,
	helperList:  luaList,
}

func luaSpend(L *lua.LState) int {
	n, _ := L.Get(1).(lua.LNumber)
	machineOf(L).spend(0, int(n))
	return 0
}

// luaList passes a long list on if none of its items is nil.
func luaList(L *lua.LState) int {
	m := machineOf(L)
	t, n := argTable(L, 1, "list"), argInt(L, 2, "list", required)
	m.spend(n/4, 0)
	for i := 1; i <= n; i++ {
		if t.RawGetInt(i) == lua.LNil {
			m.fail("item %d of a long list is nil", i)
		}
	}
	L.Push(t)
	return 1
}

// luaCat is "..": bounded and charged.
func luaCat(L *lua.LState) int {
	m := machineOf(L)
	var b strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		switch v := L.Get(i).(type) {
		case lua.LString:
			b.WriteString(string(v))
		case lua.LNumber:
			b.WriteString(v.String())
		default:
			m.fail("a %s cannot be joined with ..", v.Type())
		}
		m.checkString(b.Len())
	}
	return m.returnString(b.String())
}

// checkString fails if a string of n bytes is too long.
func (m *machine) checkString(n int) {
	if n > m.limits.String {
		m.failLimit("string longer than %d bytes", m.limits.String)
	}
}

// returnString charges for s and returns it to Lua.
func (m *machine) returnString(s string) int {
	m.checkString(len(s))
	m.spend(1+len(s)/32, 32+len(s))
	m.state.Push(lua.LString(s))
	return 1
}

// relation compares two numbers or two strings; comparing strings is charged.
func relation(holds func(int) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		m := machineOf(L)
		result := false
		switch a := L.Get(1).(type) {
		case lua.LNumber:
			b, ok := L.Get(2).(lua.LNumber)
			if !ok {
				m.fail("attempt to compare a number with a %s", L.Get(2).Type())
			}
			result = a == a && b == b && holds(compareNumbers(a, b))
		case lua.LString:
			b, ok := L.Get(2).(lua.LString)
			if !ok {
				m.fail("attempt to compare a string with a %s", L.Get(2).Type())
			}
			m.spend(1+min(len(a), len(b))/32, 0)
			result = holds(strings.Compare(string(a), string(b)))
		default:
			m.fail("attempt to compare a %s", a.Type())
		}
		L.Push(lua.LBool(result))
		return 1
	}
}

func compareNumbers(a, b lua.LNumber) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// luaSet is an assignment to a field or an item.
func luaSet(L *lua.LState) int {
	m := machineOf(L)
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		m.fail("attempt to set a field of a %s", L.Get(1).Type())
	}
	value := L.Get(3)
	switch key := L.Get(2).(type) {
	case lua.LString:
		m.writable(t, string(key))
		m.checkString(len(key))
		if value == lua.LNil {
			m.fail("field %s cannot be removed; set it to false", quote(string(key)))
		}
		m.spend(2, fieldCost(t))
		t.RawSetString(string(key), value)
	case lua.LNumber:
		m.writable(t, key.String())
		m.setItem(t, key, value)
	default:
		m.fail("a table key must be a string or a whole number")
	}
	return 0
}

// fieldCost is about what the interpreter allocates for one more string key:
// the first one makes room for many.
func fieldCost(t *lua.LTable) int {
	if k, _ := t.Next(lua.LNil); k == lua.LNil {
		return 2560
	}
	return 256
}

// setItem writes t[key]; a list has no gaps, so it grows by one at a time.
func (m *machine) setItem(t *lua.LTable, key lua.LNumber, value lua.LValue) {
	n := t.Len()
	m.spend(2, 48)
	switch {
	case value == lua.LNil && n > 0 && key == lua.LNumber(n):
		t.Remove(n)
	case value == lua.LNil:
		m.fail("only the last item of a list can be removed")
	case key >= 1 && key <= lua.LNumber(n) && key == lua.LNumber(int(key)):
		t.RawSetInt(int(key), value)
	case key == lua.LNumber(n+1):
		m.appendItem(t, n, value)
	default:
		m.fail("index %s leaves a gap in a list of %d", key.String(), n)
	}
}

func (m *machine) appendItem(t *lua.LTable, n int, value lua.LValue) {
	if n >= m.limits.List {
		m.failLimit("list longer than %d items", m.limits.List)
	}
	if n == 0 {
		m.spend(0, 512)
	}
	t.RawSetInt(n+1, value)
}

// writable fails unless t may be changed now: never by a predicate, and never
// a table of the library.
func (m *machine) writable(t *lua.LTable, field string) {
	if m.load == nil {
		m.fail("a predicate may not change a table (tried to set %s)", quote(field))
	}
	if name, ok := m.load.lib.frozen[t]; ok {
		m.fail("%s is read-only (tried to set %s)", name, quote(field))
	}
}
