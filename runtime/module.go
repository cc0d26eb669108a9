package runtime

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
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
	wasm, err = readModule(path)
	if err != nil {
		e := &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: po.Name, Detail: fmt.Sprintf("module %q: %v", po.Module, err)}
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

func readModule(path string) ([]byte, error) {
	// Looked at before it is opened, because opening a pipe would wait for a
	// writer, and after, because it may have been replaced in between.
	if info, err := os.Stat(path); err != nil {
		return nil, plainReason(err)
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, plainReason(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file")
	}
	b, err := io.ReadAll(io.LimitReader(f, maxModule+1))
	switch {
	case err != nil:
		return nil, plainReason(err)
	case len(b) > maxModule:
		return nil, fmt.Errorf("larger than %d MiB", maxModule>>20)
	}
	return b, nil
}
