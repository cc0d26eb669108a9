package luabox

import (
	"math/bits"
	"sort"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// tableFuncs is the table library.
var tableFuncs = map[string]lua.LGFunction{
	"concat": luaConcat,
	"insert": luaInsert,
	"remove": luaRemove,
	"sort":   luaSort,
}

func luaConcat(L *lua.LState) int {
	m := machineOf(L)
	t := argTable(L, 1, "table.concat")
	sep := ""
	if L.Get(2) != lua.LNil {
		sep = argString(L, 2, "table.concat")
	}
	n := t.Len()
	m.spend(n, 0)
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if i > 1 {
			b.WriteString(sep)
		}
		switch v := t.RawGetInt(i).(type) {
		case lua.LString, lua.LNumber:
			b.WriteString(v.String())
		default:
			m.fail("table.concat: item %d is a %s", i, v.Type())
		}
		m.checkString(b.Len())
	}
	return m.returnString(b.String())
}

func luaInsert(L *lua.LState) int {
	m := machineOf(L)
	t := argTable(L, 1, "table.insert")
	m.writable(t, "an item")
	n := t.Len()
	pos, value := n+1, L.Get(2)
	if L.GetTop() > 2 {
		pos, value = argInt(L, 2, "table.insert", required), L.Get(3)
	}
	if pos < 1 || pos > n+1 {
		m.fail("table.insert: position %d is outside the list", pos)
	}
	if value == lua.LNil {
		m.fail("table.insert: nil cannot be an item")
	}
	m.spend(2+(n-pos+1)/8, 48)
	m.appendItem(t, n, value)
	for i := n; i >= pos; i-- {
		t.RawSetInt(i+1, t.RawGetInt(i))
	}
	t.RawSetInt(pos, value)
	return 0
}

func luaRemove(L *lua.LState) int {
	m := machineOf(L)
	t := argTable(L, 1, "table.remove")
	m.writable(t, "an item")
	n := t.Len()
	pos := argInt(L, 2, "table.remove", max(n, 0))
	if n == 0 || pos < 1 || pos > n {
		L.Push(lua.LNil)
		return 1
	}
	m.spend(2+(n-pos)/8, 0)
	L.Push(t.Remove(pos))
	return 1
}

func luaSort(L *lua.LState) int {
	m := machineOf(L)
	t := argTable(L, 1, "table.sort")
	m.writable(t, "an item")
	n := t.Len()
	m.spend(4+2*n*bits.Len(uint(n)), 16*n)
	items := make([]lua.LValue, n)
	for i := range items {
		items[i] = t.RawGetInt(i + 1)
	}
	less := func(a, b lua.LValue) bool { return m.naturalLess(a, b) }
	if fn, ok := L.Get(2).(*lua.LFunction); ok {
		less = func(a, b lua.LValue) bool { return m.callLess(fn, a, b) }
	}
	sort.SliceStable(items, func(i, j int) bool { return less(items[i], items[j]) })
	for i, v := range items {
		t.RawSetInt(i+1, v)
	}
	return 0
}

func (m *machine) naturalLess(a, b lua.LValue) bool {
	if x, ok := a.(lua.LNumber); ok {
		if y, ok := b.(lua.LNumber); ok {
			return x < y
		}
	}
	x, ok1 := a.(lua.LString)
	y, ok2 := b.(lua.LString)
	if !ok1 || !ok2 {
		m.fail("table.sort: items must be all numbers or all strings")
	}
	m.spend(1+min(len(x), len(y))/32, 0)
	return x < y
}

func (m *machine) callLess(fn *lua.LFunction, a, b lua.LValue) bool {
	L := m.state
	m.spend(4, 0)
	L.Push(fn)
	L.Push(a)
	L.Push(b)
	L.Call(2, 1)
	less := lua.LVAsBool(L.Get(-1))
	L.Pop(1)
	return less
}
