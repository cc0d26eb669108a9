package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/postern-project/postern/runtime/safefile"
)

// PrivateMode is the mode of files that hold values.
const PrivateMode = 0o600

// Replacement is a file that takes the place of another once it is complete.
// Until then it lies in the same folder under a temporary name, and only its
// owner can read it. The errors of its methods are [Failure]s that name the path.
type Replacement struct {
	file *safefile.Replacement
	path string
	mode fs.FileMode
}

// ReplaceFile begins to write path. mode is the permissions of the new file in
// octal; "" means 0600, without the permissions that the old file lacks. The
// caller calls Commit or Abandon.
func ReplaceFile(path, mode string) (*Replacement, error) {
	perm, err := newMode(path, mode)
	if err != nil {
		return nil, err
	}
	safefile.RemoveAbandoned(path)
	f, err := safefile.Create(path)
	if err != nil {
		return nil, CannotWrite(path, err)
	}
	return &Replacement{f, path, perm}, nil
}

// Write appends to the new file.
func (r *Replacement) Write(b []byte) (int, error) {
	n, err := r.file.Write(b)
	if err != nil {
		err = CannotWrite(r.path, err)
	}
	return n, err
}

// Commit puts the new file in place. After an error the old file is still there.
func (r *Replacement) Commit() error {
	if err := r.file.Commit(r.mode); err != nil {
		return CannotWrite(r.path, err)
	}
	return nil
}

// Abandon removes the new file and leaves the old one alone.
func (r *Replacement) Abandon() { r.file.Abandon() }

// newMode checks that path can be replaced and returns the mode of the new file.
func newMode(path, given string) (fs.FileMode, error) {
	perm := fs.FileMode(PrivateMode)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return 0, CannotWrite(path, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return 0, CannotWrite(path, errors.New("it is a symbolic link; name the file itself"))
	case !info.Mode().IsRegular():
		return 0, CannotWrite(path, errors.New("not a regular file; omit the option to write to standard output"))
	default:
		perm &= info.Mode()
	}
	if given == "" {
		return perm, nil
	}
	n, err := strconv.ParseUint(given, 8, 32)
	if err != nil || n > 0o777 {
		return 0, usagef("invalid --mode %q; want permissions in octal, such as 0640", given)
	}
	return fs.FileMode(n), nil
}

// CannotWrite returns the [Failure] of a file that cannot be written.
func CannotWrite(path string, err error) error {
	return &Failure{Exit: ExitIO, Text: fmt.Sprintf("cannot write %q: %s", path, safefile.Reason(err)), Hint: "ls -ld " + QuotePath(filepath.Dir(path))}
}
