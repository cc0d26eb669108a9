package policy

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/postern-project/postern/runtime/safefile"
)

// fileRule says who may write a policy: it decides who may read secrets.
var fileRule = safefile.Rule{Root: true, Group: safefile.AnyGroup}

// readFiles reads a policy and its modules, each within the source limit.
func readFiles(path string, opts Options) (src []byte, libs map[string]string, err error) {
	limit := opts.Limits.withDefaults().Source
	if src, err = readFile(path, limit); err != nil {
		return nil, nil, err
	}
	libs = make(map[string]string, len(opts.Libs)+len(opts.LibFiles))
	maps.Copy(libs, opts.Libs)
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

// readFile reads a regular file that follows fileRule. The error is a *LoadError.
func readFile(path string, limit int) ([]byte, error) {
	src, err := readTrusted(path, limit)
	if err != nil {
		return nil, fileError(path, err)
	}
	return src, nil
}

func readTrusted(path string, limit int) ([]byte, error) {
	f, err := safefile.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := fileRule.Check(path, info); err != nil {
		return nil, err
	}
	return safefile.ReadAll(f, int64(limit))
}

func fileError(path string, err error) *LoadError {
	le := &LoadError{File: path, Msg: safefile.Reason(err), Err: err}
	var owner *safefile.OwnerError
	if errors.As(err, &owner) {
		le.Msg = fmt.Sprintf("the file %s (%s)", owner.Problem, owner.Details())
	}
	return le
}
