//go:build unix

package runfiles

import (
	"io/fs"
	"os"

	"github.com/postern-project/postern/runtime/safefile"
)

// memoryFolder returns a folder in memory that every user may write to, or the
// folder for temporary files if there is none.
func memoryFolder() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() && info.Mode()&fs.ModeSticky != 0 {
		return "/dev/shm"
	}
	return os.TempDir()
}

// lockFolder locks a folder with lock, which waits or does not.
func lockFolder(path string, lock func(*os.File) error) (unlock func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// removeAbandoned removes a lock file that no process has locked.
func removeAbandoned(path string) {
	f, err := safefile.OpenNoFollow(path)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if safefile.TryLock(f) == nil {
		_ = os.Remove(path)
	}
}

// abandoned reports whether no process has locked a lock file, which may be gone.
func abandoned(path string) bool {
	f, err := safefile.OpenNoFollow(path)
	if err != nil {
		return os.IsNotExist(err)
	}
	defer func() { _ = f.Close() }()
	return safefile.TryLock(f) == nil
}
