package wasmhost

import (
	"bytes"
	"context"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// LinkUnchecked parses, compiles and links a module without the checks of Open.
func LinkUnchecked(o Options) error {
	m, err := wasmbin.Parse(o.Wasm)
	if err != nil {
		return err
	}
	caps, err := all.Open(capability.Options{Provider: o.Name}, o.Grant)
	if err != nil {
		return err
	}
	defer caps.Close()
	o.Limits = o.Limits.WithDefaults()
	p := &Provider{name: o.Name, o: o, binary: m, caps: caps}
	c, err := p.ready(context.Background(), time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	return c.runtime.Close(context.Background())
}

// Places is how many modules the process compiles at a time.
var Places = cap(places)

// Waiting returns how many callers wait for the module to be compiled, -1 if it is
// not being compiled.
func (p *Provider) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.compilation == nil {
		return -1
	}
	return p.compilation.waiting
}

// Costly reports whether guests of the provider need a seat from the start.
func (p *Provider) Costly() bool { return p.seats.costly() }

// Idle returns how many instances are idle.
func (p *Provider) Idle() int {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	return len(p.pool.idle)
}

// CountInMemory returns how often needle occurs in the reserved memory of idle
// instances, and how many bytes were scanned.
func (p *Provider) CountInMemory(needle []byte) (found, scanned int) {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	for _, i := range p.pool.idle {
		mem := i.memory.Reserved()
		found += bytes.Count(mem, needle)
		scanned += len(mem)
	}
	return found, scanned
}

// Compile compiles the module, for as long as it takes.
func (p *Provider) Compile(ctx context.Context) error {
	_, err := p.ready(ctx, time.Now().Add(time.Hour))
	return err
}
