package policy

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// baseFuncs are the global functions.
var baseFuncs = map[string]lua.LGFunction{
	"assert":   luaAssert,
	"error":    luaError,
	"ipairs":   luaIpairs,
	"log":      luaLog,
	"pairs":    luaPairs,
	"require":  luaRequire,
	"tonumber": luaToNumber,
	"tostring": luaToString,
	"type":     luaType,
}

func luaAssert(L *lua.LState) int {
	if !lua.LVAsBool(L.Get(1)) {
		text, _ := L.Get(2).(lua.LString)
		machineOf(L).fail("assertion failed: %s", quote(string(text)))
	}
	return L.GetTop()
}

func luaError(L *lua.LState) int {
	text, _ := L.Get(1).(lua.LString)
	machineOf(L).fail("error: %s", quote(string(text)))
	return 0
}

func luaType(L *lua.LState) int {
	L.Push(lua.LString(L.Get(1).Type().String()))
	return 1
}

// luaToString shows no address: a table is just "table".
func luaToString(L *lua.LState) int { return machineOf(L).returnString(plainText(L.Get(1))) }

func plainText(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber, lua.LBool, *lua.LNilType:
		return v.String()
	}
	return v.Type().String()
}

func luaToNumber(L *lua.LState) int {
	switch v := L.Get(1).(type) {
	case lua.LNumber:
		L.Push(v)
	case lua.LString:
		machineOf(L).spend(1+len(v)/8, 0)
		n, err := strconv.ParseFloat(strings.TrimSpace(string(v)), 64)
		if len(v) > 64 || err != nil || n != n {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(n))
	default:
		L.Push(lua.LNil)
	}
	return 1
}

// luaLog is discarded, except where the author looks on: explain and test.
func luaLog(L *lua.LState) int {
	m := machineOf(L)
	var b strings.Builder
	for i := 1; i <= min(L.GetTop(), 8); i++ {
		if i > 1 {
			b.WriteByte(' ')
		}
		text := plainText(L.Get(i))
		b.WriteString(text[:min(len(text), 128)])
	}
	m.spend(4+b.Len()/32, 64+b.Len())
	if m.log != nil {
		m.log(b.String())
	}
	return 0
}

func luaIpairs(L *lua.LState) int {
	t := argTable(L, 1, "ipairs")
	i := 0
	return pushIterator(L, func(L *lua.LState) int {
		i++
		v := t.RawGetInt(i)
		if v == lua.LNil {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(i))
		L.Push(v)
		return 2
	})
}

// luaPairs walks over a copy, in the order in which fields were set.
func luaPairs(L *lua.LState) int {
	t := argTable(L, 1, "pairs")
	m := machineOf(L)
	m.spend(32, 256)
	var all []lua.LValue
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		m.spend(2, 64)
		all = append(all, k, v)
	}
	return pushIterator(L, func(L *lua.LState) int {
		if len(all) == 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(all[0])
		L.Push(all[1])
		all = all[2:]
		return 2
	})
}

func pushIterator(L *lua.LState, next lua.LGFunction) int {
	machineOf(L).spend(2, 256)
	L.Push(&lua.LFunction{IsG: true, Env: L.Env, GFunction: next})
	return 1
}

// luaRequire returns a module that Options name; there is no search path.
func luaRequire(L *lua.LState) int {
	m := machineOf(L)
	if m.load == nil {
		m.fail("require is for the top of a file, not for predicates")
	}
	L.Push(m.load.require(argString(L, 1, "require")))
	return 1
}

// argString returns argument i; a number or nil is not a string.
func argString(L *lua.LState, i int, fn string) string {
	s, ok := L.Get(i).(lua.LString)
	if !ok {
		machineOf(L).fail("%s: argument %d must be a string, not %s", fn, i, L.Get(i).Type())
	}
	return string(s)
}

func argTable(L *lua.LState, i int, fn string) *lua.LTable {
	t, ok := L.Get(i).(*lua.LTable)
	if !ok {
		machineOf(L).fail("%s: argument %d must be a table, not %s", fn, i, L.Get(i).Type())
	}
	return t
}

// argInt returns argument i as a whole number, or def if it is absent.
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

const required = -2 // argInt: no default
