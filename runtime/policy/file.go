package policy

import (
	"errors"
	"fmt"

	"github.com/postern-project/postern/runtime/safefile"
)

// fileRule says who may write a policy, since it decides who may read secrets.
var fileRule = safefile.Rule{Root: true, Group: safefile.AnyGroup}

// readFile reads a regular file of at most limit bytes that follows fileRule. The
// error is a *LoadError.
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
