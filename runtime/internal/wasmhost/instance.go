package wasmhost

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/secret"
)

// instance is one instantiated module. One caller uses it at a time: entering
// it twice would end the process.
type instance struct {
	module api.Module
	call   *capability.Call
	funcs  map[string]api.Function // looked up once: each lookup costs 10 KiB
	stack  [1]uint64
}

// instantiate makes an instance, initialises its language runtime and opens it
// with the configuration.
func (p *Provider) instantiate(ctx context.Context) (*instance, error) {
	c, err := p.ready(ctx)
	if err != nil {
		return nil, err
	}
	i := &instance{call: p.caps.NewCall(), funcs: map[string]api.Function{}}
	i.call.Begin(ctx, secret.OpOpen, p.openRequest(), nil)
	err = p.start(i, c)
	res := i.call.End()
	p.report(ctx, res.Logs)
	if err != nil {
		i.close()
		return nil, p.fault(ctx, secret.OpOpen, err, res)
	}
	return i, nil
}

func (p *Provider) start(i *instance, c *compiled) error {
	// Anonymous, so that no other module can import from it; no start functions
	// by name, so that exit codes and traps of _initialize are ours to judge.
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	m, err := c.runtime.InstantiateModule(experimental.WithMemoryAllocator(i.call, allocator{}), c.module, config)
	if err != nil {
		return err
	}
	i.module = m
	for _, f := range abi.Exports() {
		if fn := m.ExportedFunction(f.Name); fn != nil {
			i.funcs[f.Name] = fn
		}
	}
	if err := i.run(abi.ExportInitialize); err != nil && !errors.Is(err, errNoExport) {
		return err
	}
	if err := i.run(abi.ExportOpen); err != nil && !errors.Is(err, errNoExport) {
		return err
	}
	return nil
}

var errNoExport = errors.New("the module has no such export")

// statusError is a status other than ok.
type statusError abi.Status

func (s statusError) Error() string { return "status " + abi.Status(s).String() }

// run calls one export under i.call. The error is errNoExport, a statusError or
// the engine's.
func (i *instance) run(export string) error {
	fn := i.funcs[export]
	if fn == nil {
		return errNoExport
	}
	i.stack[0] = 0
	if err := fn.CallWithStack(i.call, i.stack[:]); err != nil {
		return err
	}
	if export == abi.ExportInitialize {
		return nil
	}
	if s := abi.Status(int32(uint32(i.stack[0]))); s != abi.OK {
		return statusError(s)
	}
	return nil
}

func (i *instance) close() {
	if i.module != nil {
		_ = i.module.Close(context.Background())
	}
}

// openRequest encodes the provider's name and settings.
func (p *Provider) openRequest() []byte {
	b := abi.Append(nil, abi.TagProvider, []byte(p.name))
	for _, name := range sortedNames(p.o.Config) {
		setting := abi.Append(nil, abi.TagName, []byte(name))
		setting = abi.Append(setting, abi.TagText, []byte(p.o.Config[name]))
		b = abi.Append(b, abi.TagConfig, setting)
	}
	return b
}

