package luabox

import lua "github.com/yuin/gopher-lua"

// argString returns argument i, which must be a string; a number is an error. fn is
// the name of the called function, for the error message. The other functions in
// this file are alike.
func argString(L *lua.LState, i int, fn string) string {
	s, ok := L.Get(i).(lua.LString)
	if !ok {
		machineOf(L).fail("%s: argument %d must be a string, not %s", fn, i, L.Get(i).Type())
	}
	return string(s)
}

// argTable returns argument i, which must be a table. A lookup becomes a list.
func argTable(L *lua.LState, i int, fn string) *lua.LTable {
	return machineOf(L).listOf(argTableRaw(L, i, fn), fn)
}

func argTableRaw(L *lua.LState, i int, fn string) *lua.LTable {
	t, ok := L.Get(i).(*lua.LTable)
	if !ok {
		machineOf(L).fail("%s: argument %d must be a table, not %s", fn, i, L.Get(i).Type())
	}
	return t
}

// argInt returns argument i, which must be a whole number, or def if it is nil.
func argInt(L *lua.LState, i int, fn string, def int) int {
	switch v := L.Get(i).(type) {
	case lua.LNumber:
		if v > -1e9 && v < 1e9 && v == lua.LNumber(int(v)) {
			return int(v)
		}
	case *lua.LNilType:
		if def >= 0 || def == -1 {
			return def
		}
	}
	machineOf(L).fail("%s: argument %d must be a whole number", fn, i)
	return 0
}

// required is the default of argInt for an argument that must not be nil.
const required = -2

// argNumber returns argument i, which must be a number.
func argNumber(L *lua.LState, i int, fn string) float64 {
	n, ok := L.Get(i).(lua.LNumber)
	if !ok {
		machineOf(L).fail("%s: argument %d must be a number, not %s", fn, i, L.Get(i).Type())
	}
	return float64(n)
}
