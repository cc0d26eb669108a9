package runfiles

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/runtime/safefile"
)

// Folder holds the files of one run. Only its user may enter it. It is locked as
// long as the process that created it lives, so that others can recognize a folder
// that a killed process left behind.
type Folder struct {
	Path string
	lock *os.File
}

const (
	prefix   = "run-"
	lockName = ".lock"
)

// New creates a folder in the folder of this user: in runtimeDir, which is
// $XDG_RUNTIME_DIR, or in memory, or in the folder for temporary files. The caller
// calls Remove.
func New(runtimeDir string) (*Folder, error) {
	base, err := folderBase(runtimeDir)
	if err != nil {
		return nil, err
	}
	unlock, err := lockFolder(base, safefile.Lock) // until it is locked, a new folder looks abandoned
	if err != nil {
		return nil, err
	}
	defer unlock()
	sweep(base)
	path, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		_ = os.Remove(path)
		return nil, err
	}
	f := &Folder{Path: path, lock: lock}
	if errors.Is(safefile.TryLock(lock), safefile.ErrLocked) {
		f.Remove()
		return nil, fmt.Errorf("%q is locked by another process", path)
	}
	return f, nil
}

// Remove removes the folder with its files.
func (f *Folder) Remove() {
	_ = os.RemoveAll(f.Path)
	_ = f.lock.Close()
}

// Sweep removes the folders whose processes have ended, such as those that were
// killed. What another user could have put there it leaves.
func Sweep(runtimeDir string) {
	for _, base := range bases(runtimeDir) {
		if check(base) != nil {
			continue
		}
		if unlock, err := lockFolder(base, safefile.TryLock); err == nil { // else another process is at it
			sweep(base)
			unlock()
		}
	}
}

// Left returns the folders whose processes have ended, without removing them.
func Left(runtimeDir string) []string {
	var left []string
	for _, base := range bases(runtimeDir) {
		if check(base) != nil {
			continue
		}
		unlock, err := lockFolder(base, safefile.TryLock)
		if err != nil {
			continue
		}
		for _, path := range folders(base) {
			if abandoned(filepath.Join(path, lockName)) {
				left = append(left, path)
			}
		}
		unlock()
	}
	return left
}

func sweep(base string) {
	for _, path := range folders(base) {
		lock := filepath.Join(path, lockName)
		removeAbandoned(lock)
		if _, err := os.Lstat(lock); os.IsNotExist(err) {
			_ = os.RemoveAll(path)
		}
	}
}

// folders returns the folders of runs.
func folders(base string) []string {
	var paths []string
	entries, _ := os.ReadDir(base)
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			paths = append(paths, filepath.Join(base, e.Name()))
		}
	}
	return paths
}

// bases returns the folders that may hold the folders of this user, the one for new
// ones first. They need not exist.
func bases(runtimeDir string) []string {
	shared := filepath.Join(memoryFolder(), fmt.Sprintf("postern-%d", os.Getuid()))
	if info, err := os.Stat(runtimeDir); !filepath.IsAbs(runtimeDir) || err != nil || !info.IsDir() {
		return []string{shared}
	}
	return []string{filepath.Join(runtimeDir, "postern"), shared}
}

// folderBase returns the folder that holds the folders of this user, and creates it.
func folderBase(runtimeDir string) (string, error) {
	base := bases(runtimeDir)[0]
	made := os.Mkdir(base, 0o700)
	if made != nil && !os.IsExist(made) {
		return "", made
	}
	err := check(base)
	if err != nil && made == nil {
		_ = os.Remove(base) // nothing stays in the folder of somebody else
	}
	return base, err
}

// check checks that base is a folder of this user alone: another user may have
// created it.
func check(base string) error {
	info, err := os.Lstat(base)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is not a folder", base)
	}
	// Another user may have created it, or may exchange it.
	if err := (safefile.Rule{Private: true}).Check(base, info); err != nil {
		return err
	}
	return safefile.CheckOwner(base)
}
