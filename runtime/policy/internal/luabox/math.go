package luabox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// mathFuncs is the math library. It has no random numbers: a predicate must give
// the same answer each time.
var mathFuncs = map[string]lua.LGFunction{
	"abs":   func(L *lua.LState) int { return mapNumber(L, "math.abs", math.Abs) },
	"ceil":  func(L *lua.LState) int { return mapNumber(L, "math.ceil", math.Ceil) },
	"floor": func(L *lua.LState) int { return mapNumber(L, "math.floor", math.Floor) },
	"max":   func(L *lua.LState) int { return foldNumbers(L, "math.max", math.Max) },
	"min":   func(L *lua.LState) int { return foldNumbers(L, "math.min", math.Min) },
}

func mapNumber(L *lua.LState, name string, f func(float64) float64) int {
	L.Push(lua.LNumber(f(argNumber(L, 1, name))))
	return 1
}

func foldNumbers(L *lua.LState, name string, f func(a, b float64) float64) int {
	n := argNumber(L, 1, name)
	for i := 2; i <= L.GetTop(); i++ {
		n = f(n, argNumber(L, i, name))
	}
	L.Push(lua.LNumber(n))
	return 1
}
