package luabox

import lua "github.com/yuin/gopher-lua"

// Lookup is a field of the record that is a table. Reading one item does not depend
// on the number of items; a call that reads all of them is charged for each.
type Lookup struct {
	Field string
	Name  string                  // in messages, for example "req.roles"
	Find  func(name string) Value // the item of that name, or the zero Value
	Names func() []string         // of all items, sorted
	List  bool                    // the names are also a list: numbers, ipairs and # see them
}

// lookupTable returns an empty table whose items l returns.
func (b *Sandbox) lookupTable(l *Lookup) *lua.LTable {
	meta := newTable()
	meta.RawSetString("__index", b.function(func(L *lua.LState) int {
		m := machineOf(L)
		m.spend(2, 16)
		switch key := L.Get(2).(type) {
		case lua.LString:
			L.Push(m.found(l, string(key)))
		case lua.LNumber:
			names := m.names(l, "an index")
			if i := int(key); lua.LNumber(i) == key && i >= 1 && i <= len(names) {
				L.Push(lua.LString(names[i-1]))
				return 1
			}
			L.Push(lua.LNil)
		default:
			m.fail("%s has names, not a %s", l.Name, key.Type())
		}
		return 1
	}))
	meta.RawSetString("__len", b.function(func(L *lua.LState) int {
		n := len(l.Names())
		machineOf(L).spend(n, 0)
		L.Push(lua.LNumber(n))
		return 1
	}))
	t := newTable()
	t.Metatable = meta
	return t
}

// found returns one item.
func (m *machine) found(l *Lookup, name string) lua.LValue {
	v := l.Find(name).lua()
	if s, ok := v.(lua.LString); ok {
		m.checkString(len(s))
	}
	return v
}

// names returns the names of l, and fails if l is not a list. what names the use in the
// message.
func (m *machine) names(l *Lookup, what string) []string {
	if !l.List {
		m.fail("%s has names instead of numbers; use pairs, not %s", l.Name, what)
	}
	return m.allNames(l)
}

func (m *machine) allNames(l *Lookup) []string {
	names := l.Names()
	if len(names) > m.limits.List {
		m.failLimit("%s has more than %d items", l.Name, m.limits.List)
	}
	m.spend(2+2*len(names), 64+64*len(names))
	for _, name := range names {
		m.checkString(len(name))
	}
	return names
}

// listOf returns t, or the names of a lookup as a list. what is the function that
// wants the list.
func (m *machine) listOf(t *lua.LTable, what string) *lua.LTable {
	l := m.lookups[t]
	if l == nil {
		return t
	}
	list := newTable()
	for _, name := range m.names(l, what) {
		list.Append(lua.LString(name))
	}
	return list
}

// Items returns the items of argument i, a table: those of a list; of a lookup that
// is not a list, its values in the order of their names.
func (c Call) Items(i int) []Value {
	t := argTableRaw(c.m.state, i, c.name)
	var out []Value
	if l := c.m.lookups[t]; l != nil {
		for _, name := range c.m.allNames(l) {
			item := Value{lua.LString(name)}
			if !l.List {
				item = Value{c.m.found(l, name)}
			}
			out = append(out, item)
		}
		return out
	}
	for j, n := 1, t.Len(); j <= n; j++ {
		c.m.spend(1, 16)
		out = append(out, Value{t.RawGetInt(j)})
	}
	if len(out) == 0 {
		if k, _ := t.Next(lua.LNil); k != lua.LNil {
			c.m.fail("%s: argument %d has names instead of numbers", c.name, i)
		}
	}
	return out
}
