package runtime

import (
	"context"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

// ProviderInfo describes one configured provider.
type ProviderInfo struct {
	Name    string
	Module  string      // as configured; "" for a Go value
	Builtin bool        // the module is part of the program
	SHA256  string      // of the module's bytes, in hex; "" for a Go value
	Size    int         // of the module in bytes
	Verbs   []secret.Op // what the module exports, whether or not its grant allows it; nil for a Go value
	Wants   []string    // import modules, in the order of the file
	InChain bool        // it is in the configured chain; rules of the policy may choose others too
}

// Providers describes the configured providers in their order. It runs nothing.
func (r *Runtime) Providers() []ProviderInfo {
	var all []ProviderInfo
	for _, p := range r.routes.providers {
		info := ProviderInfo{
			Name: p.options.Name, Module: p.options.Module, Builtin: p.builtin, Size: len(p.wasm),
			InChain: slices.Contains(r.routes.configured.names, p.options.Name),
		}
		if p.host != nil {
			info.SHA256, info.Verbs, info.Wants = module.Digest(p.wasm), slices.Clone(p.host.Verbs()), p.host.Wants()
		}
		all = append(all, info)
	}
	return all
}

// Probe is the result of [Runtime.Probe].
type Probe struct {
	Provider string
	Latency  time.Duration // of the request, compiling and opening included
	Verbs    []secret.Op
	Err      error
}

// probeKey is the key that Probe gets from providers that cannot list. It need not
// exist: not_found shows that the provider works.
const probeKey secret.Key = "postern-probe"

// Probe checks that a provider works: it lists its keys or, if the provider cannot
// list, gets a key that need not exist. The policy is not asked, and nothing that
// the provider returns is released.
func (r *Runtime) Probe(ctx context.Context, name string) Probe {
	out := Probe{Provider: name}
	p := r.routes.provider(name)
	if p == nil {
		out.Err = loadError(name, "no provider has this name")
		return out
	}
	if _, ok := r.enter(); !ok {
		out.Err = &secret.Error{Code: secret.ErrClosed, Op: secret.OpOpen, Provider: name, Detail: "the runtime is closed"}
		return out
	}
	ctx, logs := wasmhost.HoldLogs(ctx)
	r.probe(ctx, p, &out)
	logs.Mask(ctx, r.released.within, r.released.registry)
	logs.Flush(ctx) // it is not under way any more: a log handler may close the runtime
	if p.host != nil {
		out.Verbs = slices.Clone(p.host.Verbs())
	}
	return out
}

func (r *Runtime) probe(ctx context.Context, p *provider, out *Probe) {
	defer r.leave()
	start := r.now()
	_, err := p.source.Keys(ctx, "")
	if secret.CodeOf(err) == secret.ErrUnsupported {
		var v Secret
		if v, err = p.source.Get(ctx, probeKey); err == nil {
			var masking maskingTime
			defer masking.end()
			r.released.maskBriefly(masking.of(ctx, r.released, v.Provider()), seen{key: probeKey, secret: v})
		} else if secret.CodeOf(err) == secret.ErrNotFound {
			err = nil
		}
	}
	out.Latency, out.Err = r.now().Sub(start), err
}
