package luabox

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// baseFuncs are the global functions of every sandbox.
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
		machineOf(L).fail("assertion failed: %.64q", string(text))
	}
	return L.GetTop()
}

func luaError(L *lua.LState) int {
	text, _ := L.Get(1).(lua.LString)
	machineOf(L).fail("error: %.64q", string(text))
	return 0
}

func luaType(L *lua.LState) int {
	L.Push(lua.LString(L.Get(1).Type().String()))
	return 1
}

// luaToString returns no address: a table is just "table".
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

// luaLog passes a line to the log function of the call; without one it is discarded.
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
		m.log(clip(b.String()))
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

// luaPairs iterates over a copy, in the order in which fields were set.
func luaPairs(L *lua.LState) int {
	t := argTableRaw(L, 1, "pairs")
	m := machineOf(L)
	m.spend(32, 256)
	var all []lua.LValue
	if l := m.lookups[t]; l != nil {
		for _, name := range m.allNames(l) {
			all = append(all, lua.LString(name), m.found(l, name))
		}
	}
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

// luaRequire returns a built-in module or one that the host named; there is no
// search path.
func luaRequire(L *lua.LState) int {
	m := machineOf(L)
	if m.loader == nil {
		m.fail("require may be called at the top of a file, not by a predicate")
	}
	L.Push(m.loader.require(argString(L, 1, "require")))
	return 1
}
