package luabox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// The names of the functions that rewritten code calls. They are not valid Lua
// names, so source code can neither call nor replace them.
const (
	helperCat   = "(cat)"
	helperSet   = "(set)"
	helperLT    = "(<)"
	helperLE    = "(<=)"
	helperGT    = "(>)"
	helperGE    = "(>=)"
	helperSpend = "(spend)"
	helperList  = "(list)"
	helperGiven = "(given)"
)

// helperFuncs are the functions that only rewritten code calls.
var helperFuncs = map[string]lua.LGFunction{
	helperCat:   luaCat,
	helperSet:   luaSet,
	helperLT:    relation(func(c int) bool { return c < 0 }),
	helperLE:    relation(func(c int) bool { return c <= 0 }),
	helperGT:    relation(func(c int) bool { return c > 0 }),
	helperGE:    relation(func(c int) bool { return c >= 0 }),
	helperSpend: luaSpend,
	helperList:  luaList,
	helperGiven: luaGiven,
}

func luaSpend(L *lua.LState) int {
	n, _ := L.Get(1).(lua.LNumber)
	machineOf(L).spend(0, int(n))
	return 0
}

// luaList checks that no item of a long list is nil, and returns the list.
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

// luaCat implements "..".
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

// chargeString charges for a new string and checks its length.
func (m *machine) chargeString(s string) {
	m.checkString(len(s))
	m.spend(1+len(s)/32, 32+len(s))
}

// returnString charges for s and returns it to the Lua code.
func (m *machine) returnString(s string) int {
	m.chargeString(s)
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
				m.fail("a number cannot be compared with a %s", L.Get(2).Type())
			}
			result = a == a && b == b && holds(compareNumbers(a, b))
		case lua.LString:
			b, ok := L.Get(2).(lua.LString)
			if !ok {
				m.fail("a string cannot be compared with a %s", L.Get(2).Type())
			}
			m.spend(1+min(len(a), len(b))/32, 0)
			result = holds(strings.Compare(string(a), string(b)))
		default:
			m.fail("a %s cannot be compared", a.Type())
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

// luaSet implements the assignment to a field or an item.
func luaSet(L *lua.LState) int {
	m := machineOf(L)
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		m.fail("a %s has no fields to set", L.Get(1).Type())
	}
	value := L.Get(3)
	switch key := L.Get(2).(type) {
	case lua.LString:
		m.writable(t, string(key))
		m.checkString(len(key))
		if value == lua.LNil {
			m.fail("field %.64q cannot be removed; set it to false", string(key))
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

// fieldCost estimates what the interpreter allocates for one more field, in
// bytes. The first field makes room for many.
func fieldCost(t *lua.LTable) int {
	if k, _ := t.Next(lua.LNil); k == lua.LNil {
		return 2560
	}
	return 256
}

// setItem writes t[key]. A list has no gaps, so it grows by one at a time.
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

// writable fails unless t may be changed now: never by a predicate, and never if
// it belongs to the sandbox or to a required module.
func (m *machine) writable(t *lua.LTable, field string) {
	if m.loader == nil {
		m.fail("a predicate may not change a table (tried to set %.64q)", field)
	}
	if name, ok := m.loader.box.frozen[t]; ok {
		m.fail("%s is read-only (tried to set %.64q)", name, field)
	}
}
