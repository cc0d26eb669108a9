package wasmhost

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/guestmem"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/secret"
)

// instance is one instantiated module. One caller uses it at a time: entering it
// twice would crash the process.
type instance struct {
	module api.Module
	memory *guestmem.Memory
	call   *capability.Call
	budget budget
	funcs  map[string]*function // by export, kept because a look-up costs 10 KiB
	stack  [1]uint64
	image  *guestmem.Image // nil if the instance is not restored
	limit  uint64          // of the memory in bytes

	refused int // how often the memory did not grow, before this call
	calls   int
	full    bool // the guest was given more than is remembered for masking its text
}

// instantiate makes an instance, initialises its language runtime, opens it with
// the configuration and takes its image.
func (p *Provider) instantiate(ctx context.Context, deadline time.Time) (*instance, error) {
	c, err := p.ready(ctx, deadline)
	if err != nil {
		return nil, err
	}
	i := &instance{call: p.caps.NewCall(), funcs: map[string]*function{}, limit: uint64(p.o.Limits.MemoryPages) * pageBytes}
	if err := i.sit(ctx, deadline, p.seats); err != nil {
		i.close()
		return nil, err
	}
	defer i.budget.seat.leave() // after a panic
	i.budget.begin(ctx, p.o.Fuel, deadline)
	i.call.Begin(&i.budget, secret.OpOpen, p.openRequest(), nil)
	err = i.start(c)
	res := i.end(true)
	i.budget.seat.leave()
	p.report(ctx, res.Logs)
	if err != nil {
		i.close()
		return nil, p.fault(ctx, secret.OpOpen, err, res)
	}
	if p.o.Mode.restores() {
		return p.warmUp(ctx, deadline, i, c)
	}
	return i, nil
}

// instantiate makes an instance in the engine. Memory that the system refuses is the
// fault of neither the module nor the host.
func (c *compiled) instantiate(ctx context.Context, config wazero.ModuleConfig) (m api.Module, err error) {
	defer func() {
		switch v := recover(); {
		case v == nil:
		case v == any(guestmem.ErrRefused):
			m, err = nil, &secret.Error{Code: secret.ErrUnavailable, Op: secret.OpOpen, Detail: "the system has no memory for an instance of the module"}
		default:
			panic(v)
		}
	}()
	return c.runtime.InstantiateModule(ctx, c.module, config)
}

func (i *instance) start(c *compiled) error {
	// Without a name, so that no other module can import from it. Without start
	// functions, so that run sees the exit codes and traps of _initialize.
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	alloc := &guestmem.Allocator{Limit: i.limit}
	m, err := c.instantiate(alloc.Context(i.call), config)
	if err != nil {
		if memory := alloc.Memory(); memory != nil { // the engine keeps it
			memory.Free()
		}
		return err
	}
	i.module, i.memory = m, alloc.Memory()
	i.budget.fuel, _ = m.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	for _, f := range abi.Exports() {
		if fn := newFunction(m.ExportedFunction(f.Name)); fn != nil {
			i.funcs[f.Name] = fn
		}
	}
	for _, name := range []string{abi.ExportInitialize, abi.ExportOpen} {
		if err := i.run(name); err != nil && !errors.Is(err, errNoExport) {
			return err
		}
	}
	return nil
}

// warmUp calls postern_get of a new instance without a key, so that the image also
// holds what its language allocates on first use, and takes the image. If that
// call fails, it returns another instance that is not warmed up, and so does every
// instantiation after it.
func (p *Provider) warmUp(ctx context.Context, deadline time.Time, i *instance, c *compiled) (*instance, error) {
	if err := i.sit(ctx, deadline, p.seats); err != nil {
		i.close()
		return nil, err
	}
	defer i.budget.seat.leave()
	if p.skipWarmup.Load() {
		i.image = c.takeImage(i)
		return i, nil
	}
	i.begin(ctx, p.o.Fuel, deadline, secret.OpGet, nil, func([]byte) abi.Status { return abi.Internal })
	err := i.run(abi.ExportGet)
	res := i.end(true)
	if err == nil || isStatus(err) {
		i.image = c.takeImage(i)
		return i, nil
	}
	i.close()
	i.budget.seat.leave()
	p.skipWarmup.Store(true)
	// The deadline is that of the whole call: no time may be left for another try.
	if ctx.Err() != nil || !time.Now().Before(deadline) {
		return nil, p.fault(ctx, secret.OpOpen, err, res)
	}
	return p.instantiate(ctx, deadline)
}

// begin starts a call: its fuel, its context and its request. The caller calls
// end.
func (i *instance) begin(ctx context.Context, fuel int64, deadline time.Time, op secret.Op, request []byte, sink capability.Sink) {
	i.budget.fuel.Set(uint64(i.budget.begin(ctx, fuel, deadline)))
	i.call.Begin(&i.budget, op, request, sink)
}

// end ends the call and returns its result. Stays means that the guest's memory is
// not restored afterwards.
func (i *instance) end(stays bool) capability.Result {
	if stays {
		i.full = !i.call.Remember()
	}
	res := i.call.End()
	i.budget.end()
	return res
}

// pageBytes is the size of a page of WebAssembly memory.
const pageBytes = 64 << 10

var errNoExport = errors.New("the module has no such export")

// outOfMemory is the error of a call in which the guest wanted more memory than it
// may have.
type outOfMemory struct{ error }

func (e outOfMemory) Unwrap() error { return e.error }

// NeededMemory reports whether err is of a call that may have ended in its middle
// because the guest was refused memory. Its code is too_large.
func NeededMemory(err error) bool { return errors.As(err, new(outOfMemory)) }

// statusError is a status other than ok.
type statusError abi.Status

func (s statusError) Error() string { return "status " + abi.Status(s).String() }

// run calls one export under i.call. The error is errNoExport, a statusError or an
// error of the engine, in an outOfMemory if the guest was refused memory before.
func (i *instance) run(name string) error {
	fn := i.funcs[name]
	if fn == nil {
		return errNoExport
	}
	i.refused = i.memory.Refused()
	err := i.enter(fn, name)
	if fn.overgrown() {
		i.funcs[name] = newFunction(i.module.ExportedFunction(name))
	}
	if err != nil && i.starved() {
		return outOfMemory{err}
	}
	return err
}

// starved reports whether the guest was refused memory in this call.
func (i *instance) starved() bool { return i.memory.Refused() > i.refused }

// enter calls the function of an export.
func (i *instance) enter(fn *function, name string) error {
	i.stack[0] = 0
	if err := fn.CallWithStack(i.call, i.stack[:]); err != nil {
		return err
	}
	if name == abi.ExportInitialize {
		return nil
	}
	if s := abi.Status(int32(uint32(i.stack[0]))); s != abi.OK {
		return statusError(s)
	}
	return nil
}

// reusable prepares the instance for the next caller. It reports false if that is
// not possible. pages is how many pages of its memory the guest has to touch again.
func (i *instance) reusable(m Mode) (pages int, ok bool) {
	i.calls++
	if m.restores() {
		return i.image.Restore()
	}
	return 0, i.calls < recycleAfter && (m == Serial || !i.full)
}

func (i *instance) close() {
	i.call.Close()
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
