package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/gosource"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/safefile"
)

// openProviders opens what o names, in order. What was opened is in r.routes
// even when it returns an error.
func (r *Runtime) openProviders(ctx context.Context, o Options) error {
	for _, po := range o.Providers {
		switch {
		case !isProviderName(po.Name):
			return loadError("", fmt.Sprintf("the provider name %q is not of the form [A-Za-z0-9_-]{1,64}", po.Name))
		case r.routes.provider(po.Name) != nil:
			return loadError(po.Name, "two providers have this name")
		}
		p, err := r.openProvider(ctx, o, po)
		if err != nil {
			return err
		}
		r.routes.providers = append(r.routes.providers, p)
	}
	return nil
}

func (r *Runtime) openProvider(ctx context.Context, o Options, po ProviderOptions) (*provider, error) {
	p := &provider{options: po}
	if err := r.openSource(ctx, p, o); err != nil {
		return nil, err
	}
	p.source = stack(p.source, r.released.places.noticing(po.Name, r.tickets.Load))
	p.alone = newRoute([]chain.Link{{Name: po.Name, Source: p.source, Writable: true, Go: po.Provider != nil}}, r.now)
	return p, nil
}

// openSource opens what is asked on behalf of p, with its decorators.
func (r *Runtime) openSource(ctx context.Context, p *provider, o Options) (err error) {
	po := p.options
	if po.Provider != nil {
		if po.Module != "" {
			return loadError(po.Name, "set only one of Module and Provider")
		}
		limits := wasmhost.Limits(o.Limits).WithDefaults()
		p.source = stack(gosource.EndCalls(po.Provider, limits.Call, r.sealed.Load), gosource.RecoverPanics(po.Name), gosource.CopyValues(po.Name, r.owner, limits))
		return nil
	}
	settings := po.Config
	if p.builtin = isName(po.Module); p.builtin {
		p.wasm, settings, err = builtinModule(po)
	} else if p.wasm, err = moduleFile(o.Dir, po); err == nil {
		err = r.checkPin(o, po, p.wasm)
	}
	if err != nil {
		return err
	}
	dir, err := safefile.Resolve("", o.Dir)
	if err != nil {
		where := "the working folder"
		if o.Dir != "" {
			where = fmt.Sprintf("the folder of relative paths, %q", o.Dir)
		}
		return loadError(po.Name, where+": "+safefile.Reason(err))
	}
	// What has no readable manifest is refused by Open or by checkManifest.
	manifest, _ := module.ReadManifest(p.wasm)
	declared := settingsOf(po.Module, manifest)
	p.host, err = wasmhost.Open(ctx, wasmhost.Options{
		Name: po.Name, Wasm: p.wasm, Builtin: p.builtin, Config: withDefaults(settings, declared), Public: publicSettings(declared),
		Grant: po.Grant.internal(), Dir: dir, Mode: wasmhost.Mode(po.Mode),
		Limits: wasmhost.Limits(o.Limits), Cache: r.cache, CompileProcess: o.CompileProcess, Owner: r.owner,
		Known: func(key Key, value, version []byte) (Secret, bool) {
			return r.released.find(place{po.Name, key}, value, version)
		},
		NeedsNoKV: manifest.NeedsNoKV(), Environ: o.Environ, Now: o.Now, Log: r.log,
	})
	if err != nil {
		return err
	}
	p.source = p.host
	if err := checkSettings(o.Dir, po, declared); err != nil {
		return errors.Join(err, p.host.Close())
	}
	if !p.builtin {
		if err := checkManifest(po, p.wasm); err != nil {
			return errors.Join(err, p.host.Close())
		}
		limits := wasmhost.Limits(o.Limits).WithDefaults()
		r.released.places.limit(po.Name, limits.MaskMemory, limits.Call)
	}
	return nil
}

// openChain resolves the chain of the options.
func (r *Runtime) openChain(o Options) error {
	order := o.Chain
	if len(order) == 0 {
		for _, p := range r.routes.providers {
			order = append(order, ChainLink{Name: p.options.Name})
		}
	}
	var links []chain.Link
	for _, l := range order {
		p := r.routes.provider(l.Name)
		if p == nil {
			return loadError(l.Name, "the chain names a provider that is not configured")
		}
		if slices.ContainsFunc(links, func(have chain.Link) bool { return have.Name == l.Name }) {
			return loadError(l.Name, "the chain names this provider twice")
		}
		p.continues = l.ContinueWhenUnavailable
		links = append(links, p.link())
	}
	r.routes.configured = newRoute(links, r.now)
	return nil
}

// decorator adds one behaviour to a source. openSource stacks them; nothing else
// knows which ones a source has.
type decorator func(chain.Source) chain.Source

// stack applies decorators, the first one innermost.
func stack(s chain.Source, decorators ...decorator) chain.Source {
	for _, d := range decorators {
		s = d(s)
	}
	return s
}
