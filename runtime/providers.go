package runtime

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

// provider is one configured instance: a module or a Go value.
type provider struct {
	options ProviderOptions
	source  chain.Source
	alone   *route             // asks it alone, and writes to it
	host    *wasmhost.Provider // nil for a Go value
	wasm    []byte
	builtin bool
	// continues is the chain's permission to go on past this provider.
	continues bool
}

var providerName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// openProviders opens what o names, in order. What was opened is in r.providers
// also when it returns an error.
func (r *Runtime) openProviders(o Options) error {
	for _, po := range o.Providers {
		switch {
		case !providerName.MatchString(po.Name):
			return loadError("", fmt.Sprintf("the provider name %q is not of the form [A-Za-z0-9_-]{1,64}", po.Name))
		case r.provider(po.Name) != nil:
			return loadError(po.Name, "two providers have this name")
		}
		p, err := r.openProvider(o, po)
		if err != nil {
			return err
		}
		r.providers = append(r.providers, p)
	}
	return nil
}

func (r *Runtime) openProvider(o Options, po ProviderOptions) (*provider, error) {
	p := &provider{options: po}
	if err := r.openSource(p, o); err != nil {
		return nil, err
	}
	p.alone = r.newRoute([]chain.Link{{Name: po.Name, Source: p.source, Writable: true}})
	p.alone.writer = p
	return p, nil
}

// openSource opens what is asked on behalf of p, with its decorators.
func (r *Runtime) openSource(p *provider, o Options) (err error) {
	po := p.options
	if po.Provider != nil {
		if po.Module != "" {
			return loadError(po.Name, "set only one of Module and Provider")
		}
		p.source = stack(chain.Single(po.Provider),
			recoverPanics,
			copyValues(po.Name, r.owner, wasmhost.Limits(o.Limits).WithDefaults().Value))
		return nil
	}
	if p.wasm, p.builtin, err = moduleBytes(o.Dir, po); err != nil {
		return err
	}
	if !p.builtin {
		if err := r.checkPin(o, po, p.wasm); err != nil {
			return err
		}
	}
	p.host, err = wasmhost.Open(wasmhost.Options{
		Name: po.Name, Wasm: p.wasm, Builtin: p.builtin, Config: po.Config, Grant: po.Grant.internal(), Dir: o.Dir, Mode: wasmhost.Mode(po.Mode),
		Limits: wasmhost.Limits(o.Limits), Cache: r.cache, Owner: r.owner,
		Environ: o.Environ, Now: o.Now, Log: r.log,
	})
	if err != nil {
		return err
	}
	p.source = p.host
	if !p.builtin {
		if err := checkManifest(po, p.wasm); err != nil {
			return errors.Join(err, p.host.Close())
		}
	}
	return nil
}

func (p *provider) close() error {
	if p.host == nil {
		return nil // a Go value belongs to the embedder
	}
	return p.host.Close()
}

// writable reports whether writes may go to p when nobody names a provider:
// its module offers them and, if it works on files, may write at least one.
func (p *provider) writable() bool {
	if p.host == nil {
		return true
	}
	if !slices.Contains(p.host.Verbs(), secret.OpSet) {
		return false
	}
	files := p.options.Grant.Files
	return len(files) == 0 || slices.ContainsFunc(files, func(g FileGrant) bool { return g.Write })
}

func (r *Runtime) provider(name string) *provider {
	for _, p := range r.providers {
		if p.options.Name == name {
			return p
		}
	}
	return nil
}

// openChain resolves the chain of the options.
func (r *Runtime) openChain(o Options) error {
	order := o.Chain
	if len(order) == 0 {
		for _, p := range r.providers {
			order = append(order, ChainLink{Name: p.options.Name})
		}
	}
	var links []chain.Link
	for _, l := range order {
		p := r.provider(l.Name)
		if p == nil {
			return loadError(l.Name, "the chain names a provider that is not configured")
		}
		if slices.ContainsFunc(links, func(have chain.Link) bool { return have.Name == l.Name }) {
			return loadError(l.Name, "the chain names this provider twice")
		}
		p.continues = l.ContinueWhenUnavailable
		links = append(links, p.link())
	}
	r.chain = r.newRoute(links)
	return nil
}

// link returns the place of p in a chain.
func (p *provider) link() chain.Link {
	return chain.Link{
		Name: p.options.Name, Source: p.source, Writable: p.writable(), ContinueWhenUnavailable: p.continues,
	}
}

// ProviderInfo describes one configured provider.
type ProviderInfo struct {
	Name    string
	Module  string // as configured; "" for a Go value
	Builtin bool
	SHA256  string // of the module's bytes, in hex; "" for a Go value
	Size    int    // of the module in bytes
	Verbs   []secret.Op
	Wants   []string // import modules, in the order of the file
	InChain bool
}

// Providers describes the configured providers in their order. It runs nothing.
func (r *Runtime) Providers() []ProviderInfo {
	var all []ProviderInfo
	for _, p := range r.providers {
		info := ProviderInfo{
			Name: p.options.Name, Module: p.options.Module, Builtin: p.builtin, Size: len(p.wasm),
			InChain: slices.Contains(r.chain.names, p.options.Name),
		}
		if p.host != nil {
			info.SHA256, info.Verbs, info.Wants = module.Digest(p.wasm), slices.Clone(p.host.Verbs()), p.host.Wants()
		}
		all = append(all, info)
	}
	return all
}

// Probe is the outcome of asking one provider for a sign of life.
type Probe struct {
	Provider string
	Latency  time.Duration // of the question, compiling and opening included
	Verbs    []secret.Op
	Err      error
}

// probeKey is asked of providers that cannot list. Its answer does not matter,
// that there is one does.
const probeKey secret.Key = "postern-probe"

// Probe opens the provider and asks it for its keys or, if it cannot list, for
// a key that is not there. "Not found" is a sign of life.
func (r *Runtime) Probe(ctx context.Context, name string) Probe {
	out := Probe{Provider: name}
	p := r.provider(name)
	if p == nil {
		out.Err = loadError(name, "no provider has this name")
		return out
	}
	if _, ok := r.enter(); !ok {
		out.Err = &secret.Error{Code: secret.ErrClosed, Op: secret.OpOpen, Provider: name, Detail: "the runtime is closed"}
		return out
	}
	defer r.calls.Done()
	start := r.now()
	_, err := p.source.Keys(ctx, "")
	if secret.CodeOf(err) == secret.ErrUnsupported {
		if _, err = p.source.Get(ctx, probeKey); secret.CodeOf(err) == secret.ErrNotFound {
			err = nil
		}
	}
	out.Latency, out.Err = r.now().Sub(start), err
	if p.host != nil {
		out.Verbs = slices.Clone(p.host.Verbs())
	}
	return out
}

func loadError(provider, detail string) error {
	return &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: provider, Detail: detail}
}
