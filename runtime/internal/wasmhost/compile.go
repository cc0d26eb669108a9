package wasmhost

import (
	"context"
	"log/slog"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/guestmem"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/module/check"
	"github.com/postern-project/postern/runtime/secret"
)

// features is the set that preflight accepts. The engine refuses all others a
// second time.
const features = api.CoreFeaturesV2

// compiling holds a token while a goroutine of the process compiles: the engine
// publishes code from its file cache before that code can be called. No code of the
// embedder, such as a log handler, runs meanwhile: it could ask for a provider that
// waits to be compiled.
var compiling = make(chan struct{}, 1)

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

// ready returns the compiled module, compiling it on the first call. The wait for
// another provider that compiles, perhaps for seconds, ends with the context and at
// the deadline of the call.
func (p *Provider) ready(ctx context.Context, deadline time.Time) (*compiled, error) {
	if c := p.loaded(); c != nil {
		return c, nil
	}
	wait, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	select {
	case compiling <- struct{}{}:
		defer func() { <-compiling }()
	case <-wait.Done():
		return nil, wait.Err()
	}
	if c := p.loaded(); c != nil {
		return c, nil
	}
	// What is linked was checked when the provider was opened; checking the imports
	// and exports again costs nothing beside compiling.
	if err := check.ABI(p.binary); err != nil {
		return nil, loadError(p.name, err, "")
	}
	metered, err := wasmbin.Meter(p.binary)
	if err != nil {
		return nil, loadError(p.name, check.Binary(err), "")
	}
	c, err := p.compileCached(ctx, metered)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.compiled = c
	return c, nil
}

// compileCached compiles through the cache. A cache that fails costs only time:
// its entry is emptied once, and then the module is compiled without it.
func (p *Provider) compileCached(ctx context.Context, metered *wasmbin.Metered) (*compiled, error) {
	entry, err := p.o.Cache.Entry(metered.Bytes)
	if err != nil {
		p.note(ctx, "compiled code is not cached", slog.String("reason", err.Error()))
		entry = nil
	}
	c, err := p.compile(ctx, metered, entry.CompilationCache())
	if err != nil && ctx.Err() == nil && entry.Reset() {
		if c, err = p.compile(ctx, metered, entry.CompilationCache()); err != nil && ctx.Err() == nil {
			return p.compile(ctx, metered, nil)
		}
	}
	if err == nil {
		entry.WriteChecksums()
	}
	return c, err
}

func (p *Provider) loaded() *compiled {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.compiled
}

func (p *Provider) compile(ctx context.Context, metered *wasmbin.Metered, cache wazero.CompilationCache) (*compiled, error) {
	config := wazero.NewRuntimeConfig()
	if p.o.Interpreter {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	// The memory is limited by its allocator, which sees what it refuses.
	config = config.WithCoreFeatures(features)
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	r := wazero.NewRuntimeWithConfig(ctx, config)
	c, err := p.link(ctx, r, metered)
	if err != nil {
		_ = r.Close(context.Background())
		return nil, err
	}
	return c, nil
}

// link compiles the guest in r, with the host modules that it imports.
func (p *Provider) link(ctx context.Context, r wazero.Runtime, metered *wasmbin.Metered) (*compiled, error) {
	if err := p.caps.Link(ctx, r, importModules(p.binary)); err != nil {
		return nil, loadError(p.name, err, "the capabilities could not be linked")
	}
	if err := linkTick(ctx, r); err != nil {
		return nil, loadError(p.name, err, "the fuel meter could not be linked")
	}
	m, err := r.CompileModule(ctx, metered.Bytes)
	if err != nil {
		if cause := ctx.Err(); cause != nil { // says nothing about the module
			return nil, p.contextError(secret.OpOpen, cause)
		}
		// The text of the engine may quote names of the module, so it is only the
		// cause.
		return nil, loadError(p.name, err, "the module is not valid WebAssembly")
	}
	out := &compiled{runtime: r, module: m, restorable: !metered.MutableTables && !metered.DropsSegments}
	for _, g := range metered.Globals {
		out.globals = append(out.globals, g.Name)
	}
	return out, nil
}
