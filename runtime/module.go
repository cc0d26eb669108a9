package runtime

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// maxModule is the largest module file in bytes.
const maxModule = 32 << 20

// moduleBytes returns the bytes of a built-in module, or of a file that is read
// once: what is checked is what runs.
func moduleBytes(dir string, po ProviderOptions) (wasm []byte, builtin bool, err error) {
	if !strings.Contains(po.Module, "/") && !strings.HasSuffix(po.Module, ".wasm") {
		wasm, ok := modules.Bytes(po.Module)
		if !ok {
			return nil, false, loadError(po.Name, fmt.Sprintf("no built-in module is named %q (there are %s); a file is given as a path, such as ./%s.wasm",
				po.Module, strings.Join(modules.Names(), ", "), po.Module))
		}
		return wasm, true, nil
	}
	path := po.Module
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	wasm, err = safefile.Read(path, maxModule)
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
