package wasmhost

import (
	"context"
	"errors"
	"os"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/guestmem"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/module/check"
)

// places holds a token for each module that the process compiles and that is not
// built in. Preflight bounds what one of them takes, and this bounds all of them.
// Built-in modules need no place, and neither does code from the cache.
var places = make(chan struct{}, 2)

// compiled is a module in the engine that compiled it. Compiled code must not run
// in another wazero.Runtime.
type compiled struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule

	globals    []string // exports of the mutable globals
	restorable bool     // memory and globals are all the state that a call can change
}

// takeImage saves the state of i. It returns nil if i cannot be restored and must
// serve one call only.
func (c *compiled) takeImage(i *instance) *guestmem.Image {
	if !c.restorable {
		return nil
	}
	return guestmem.TakeImage(i.module, i.memory, c.globals)
}

// build compiles the module, or loads its code from the cache. No code of the
// embedder, such as a log handler, runs meanwhile: it could ask for this provider.
func (p *Provider) build(ctx context.Context, k *compilation) (*compiled, error) {
	// What is linked was checked when the provider was opened; checking the imports
	// and exports again costs nothing beside compiling.
	if err := check.ABI(p.binary); err != nil {
		return nil, loadError(p.name, err, "")
	}
	metered, err := p.o.Cache.Meter(p.binary, int(p.o.Limits.MemoryPages), p.o.Builtin)
	if err != nil {
		return nil, loadError(p.name, check.Binary(err), "")
	}
	use := p.o.Cache.Entry
	if p.o.Builtin {
		use = p.o.Cache.BuiltinEntry
	}
	entry, err := use(ctx, metered.Bytes)
	switch {
	case context.Cause(ctx) != nil:
		return nil, context.Cause(ctx)
	case err != nil: // a cache that fails costs only time
		k.notes = append(k.notes, "compiled code is not cached: "+err.Error())
	}
	defer entry.Release()
	b := builder{p: p, metered: metered, entry: entry}
	if c, err := b.load(); !errors.Is(err, codecache.ErrNotCached) {
		return c, err
	}
	if !p.o.Builtin {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if err := b.compileElsewhere(ctx); err != nil {
			return nil, err
		}
		if c, err := b.load(); !errors.Is(err, codecache.ErrNotCached) {
			return c, err
		}
	}
	c, err := b.compile(ctx)
	k.final = err != nil && ctx.Err() == nil
	return c, err
}

// builder makes the compiled module of a provider. It uses the entry, which may be
// nil, alone.
type builder struct {
	p       *Provider
	metered *wasmbin.Metered
	entry   *codecache.Entry
}

// load takes the code from the cache. The error is [codecache.ErrNotCached] if that
// is not possible, and then the module is to be compiled.
func (b *builder) load() (*compiled, error) {
	if !b.entry.Filled() {
		return nil, codecache.ErrNotCached
	}
	c, err := b.link(func(r wazero.Runtime) (wazero.CompiledModule, error) { return b.entry.Load(r, b.metered.Bytes) })
	if err != nil && !errors.Is(err, codecache.ErrNotCached) {
		b.entry.Reset()
		return nil, codecache.ErrNotCached
	}
	return c, err
}

// compileElsewhere lets another process compile the module. If that process left the
// code in the cache, load finds it. If it could not, the module is compiled here, and
// is known to be harmless.
func (b *builder) compileElsewhere(ctx context.Context) error {
	p := b.p
	if p.o.CompileProcess == nil || p.o.Interpreter {
		return nil
	}
	var folder *os.File
	if b.entry != nil {
		folder = p.o.Cache.Folder()
	}
	if err := p.o.CompileProcess(ctx, b.metered.Bytes, folder, p.o.large()); err != nil {
		if cause := context.Cause(ctx); cause != nil { // says nothing about the module
			return cause
		}
		return loadError(p.name, err, "the module was not compiled: "+err.Error())
	}
	if err := b.entry.Refresh(); err != nil {
		b.entry = nil
	}
	return nil
}

// compile compiles through the cache. A cache that fails costs only time: its entry
// is emptied once, and then the module is compiled without it.
func (b *builder) compile(ctx context.Context) (*compiled, error) {
	work := func(r wazero.Runtime) (wazero.CompiledModule, error) {
		return codecache.Compile(ctx, r, b.metered.Bytes)
	}
	c, err := b.link(work)
	if err != nil && ctx.Err() == nil && b.entry.Reset() {
		if c, err = b.link(work); err != nil && ctx.Err() == nil {
			b.entry = nil
			return b.link(work)
		}
	}
	if err == nil {
		b.entry.WriteChecksums()
	}
	return c, err
}

// link makes an engine with the host modules that the guest imports, and compiles
// the guest in it.
func (b *builder) link(compile func(wazero.Runtime) (wazero.CompiledModule, error)) (c *compiled, err error) {
	p, r := b.p, b.entry.NewRuntime(b.p.o.Interpreter)
	defer func() {
		if c == nil { // also after a panic of the compiler
			_ = r.Close(context.Background())
		}
	}()
	if err := p.caps.Link(context.Background(), r, importModules(p.binary)); err != nil {
		return nil, loadError(p.name, err, "the capabilities could not be linked")
	}
	if err := linkTick(context.Background(), r); err != nil {
		return nil, loadError(p.name, err, "the fuel meter could not be linked")
	}
	m, err := compile(r)
	if err != nil {
		// The text of the engine may quote names of the module, so it is only the
		// cause.
		return nil, loadError(p.name, err, "the module is not valid WebAssembly")
	}
	// The engine names functions and their exports once, for all of them, in work that
	// grows with both. Preflight weighs it as a part of compiling; left to the engine, it
	// would delay the end of the first call that is stopped.
	m.ExportedFunctions()
	c = &compiled{runtime: r, module: m, restorable: !b.metered.MutableTables && !b.metered.DropsSegments}
	for _, g := range b.metered.Globals {
		c.globals = append(c.globals, g.Name)
	}
	return c, nil
}
