package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// privateMode is that of files that hold values.
const privateMode = 0o600

// replacement is a file that takes the place of another once it is complete. Up
// to then it stands beside it under a hidden name, open for its owner alone.
type replacement struct {
	*os.File
	path string
	mode fs.FileMode
}

// replaceFile begins to write path. It first removes what a killed command left
// there. The new file has the mode that is given, or when none is, 0600 less
// what the old file withholds.
func replaceFile(path, mode string) (*replacement, error) {
	perm, err := newMode(path, mode)
	if err != nil {
		return nil, err
	}
	dir, hidden := filepath.Dir(path), hiddenName(path)
	removeAbandoned(dir, hidden)
	for range 10 { // another command that cleans up may take a new file for an old one
		f, err := os.CreateTemp(dir, hidden+"*")
		if err != nil {
			return nil, cannotWrite(path, err)
		}
		if hold(f) {
			return &replacement{File: f, path: path, mode: perm}, nil
		}
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	return nil, cannotWrite(path, errors.New("its folder is being cleaned by others"))
}

// newMode checks that path can be replaced and returns the mode of the new file.
func newMode(path, given string) (fs.FileMode, error) {
	perm := fs.FileMode(privateMode)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return 0, cannotWrite(path, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return 0, cannotWrite(path, errors.New("it is a symbolic link; name the file itself"))
	case !info.Mode().IsRegular():
		return 0, cannotWrite(path, errors.New("it is not a regular file; leave the option out to write to standard output"))
	default:
		perm &= info.Mode()
	}
	if given == "" {
		return perm, nil
	}
	n, err := strconv.ParseUint(given, 8, 32)
	if err != nil || n > 0o777 {
		return 0, usagef("--mode wants permissions in octal, such as 0640")
	}
	return fs.FileMode(n), nil
}

// commit puts the file in its place. Whatever happens, abandon may follow.
func (r *replacement) commit() error {
	err := r.Chmod(r.mode)
	if err == nil {
		err = r.Sync()
	}
	if err == nil {
		err = beforeRename(r.File)
	}
	if err == nil {
		err = os.Rename(r.Name(), r.path)
	}
	if err != nil {
		r.abandon()
		return cannotWrite(r.path, err)
	}
	_ = r.Close() // what was written is on the disk since Sync
	return nil
}

// abandon removes the file unless it was put in place.
func (r *replacement) abandon() {
	_ = os.Remove(r.Name())
	_ = r.Close()
}

// hiddenName begins the names of unfinished replacements of path.
func hiddenName(path string) string {
	base := filepath.Base(path)
	return "." + base[:min(len(base), 200)] + ".postern-"
}

// removeAbandoned removes unfinished replacements whose writers are gone.
func removeAbandoned(dir, hidden string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // creating the file will say why
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), hidden)
		if ok && e.Type().IsRegular() && number != "" && strings.Trim(number, "0123456789") == "" {
			removeIfAbandoned(filepath.Join(dir, e.Name()))
		}
	}
}

func cannotWrite(path string, err error) error {
	return &failure{exit: exitIO, text: fmt.Sprintf("%q cannot be written: %s", path, reason(err)), hint: "ls -ld " + clean(filepath.Dir(path))}
}
