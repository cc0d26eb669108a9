package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// readFiles reads a policy and its modules, each within the source limit.
func readFiles(path string, opts Options) (src []byte, libs map[string]string, err error) {
	limit := opts.Limits.withDefaults().Source
	if src, err = readFile(path, limit); err != nil {
		return nil, nil, err
	}
	libs = make(map[string]string, len(opts.Libs)+len(opts.LibFiles))
	for name, text := range opts.Libs {
		libs[name] = text
	}
	for name, rel := range opts.LibFiles {
		file := rel
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), rel)
		}
		text, err := readFile(file, limit)
		if err != nil {
			return nil, nil, fmt.Errorf("module %.64q: %w", name, err)
		}
		libs[name] = string(text)
	}
	return src, libs, nil
}

// readFile reads a regular file that no stranger can write.
func readFile(path string, limit int) ([]byte, error) {
	info, err := os.Stat(path) // before opening: a FIFO would block
	if err != nil {
		return nil, fileError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, &LoadError{File: path, Msg: "not a regular file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, fileError(path, err)
	}
	if why := untrusted(info); why != "" {
		return nil, &LoadError{File: path, Msg: why}
	}
	src, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fileError(path, err)
	}
	return src, nil
}

func fileError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("policy %q: %w", path, err)
}
