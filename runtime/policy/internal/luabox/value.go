package luabox

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Value is a Lua value. The zero Value stands for no value at all; as an
// argument or a field it counts as nil.
type Value struct{ v lua.LValue }

// Table is a Lua table.
type Table struct{ t *lua.LTable }

// Function is a Lua function.
type Function lua.LFunction

// String returns s as a Lua value, without a check of its length.
func String(s string) Value { return Value{lua.LString(s)} }

// Number returns n as a Lua value.
func Number(n float64) Value { return Value{lua.LNumber(n)} }

// Bool returns b as a Lua value.
func Bool(b bool) Value { return Value{lua.LBool(b)} }

// lua returns v for the interpreter.
func (v Value) lua() lua.LValue {
	if v.v == nil {
		return lua.LNil
	}
	return v.v
}

// Type returns the name of the Lua type: "nil", "boolean", "number", "string",
// "table" or "function".
func (v Value) Type() string { return v.lua().Type().String() }

// IsNil reports whether v is nil or the zero Value.
func (v Value) IsNil() bool { return v.v == nil || v.v == lua.LNil }

// AsString returns the string; ok is false for any other type, also a number.
func (v Value) AsString() (s string, ok bool) {
	text, ok := v.v.(lua.LString)
	return string(text), ok
}

// AsNumber returns the number; ok is false for any other type.
func (v Value) AsNumber() (n float64, ok bool) {
	number, ok := v.v.(lua.LNumber)
	return float64(number), ok
}

// AsBool returns the boolean; ok is false for any other type.
func (v Value) AsBool() (b, ok bool) {
	answer, ok := v.v.(lua.LBool)
	return bool(answer), ok
}

// AsTable returns the table; ok is false for any other type.
func (v Value) AsTable() (t Table, ok bool) {
	table, ok := v.v.(*lua.LTable)
	return Table{table}, ok
}

// AsFunction returns the function; ok is false for any other type.
func (v Value) AsFunction() (f *Function, ok bool) {
	fn, ok := v.v.(*lua.LFunction)
	return (*Function)(fn), ok
}

// Native reports whether f is implemented in Go rather than in Lua.
func (f *Function) Native() bool { return f.IsG }

// Text returns the string, or an error that names the type that v has instead.
func (v Value) Text() (string, error) {
	s, ok := v.AsString()
	if !ok {
		return "", fmt.Errorf("want a string, not %s", v.Type())
	}
	return s, nil
}

// Strings returns a string, or the strings of a list, as a slice. It is an
// error if the list or a string is empty, or if a string is listed twice.
func (v Value) Strings() ([]string, error) {
	var out []string
	if s, ok := v.AsString(); ok {
		out = []string{s}
	} else if t, ok := v.AsTable(); ok {
		for k, item := range t.All() {
			s, ok := item.AsString()
			if _, number := k.AsNumber(); !ok || !number {
				return nil, errors.New("want a string or a list of strings")
			}
			out = append(out, s)
		}
	} else {
		return nil, fmt.Errorf("want a string or a list of strings, not %s", v.Type())
	}
	if len(out) == 0 {
		return nil, errors.New("an empty list matches nothing")
	}
	for i, s := range out {
		if s == "" {
			return nil, errors.New("an empty string matches nothing")
		}
		if slices.Contains(out[:i], s) {
			return nil, fmt.Errorf("%.64q is listed twice", s)
		}
	}
	return out, nil
}

// Pair is a field of a table whose name and value are strings.
type Pair struct{ Name, Value string }

// Pairs returns the fields of a table of strings, in the order in which they
// were set. It is an error if there are none.
func (v Value) Pairs() ([]Pair, error) {
	t, ok := v.AsTable()
	if !ok {
		return nil, fmt.Errorf("want a table of strings, not %s", v.Type())
	}
	var out []Pair
	for k, item := range t.All() {
		name, ok1 := k.AsString()
		value, ok2 := item.AsString()
		switch {
		case ok1 && !ok2 && item.Type() != "table":
			return nil, fmt.Errorf(`%.64s: want a string, not %s; write it in quotes`, name, item.Type())
		case !ok1 || !ok2:
			return nil, errors.New(`want { name = "value" }`)
		}
		out = append(out, Pair{name, value})
	}
	if len(out) == 0 {
		return nil, errors.New(`an empty table; want { name = "value" }`)
	}
	return out, nil
}

// Get returns the field of that name, nil if there is none.
func (t Table) Get(name string) Value { return Value{t.t.RawGetString(name)} }

// Item returns item i, counted from 1, nil if there is none.
func (t Table) Item(i int) Value { return Value{t.t.RawGetInt(i)} }

// Len returns the number of items of a list.
func (t Table) Len() int { return t.t.Len() }

// Named reports whether the table has fields with names.
func (t Table) Named() bool {
	for k := range t.All() {
		if _, ok := k.AsString(); ok {
			return true
		}
	}
	return false
}

// All returns items first, then fields in the order in which they were set.
func (t Table) All() iter.Seq2[Value, Value] {
	return func(yield func(k, v Value) bool) {
		for k, v := t.t.Next(lua.LNil); k != lua.LNil; k, v = t.t.Next(k) {
			if !yield(Value{k}, Value{v}) {
				return
			}
		}
	}
}
