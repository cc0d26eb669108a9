package luabox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// stringFuncs is the string library. It has no patterns, because matching one can
// take exponential time and cannot be interrupted.
var stringFuncs = map[string]lua.LGFunction{
	"byte":    luaByte,
	"char":    luaChar,
	"find":    luaFind,
	"len":     luaLen,
	"lower":   func(L *lua.LState) int { return mapString(L, "string.lower", strings.ToLower) },
	"rep":     luaRep,
	"reverse": func(L *lua.LState) int { return mapString(L, "string.reverse", reverseBytes) },
	"sub":     luaSub,
	"upper":   func(L *lua.LState) int { return mapString(L, "string.upper", strings.ToUpper) },
}

func mapString(L *lua.LState, name string, f func(string) string) int {
	return machineOf(L).returnString(f(argString(L, 1, name)))
}

func reverseBytes(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func luaLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(argString(L, 1, "string.len"))))
	return 1
}

func luaRep(L *lua.LState) int {
	m := machineOf(L)
	s := argString(L, 1, "string.rep")
	n := max(argInt(L, 2, "string.rep", required), 0)
	if len(s) == 0 {
		n = 0
	}
	if len(s) > 0 && n > m.limits.String/len(s) {
		m.failLimit("string longer than %d bytes", m.limits.String)
	}
	return m.returnString(strings.Repeat(s, n))
}

// span converts the positions i and j of Lua, which are inclusive and may be
// negative, to Go offsets in a string of n bytes.
func span(n, i, j int) (from, to int) {
	if i < 0 {
		i = max(n+i+1, 1)
	}
	if j < 0 {
		j = n + j + 1
	}
	from, to = max(i, 1)-1, min(j, n)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func luaSub(L *lua.LState) int {
	s := argString(L, 1, "string.sub")
	from, to := span(len(s), argInt(L, 2, "string.sub", 1), argInt(L, 3, "string.sub", -1))
	return machineOf(L).returnString(s[from:to])
}

// luaByte returns one byte. A range would return a value per byte, and each takes a
// register of the interpreter.
func luaByte(L *lua.LState) int {
	s := argString(L, 1, "string.byte")
	if L.Get(3) != lua.LNil {
		machineOf(L).fail("string.byte: want one position, not a range")
	}
	i := argInt(L, 2, "string.byte", 1)
	if i < 0 {
		i += len(s) + 1
	}
	if i < 1 || i > len(s) {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(s[i-1]))
	return 1
}

func luaChar(L *lua.LState) int {
	m := machineOf(L)
	b := make([]byte, 0, 16)
	for i := 1; i <= L.GetTop(); i++ {
		c := argInt(L, i, "string.char", required)
		if c < 0 || c > 255 {
			m.fail("string.char: argument %d is not a byte", i)
		}
		b = append(b, byte(c))
	}
	return m.returnString(string(b))
}

// luaFind searches for plain text. It rejects a text that looks like a pattern unless
// the fourth argument is true. An author who expects patterns would otherwise get a
// rule that silently never matches.
func luaFind(L *lua.LState) int {
	m := machineOf(L)
	s, sub := argString(L, 1, "string.find"), argString(L, 2, "string.find")
	if L.Get(4) != lua.LTrue && strings.ContainsAny(sub, "^$()%.[]*+-?") {
		m.fail("string.find: patterns are not supported; pass true as the fourth argument to search for plain text")
	}
	m.spend(1+len(s)/16, 0)
	from := argInt(L, 3, "string.find", 1)
	if from < 0 {
		from = max(len(s)+from+1, 1)
	}
	from = max(from, 1) - 1
	if from > len(s) {
		L.Push(lua.LNil)
		return 1
	}
	i := strings.Index(s[from:], sub)
	if i < 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(from + i + 1))
	L.Push(lua.LNumber(from + i + len(sub)))
	return 2
}
