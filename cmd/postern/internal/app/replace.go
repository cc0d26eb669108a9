package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// PrivateMode is that of files that hold values.
const PrivateMode = 0o600

// Replacement is a file that takes the place of another once it is complete. Up
// to then it stands beside it under a hidden name, open for its owner alone.
type Replacement struct {
	file *os.File
	path string
	mode fs.FileMode
}

// ReplaceFile begins to write path. It first removes what a killed command left
// there. The new file has the mode that is given, or when none is, 0600 less
// what the old file withholds.
func ReplaceFile(path, mode string) (*Replacement, error) {
	perm, err := newMode(path, mode)
	if err != nil {
		return nil, err
	}
	dir, hidden := filepath.Dir(path), hiddenName(path)
	removeAbandoned(dir, hidden)
	for range 10 { // another command that cleans up may take a new file for an old one
		f, err := os.CreateTemp(dir, hidden+"*")
		if err != nil {
			return nil, CannotWrite(path, err)
		}
		if Hold(f) {
			return &Replacement{file: f, path: path, mode: perm}, nil
		}
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
	return nil, CannotWrite(path, errors.New("its folder is being cleaned by others"))
}

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
		return 0, CannotWrite(path, errors.New("it is not a regular file; leave the option out to write to standard output"))
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

// Write appends to the new file. The error is a [Failure] that names the path.
func (r *Replacement) Write(b []byte) (int, error) {
	n, err := r.file.Write(b)
	if err != nil {
		err = CannotWrite(r.path, err)
	}
	return n, err
}

// Commit puts the file in its place. Whatever happens, Abandon may follow.
func (r *Replacement) Commit() error {
	err := r.file.Chmod(r.mode)
	if err == nil {
		err = r.file.Sync()
	}
	if err == nil {
		err = beforeRename(r.file)
	}
	if err == nil {
		err = os.Rename(r.file.Name(), r.path)
	}
	if err != nil {
		r.Abandon()
		return CannotWrite(r.path, err)
	}
	_ = r.file.Close() // what was written is on the disk since Sync
	return nil
}

// Abandon removes the file unless it was put in place.
func (r *Replacement) Abandon() {
	_ = os.Remove(r.file.Name())
	_ = r.file.Close()
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
			RemoveIfAbandoned(filepath.Join(dir, e.Name()))
		}
	}
}

// CannotWrite is the failure to write path.
func CannotWrite(path string, err error) error {
	return &Failure{Exit: ExitIO, Text: fmt.Sprintf("%q cannot be written: %s", path, Reason(err)), Hint: "ls -ld " + Clean(filepath.Dir(path))}
}
