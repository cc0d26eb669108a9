package runtime

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// builtinModule returns the bytes of a built-in module and the settings for it. Only
// this function resolves "file" to a module, by its settings.
func builtinModule(po ProviderOptions) (wasm []byte, settings map[string]string, err error) {
	name, settings, err := modules.Pick(po.Module, po.Config)
	if err != nil {
		return nil, nil, loadError(po.Name, err.Error())
	}
	wasm, ok := modules.Bytes(name)
	if !ok {
		return nil, nil, loadError(po.Name, fmt.Sprintf("no built-in module is named %q; want %s or one of %s, or the path of a file such as ./%s.wasm%s",
			po.Module, modules.File, strings.Join(modules.Names(), ", "), po.Module, didYouMean(po.Module)))
	}
	return wasm, settings, nil
}

// isName reports whether a module is given by a name, which need not exist, and not by a path.
func isName(name string) bool {
	return !strings.Contains(name, "/") && !strings.HasSuffix(name, ".wasm")
}

// moduleFile returns the bytes of a module file. It is read once, so that the bytes
// that were checked are the bytes that run.
func moduleFile(dir string, po ProviderOptions) ([]byte, error) {
	path, err := safefile.Abs(dir, po.Module)
	var wasm []byte
	if err == nil {
		wasm, err = safefile.Read(path, module.MaxSize)
	}
	if err != nil {
		e := &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: po.Name, Detail: fmt.Sprintf("module %q: %s", po.Module, safefile.Reason(err))}
		return nil, e.Wrap(err)
	}
	return wasm, nil
}

func didYouMean(name string) string {
	if closest := suggest.Closest(name, append(modules.Names(), modules.File)); closest != "" {
		return fmt.Sprintf(" (did you mean %q?)", closest)
	}
	return ""
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
