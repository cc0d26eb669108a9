package wasmhost

import (
	"context"
	"errors"
	"slices"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/module/check"
	"github.com/postern-project/postern/runtime/secret"
)

// preflight parses the module and checks everything that can be known before it
// is compiled, except its grants.
func preflight(ctx context.Context, o Options) (*wasmbin.Module, error) {
	m, _, err := check.AppraiseContext(ctx, o.Wasm, check.Options{MemoryPages: int(o.Limits.MemoryPages), Large: o.large(), Trusted: o.Builtin})
	var refused *check.Error
	switch {
	case errors.As(err, &refused):
		return nil, loadError(o.Name, err, "")
	case err != nil: // ctx has ended
		return nil, (&secret.Error{Code: secret.CodeOf(err), Op: secret.OpOpen, Provider: o.Name}).Wrap(err)
	}
	return m, nil
}

// loadError returns a refusal at load. The detail of a [check.Error] may be shown,
// since it holds names from the module only quoted and truncated; any other cause is
// described by detail. An import that no host offers is a capability that the
// operator cannot grant.
func loadError(provider string, cause error, detail string) error {
	code := secret.ErrLoad
	var refused *check.Error
	if errors.As(cause, &refused) {
		detail = refused.Error()
		if refused.Reason == check.UnknownImport {
			code = secret.ErrCapability
		}
	}
	return (&secret.Error{Code: code, Op: secret.OpOpen, Provider: provider, Detail: detail}).Wrap(cause)
}

// importModules returns the import modules of m without repetition, in the order
// of the file.
func importModules(m *wasmbin.Module) []string {
	var out []string
	for _, i := range m.Imports {
		if !slices.Contains(out, i.Module) {
			out = append(out, i.Module)
		}
	}
	return out
}
