package policy

import (
	"errors"
	"fmt"

	"github.com/postern-project/postern/runtime/safefile"
)

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
