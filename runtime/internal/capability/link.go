package capability

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// function is the body of a host function. The stack holds the parameters and
// takes the result, as wazero lays them out.
type function func(c *Call, m memory, stack []uint64)

// Call finds the state of the guest call and runs f. A call whose context is
// over ends here: a guest may spend its time in host functions alone.
func (f function) Call(ctx context.Context, m api.Module, stack []uint64) {
	c := callOf(ctx)
	if c == nil {
		panic(Breach{"a host function ran outside of a call"})
	}
	c.live()
	f(c, memory{m.Memory()}, stack)
}

var _ api.GoModuleFunction = function(nil)

// result makes a function of one that returns a length or a negated status.
func result(f func(c *Call, m memory, args []uint64) int32) function {
	return func(c *Call, m memory, stack []uint64) { stack[0] = api.EncodeI32(f(c, m, stack)) }
}

// bodies returns the functions of a host module by name, nil for an unknown one.
func bodies(module string) map[string]function {
	switch module {
	case abi.ModuleCore:
		return coreFunctions()
	case abi.ModuleEnv:
		return envFunctions()
	case abi.ModuleFile:
		return fileFunctions()
	case abi.ModuleKV:
		return kvFunctions()
	case abi.ModuleWASI:
		return wasiFunctions()
	}
	return nil
}

// Link instantiates the named host modules, those that a module imports, in r.
// The error is ErrCapability for a module that is not offered or not granted.
// One runtime belongs to one Set.
func (s *Set) Link(ctx context.Context, r wazero.Runtime, modules []string) error {
	for _, name := range modules {
		if err := s.CheckGrants([]string{name}); err != nil {
			return err
		}
		b, found := r.NewHostModuleBuilder(name), bodies(name)
		for _, sig := range signatures() {
			if sig.Module != name {
				continue
			}
			b.NewFunctionBuilder().
				WithGoModuleFunction(found[sig.Name], valueTypes(sig.Params), valueTypes(sig.Results)).
				Export(sig.Name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return (&secret.Error{Code: secret.ErrInternal, Op: secret.OpOpen, Provider: s.opt.Provider,
				Detail: fmt.Sprintf("link %s", name)}).Wrap(err)
		}
	}
	return nil
}

// signatures returns all functions that this package offers.
func signatures() []abi.Func { return append(abi.Imports(), abi.WASIImports()...) }

func valueTypes(ts []abi.Type) []api.ValueType {
	out := make([]api.ValueType, len(ts))
	for i, t := range ts {
		out[i] = api.ValueType(t)
	}
	return out
}
