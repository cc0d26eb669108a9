//go:build unix

package childproc

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Lookup returns the path of an executable: name itself if it contains a "/", or
// the first executable of that name in the folders of path, a list as in $PATH.
// Relative folders in the list are skipped, so a program in the current folder runs
// only as ./name; the error names one that was skipped for that. It is an [*Error] with
// the exit code 126 or 127.
func Lookup(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, explain(name, executable(name))
	}
	failed := error(ErrNotFound)
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) || name == "" {
			here := filepath.Join(dir, name)
			if !strings.HasPrefix(here, "../") {
				here = "./" + here
			}
			if failed == ErrNotFound && name != "" && executable(here) == nil {
				failed = &skippedError{here}
			}
			continue
		}
		file := filepath.Join(dir, name)
		err := executable(file)
		if err == nil {
			return file, nil
		}
		if absent(failed) && !absent(err) {
			failed = err
		}
	}
	return "", explain(name, failed)
}

func executable(file string) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return unix.EISDIR
	}
	return unix.Faccessat(unix.AT_FDCWD, file, unix.X_OK, unix.AT_EACCESS)
}

func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, ErrNotFound)
}

// explain returns an [*Error] with the exit code for err, or nil if err is nil.
func explain(name string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	e := &Error{ExitCode: ExitFailed, Name: name, Err: err}
	switch {
	case absent(err):
		e.ExitCode = ExitNotFound
	case errors.Is(err, fs.ErrPermission), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENOEXEC), errors.Is(err, unix.ETXTBSY),
		errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENAMETOOLONG):
		e.ExitCode = ExitNotExecutable
	}
	return e
}
