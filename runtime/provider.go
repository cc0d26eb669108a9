package runtime

import (
	"slices"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
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
	// continues is the chain's permission to continue past this provider.
	continues bool
}

func (p *provider) close() error {
	if p.host == nil {
		return nil // a Go value belongs to the embedder
	}
	return p.host.Close()
}

// writable reports whether writes may go to p when nobody names a provider: its module
// offers them and, if it writes files, may write at least one.
func (p *provider) writable() bool {
	return p.host == nil || p.sets() && (!p.host.WritesFiles() || slices.ContainsFunc(p.options.Grant.Files, func(g FileGrant) bool { return g.Write }))
}

// sets reports whether the module of p offers writes.
func (p *provider) sets() bool { return slices.Contains(p.host.Verbs(), secret.OpSet) }

// grants reports whether a file in the grant of p would make it writable with write: true.
func (p *provider) grants() bool {
	return !p.writable() && p.sets() && len(p.options.Grant.Files) > 0
}

// link returns the place of p in a chain.
func (p *provider) link() chain.Link {
	return chain.Link{
		Name: p.options.Name, Source: p.source, Writable: p.writable(), Go: p.host == nil, Grants: p.grants(),
		ContinueWhenUnavailable: p.continues,
	}
}
