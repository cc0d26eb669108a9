//go:build unix

package app

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Hold locks a new file for as long as its writer lives, and reports whether it
// still has its name: a command that cleans up may have come in between.
func Hold(f *os.File) bool {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false
	}
	// Where there are no locks, nobody takes one to clean up either.
	info, err := f.Stat()
	if err != nil {
		return false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Nlink > 0
}

// beforeRename keeps the file open, and so its lock: nobody clears it away now.
func beforeRename(*os.File) error { return nil }

// RemoveIfAbandoned removes a file that nobody holds.
func RemoveIfAbandoned(path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
		_ = os.Remove(path)
	}
}
