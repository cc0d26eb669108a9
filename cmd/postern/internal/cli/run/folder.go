package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/safefile"
)

// folder holds the files of one run. Only its user may enter it. It is locked as
// long as the process that created it lives, so that others can recognize a folder
// that a killed process left behind.
type folder struct {
	path string
	lock *os.File
}

const (
	folderPrefix = "run-"
	folderLock   = ".lock"
)

// newFolder creates a folder in the folder of this user: in runtimeDir, or in
// memory, or in the folder for temporary files. It also removes the folders that
// killed processes left behind.
func newFolder(runtimeDir string) (*folder, error) {
	base, err := folderBase(runtimeDir)
	if err != nil {
		return nil, err
	}
	unlock, err := lockFolder(base) // until it is locked, a new folder looks abandoned
	if err != nil {
		return nil, err
	}
	defer unlock()
	sweep(base)
	path, err := os.MkdirTemp(base, folderPrefix)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, folderLock), os.O_RDWR|os.O_CREATE|os.O_EXCL, app.PrivateMode)
	if err != nil {
		_ = os.Remove(path)
		return nil, err
	}
	f := &folder{path: path, lock: lock}
	if errors.Is(safefile.TryLock(lock), safefile.ErrLocked) {
		f.remove()
		return nil, fmt.Errorf("%q is locked by another process", path)
	}
	return f, nil
}

func (f *folder) remove() {
	_ = os.RemoveAll(f.path)
	_ = f.lock.Close()
}

// sweep removes the folders whose processes have ended.
func sweep(base string) {
	entries, _ := os.ReadDir(base)
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), folderPrefix) {
			continue
		}
		path := filepath.Join(base, e.Name())
		lock := filepath.Join(path, folderLock)
		removeAbandoned(lock)
		if _, err := os.Lstat(lock); os.IsNotExist(err) {
			_ = os.RemoveAll(path)
		}
	}
}

// folderBase returns the folder that holds the folders of this user.
func folderBase(runtimeDir string) (string, error) {
	base := filepath.Join(runtimeDir, "postern")
	if info, err := os.Stat(runtimeDir); !filepath.IsAbs(runtimeDir) || err != nil || !info.IsDir() {
		base = filepath.Join(memoryFolder(), fmt.Sprintf("postern-%d", os.Getuid()))
	}
	if err := os.Mkdir(base, 0o700); err != nil && !os.IsExist(err) {
		return "", err
	}
	info, err := os.Lstat(base)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%q is not a folder", base)
	}
	return base, safefile.Rule{Private: true}.Check(base, info) // another user may have created it
}
