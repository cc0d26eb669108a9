package wasmhost

import (
	"reflect"

	"github.com/tetratelabs/wazero/api"
)

// keptStack is how many bytes of stack an idle instance may keep for each export.
const keptStack = 256 << 10

// function is an export of an instance.
type function struct {
	api.Function
	stack reflect.Value // the guest's stack; zero if the engine keeps none
}

// newFunction returns fn, or nil for nil. The engine never shrinks the stack of a
// function that was looked up, which may have grown to 80 MB, and does not say how
// large it is: reflection reads it.
func newFunction(fn api.Function) *function {
	if fn == nil {
		return nil
	}
	f := &function{Function: fn}
	if v := reflect.ValueOf(fn); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		if s := v.Elem().FieldByName("stack"); s.IsValid() && s.Kind() == reflect.Slice {
			f.stack = s
		}
	}
	return f
}

// overgrown reports whether the function keeps too large a stack.
func (f *function) overgrown() bool {
	return f.stack.IsValid() && f.stack.Len()*int(f.stack.Type().Elem().Size()) > keptStack
}
