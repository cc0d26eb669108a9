package wasmhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/secret"
)

// Provider is one configured module. It is safe for concurrent use.
type Provider struct {
	name   string
	o      Options
	binary *wasmbin.Module
	caps   *capability.Set
	verbs  []secret.Op

	mu          sync.Mutex
	closed      bool           // guarded by mu
	compiled    *compiled      // guarded by mu: nil until the first call
	refused     error          // guarded by mu: why the module can never be compiled, or nil
	compilation *compilation   // guarded by mu: the one that runs, or nil
	calls       sync.WaitGroup // running calls; Add under mu while not closed

	pool       *pool
	seats      *seats
	writing    chan struct{} // holds a token while a write runs
	skipWarmup atomic.Bool   // the module failed the warm-up call
}

var _ secret.Provider = (*Provider)(nil)

// Open checks the module, and its imports against the grant. It compiles nothing
// and runs nothing. It returns an error with the code load_failed if the bytes are
// not a valid module, capability if the module imports something that is not
// offered or was not granted, and timeout or canceled if ctx ends before the module is
// checked. The provider does not keep ctx.
func Open(ctx context.Context, o Options) (*Provider, error) {
	o.Limits = o.Limits.WithDefaults()
	o.Fuel = orDefault(o.Fuel, 1<<36)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if !o.Mode.Valid() {
		return nil, loadError(o.Name, nil, fmt.Sprintf("unknown mode %q; want isolated, pooled or serial", o.Mode))
	}
	if o.Mode == Serial {
		o.Limits.Instances = 1
	}
	m, err := preflight(ctx, o)
	if err != nil {
		return nil, err
	}
	caps, err := all.Open(capability.Options{
		Provider: o.Name, Dir: o.Dir, Path: o.Config["path"], Environ: o.Environ, Now: o.Now, Log: o.Log, Public: o.Public,
		MaxValue: o.Limits.Value, MaxStore: max(0, o.Limits.KV), MaxKeys: o.Limits.Keys, MaxListing: o.Limits.Listing,
		MaxCall: o.Limits.CallMemory,
	}, o.Grant)
	if err != nil {
		return nil, named(err, o.Name)
	}
	if err := caps.CheckGrants(importModules(m)); err != nil {
		_ = caps.Close() // it is still empty
		return nil, named(err, o.Name)
	}
	if o.Limits.KV < 0 && !o.NeedsNoKV && slices.Contains(importModules(m), abi.ModuleKV) {
		_ = caps.Close()
		return nil, loadError(o.Name, nil, "the module imports "+abi.ModuleKV+", which limits.kv turns off: it keeps state between calls; remove the limit to let it (in Go: Limits.KV)")
	}
	p := &Provider{name: o.Name, o: o, binary: m, caps: caps, verbs: verbs(m), writing: make(chan struct{}, 1)}
	p.pool, p.seats = newPool(o.Limits.Instances, p.instantiate), newSeats()
	return p, nil
}

// Kept returns the memory of what the module keeps in postern_kv_v1. ok is false if it
// does not import that.
func (p *Provider) Kept() (k capability.Kept, ok bool) {
	return p.caps.Kept(), slices.Contains(p.Wants(), abi.ModuleKV)
}

// Verbs returns the operations whose exports the module has.
func (p *Provider) Verbs() []secret.Op { return p.verbs }

// Wants returns the import modules that the module uses, in the order of the file.
func (p *Provider) Wants() []string { return importModules(p.binary) }

// WritesFiles reports whether the module can write files, where a grant lets it.
func (p *Provider) WritesFiles() bool {
	return slices.ContainsFunc(p.binary.Imports, func(i wasmbin.Import) bool { return i.Module == abi.ModuleFile && i.Name == "write" })
}

// Close waits for the running calls, closes all instances and wipes what the module
// stored. Later calls return an error with the code closed. A second Close does
// nothing.
func (p *Provider) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()

	p.calls.Wait()
	compiled := p.endCompilation()
	p.pool.close()
	var err error
	if compiled != nil {
		err = compiled.runtime.Close(context.Background())
	}
	return errors.Join(err, p.caps.Close())
}

// enter counts a running call; the caller calls p.calls.Done.
func (p *Provider) enter() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return &secret.Error{Code: secret.ErrClosed, Provider: p.name}
	}
	p.calls.Add(1)
	return nil
}

func (p *Provider) offers(op secret.Op) bool {
	for _, v := range p.verbs {
		if v == op {
			return true
		}
	}
	return false
}

func verbs(m *wasmbin.Module) []secret.Op {
	var out []secret.Op
	for _, v := range []struct {
		export string
		op     secret.Op
	}{
		{abi.ExportGet, secret.OpGet}, {abi.ExportSet, secret.OpSet}, {abi.ExportDelete, secret.OpDelete},
		{abi.ExportKeys, secret.OpKeys},
	} {
		if _, ok := m.Export(v.export); ok {
			out = append(out, v.op)
		}
	}
	return out
}

// named adds the provider to an error that another package made.
func named(err error, provider string) error {
	var e *secret.Error
	if errors.As(err, &e) && e.Provider == "" {
		e.Provider = provider
	}
	return err
}
