package runtime

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

// checkPin holds the bytes of a module file against its pin. The caller runs
// these bytes and does not read the file again.
//
// A module without a pin is a gap of the configuration, load_failed; one that is
// not what was pinned has been changed by somebody, integrity, and no option
// lets it pass.
func (r *Runtime) checkPin(o Options, po ProviderOptions, wasm []byte) error {
	var lock module.Lock
	if o.Lock != nil {
		lock = *o.Lock
	}
	err := lock.Verify(po.Module, wasm)
	var refused *module.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &refused):
		return &secret.Error{Code: secret.ErrIntegrity, Op: secret.OpOpen, Provider: po.Name, Detail: "the module could not be verified"}
	case refused.Reason != module.Unpinned:
		e := &secret.Error{Code: secret.ErrIntegrity, Op: secret.OpOpen, Provider: po.Name, Detail: "module " + refused.Detail}
		return e.Wrap(refused)
	case o.AllowUnpinned:
		r.log.Warn("the module is not pinned", slog.String("provider", po.Name), slog.String("module", po.Module),
			slog.String("sha256", module.Digest(wasm)))
		return nil
	}
	e := &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: po.Name,
		Detail: fmt.Sprintf("the lock has no pin for the module %q, and only pinned modules are run", po.Module)}
	return e.Wrap(refused)
}
