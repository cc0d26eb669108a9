package capability

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// Function is the body of a host function. The stack holds the parameters and
// takes the result, as wazero lays them out. A Function may panic with the error
// that ends the guest's call.
type Function func(c *Call, m Memory, stack []uint64)

var _ api.GoModuleFunction = Function(nil)

// Call finds the state of the guest call, charges it for one call of a host function,
// and runs f. It first ends a call whose context is over: a guest may spend its time in
// host functions alone.
func (f Function) Call(ctx context.Context, m api.Module, stack []uint64) {
	c := callOf(ctx)
	if c == nil {
		panic(ProtocolError{"a host function ran outside of a call"})
	}
	c.endIfCanceled()
	c.Charge(callUnits)
	f(c, Memory{m.Memory(), c}, stack)
}

// WithResult returns a Function for one that returns a length or a negated status.
func WithResult(f func(c *Call, m Memory, args []uint64) int32) Function {
	return func(c *Call, m Memory, stack []uint64) { stack[0] = api.EncodeI32(f(c, m, stack)) }
}

// Status returns s as a host function returns it, negated.
func Status(s abi.Status) int32 { return -int32(s) }

// Link instantiates the named host modules, those that a module imports, in r.
// The error is that of [Set.CheckGrants]. A runtime belongs to one Set.
func (s *Set) Link(ctx context.Context, r wazero.Runtime, modules []string) error {
	if err := s.CheckGrants(modules); err != nil {
		return err
	}
	signatures := append(abi.Imports(), abi.WASIImports()...)
	for _, name := range modules {
		b, functions := r.NewHostModuleBuilder(name), s.find(name).Functions()
		for _, sig := range signatures {
			if sig.Module == name {
				b.NewFunctionBuilder().
					WithGoModuleFunction(functions[sig.Name], valueTypes(sig.Params), valueTypes(sig.Results)).
					Export(sig.Name)
			}
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return (&secret.Error{Code: secret.ErrInternal, Op: secret.OpOpen, Provider: s.opt.Provider,
				Detail: fmt.Sprintf("link %s", name)}).Wrap(err)
		}
	}
	return nil
}

func valueTypes(types []abi.Type) []api.ValueType {
	out := make([]api.ValueType, len(types))
	for i, t := range types {
		out[i] = api.ValueType(t)
	}
	return out
}
