package runtime

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// moduleBytes returns the bytes of a built-in module or of a file. The file is read
// once, so that the bytes that were checked are the bytes that run.
func moduleBytes(dir string, po ProviderOptions) (wasm []byte, builtin bool, err error) {
	if !strings.Contains(po.Module, "/") && !strings.HasSuffix(po.Module, ".wasm") {
		wasm, ok := modules.Bytes(po.Module)
		if !ok {
			return nil, false, loadError(po.Name, fmt.Sprintf("no built-in module is named %q; want one of %s, or the path of a file such as ./%s.wasm",
				po.Module, strings.Join(modules.Names(), ", "), po.Module))
		}
		return wasm, true, nil
	}
	path := po.Module
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	wasm, err = safefile.Read(path, module.MaxSize)
	if err != nil {
		e := &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: po.Name, Detail: fmt.Sprintf("module %q: %s", po.Module, safefile.Reason(err))}
		return nil, false, e.Wrap(err)
	}
	return wasm, false, nil
}

// checkManifest refuses a module file whose manifest [module.Inspect] refuses. It
// runs last, as it does there, so that both report the same error.
func checkManifest(po ProviderOptions, wasm []byte) error {
	err := module.CheckManifest(wasm)
	if err == nil {
		return nil
	}
	return (&secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: po.Name, Detail: err.Error()}).Wrap(err)
}

// checkPin compares the bytes of a module file with its pin. The caller runs these
// bytes and does not read the file again.
//
// A module without a pin is load_failed. One that differs from its pin is
// integrity, and no option allows it.
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
		return &secret.Error{Code: secret.ErrIntegrity, Op: secret.OpOpen, Provider: po.Name, Detail: "the module cannot be verified"}
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
