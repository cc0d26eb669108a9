package policy

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/postern-project/postern/runtime/safefile"
)

// Content is the text of a policy.
type Content struct {
	Name   string            // stands for the file in messages
	Source []byte            // of the policy
	Libs   map[string]string // source of each module, by name
}

// Source provides the text of a policy that may change, for [OpenSource]. A [Live]
// calls it from its own goroutine and from [Live.Reload], so calls may overlap; of
// two, what the later one returns counts.
type Source interface {
	// Read returns the current text. The caller does not modify it. Read may call
	// the methods of the Live.
	Read() (Content, error)
}

// fileSource is a Source that reads a policy file and the files of its modules.
type fileSource struct {
	path string
	opts Options
}

var _ Source = fileSource{}

// Read returns the content of the files. Each must be within the source limit and
// pass [safefile.CheckOwner].
func (s fileSource) Read() (Content, error) {
	limit := s.opts.Limits.withDefaults().Source
	src, err := readFile(s.path, limit)
	if err != nil {
		return Content{}, err
	}
	libs := make(map[string]string, len(s.opts.Libs)+len(s.opts.LibFiles))
	maps.Copy(libs, s.opts.Libs)
	for name, rel := range s.opts.LibFiles {
		file := rel
		if !filepath.IsAbs(file) {
			dir, _ := filepath.Split(s.path)
			file = dir + rel // not cleaned: a folder before ".." may be a symbolic link
		}
		text, err := readFile(file, limit)
		if err != nil {
			return Content{}, fmt.Errorf("module %.64q: %w", name, err)
		}
		libs[name] = string(text)
	}
	return Content{Name: filepath.Base(s.path), Source: src, Libs: libs}, nil
}

// parse compiles c. Its modules are the only ones.
func (c Content) parse(opts Options) (*Policy, error) {
	opts.Libs = c.Libs
	return Parse(c.Name, c.Source, opts)
}

// readFile reads a regular file of at most limit bytes that nobody but
// root and the user can change: see [safefile.CheckOwner]. The error is a *LoadError.
func readFile(path string, limit int) ([]byte, error) {
	src, err := readTrusted(path, limit)
	if err != nil {
		return nil, fileError(path, err)
	}
	return src, nil
}

func readTrusted(path string, limit int) ([]byte, error) {
	// After the check nobody else can put another file in its place.
	if err := safefile.CheckOwner(path); err != nil {
		return nil, err
	}
	return safefile.Read(path, int64(limit))
}

func fileError(path string, err error) *LoadError {
	le := &LoadError{File: path, Msg: safefile.Reason(err), Err: err}
	var owner *safefile.OwnerError
	if errors.As(err, &owner) {
		what := "the file"
		if owner.Folder {
			what = fmt.Sprintf("the folder %q", owner.Path)
		}
		le.Msg = fmt.Sprintf("%s %s (%s)", what, owner.Problem, owner.Details())
	}
	return le
}
