package luabox

import lua "github.com/yuin/gopher-lua"

// Func is a function of the host that Lua code can call. It returns the result;
// the zero Value means none. It must charge its work with [Call.Spend], keep
// nothing that depends on a call, and be safe for concurrent use.
type Func func(c Call) Value

// Module is a read-only table of host functions.
type Module struct {
	Name  string // used by require, and in messages
	Short string // prefix of the functions in messages
	Funcs map[string]Func
	// Args holds, by function, the least and the largest number of arguments.
	Args map[string][2]int
	// Checks has, by function, the check of its constant arguments. If it returns an
	// error, the file does not load.
	Checks map[string]Check
	// Fields checks a constant that is passed together with a field of the record, or
	// with an item of that field. It may be nil.
	Fields func(function, field string, item bool, constant string) error
}

// Check checks a constant string that is argument i of a function.
type Check func(i int, s string) error

// Declarer handles the calls of the global functions that [Config].Declare
// names, while a file is loaded.
type Declarer interface {
	// Declare handles one call. It reports errors with Call.Throw or Call.Fail.
	Declare(c Call)
}

// Call is one call of a function of the host. Methods that stop the call do not
// return.
type Call struct {
	m    *machine
	name string
}

// native adapts f to the interpreter.
func (f Func) native(name string) lua.LGFunction {
	return func(L *lua.LState) int {
		v := f(Call{machineOf(L), name})
		if v.v == nil {
			return 0
		}
		L.Push(v.v)
		return 1
	}
}

// declaration is a global function whose calls go to the loader's Declarer.
func declaration(name string) lua.LGFunction {
	return func(L *lua.LState) int {
		m := machineOf(L)
		if m.loader == nil {
			m.fail("%s may be called at the top of a file, not by a predicate", name)
		}
		m.loader.declarer.Declare(Call{m, name})
		return 0
	}
}

// Name returns the name of the function.
func (c Call) Name() string { return c.name }

// Place returns the file and line of the call.
func (c Call) Place() (file string, line int) { return c.m.place() }

// Spend charges work to the budgets: steps count as instructions. It stops the
// call if a budget is used up.
func (c Call) Spend(steps, bytes int) { c.m.spend(steps, bytes) }

// Fail stops the call with an error for the author of the code.
func (c Call) Fail(format string, args ...any) { c.m.fail(format, args...) }

// FailErr is like Fail, for an error. The text begins with the name of the function.
func (c Call) FailErr(err error) { c.m.fail("%s: %s", c.name, err) }

// Throw stops the file that is being loaded: [Loader.Run] returns err.
func (c Call) Throw(err error) { c.m.throw(err) }

// Arg returns argument i, counted from 1.
func (c Call) Arg(i int) Value { return Value{c.m.state.Get(i)} }

// Args returns the number of arguments.
func (c Call) Args() int { return c.m.state.GetTop() }

// Freeze makes argument i read-only, with the tables in it: a change that comes after
// the call would have no effect. name stands for it in messages.
func (c Call) Freeze(i int, name string) { c.m.loader.freeze(name, c.m.state.Get(i)) }

// Str returns argument i, which must be a string.
func (c Call) Str(i int) string { return argString(c.m.state, i, c.name) }

// OptStr is like Str, but ok is false if the argument is nil. It charges for the
// length.
func (c Call) OptStr(i int) (s string, ok bool) {
	v := c.m.state.Get(i)
	if v == lua.LNil {
		return "", false
	}
	text, ok := v.(lua.LString)
	if !ok {
		c.Str(i) // stops the call
	}
	c.m.spend(1+len(text)/16, 0)
	return string(text), true
}

// Int returns argument i, which must be a whole number.
func (c Call) Int(i int) int { return argInt(c.m.state, i, c.name, required) }

// Number returns argument i, which must be a number.
func (c Call) Number(i int) float64 { return argNumber(c.m.state, i, c.name) }

// Table returns argument i, which must be a table.
func (c Call) Table(i int) Table { return Table{argTable(c.m.state, i, c.name)} }

// Function returns argument i, which must be a function.
func (c Call) Function(i int) *Function {
	fn, ok := c.Arg(i).AsFunction()
	if !ok {
		c.m.fail("%s: argument %d must be a function, not %s", c.name, i, c.Arg(i).Type())
	}
	return fn
}

// Run calls a function that was an argument, and returns its first result.
func (c Call) Run(fn *Function, arg Value) Value {
	L := c.m.state
	L.Push((*lua.LFunction)(fn))
	L.Push(arg.lua())
	L.Call(1, 1)
	ret := L.Get(-1)
	L.Pop(1)
	return Value{ret}
}

// NewString returns s as a result. It charges for s and checks its length.
func (c Call) NewString(s string) Value {
	c.m.chargeString(s)
	return String(s)
}

// NewList returns a list of strings as a result. It charges for the list and
// checks its length.
func (c Call) NewList(items []string) Value {
	if len(items) > c.m.limits.List {
		c.m.failLimit("list longer than %d items", c.m.limits.List)
	}
	c.m.spend(len(items), 640+32*len(items))
	t := newTable()
	for _, s := range items {
		t.Append(lua.LString(s))
	}
	return Value{t}
}
