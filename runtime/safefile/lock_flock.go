//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package safefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func lock(f *os.File, wait bool) error {
	how := unix.LOCK_EX
	if !wait {
		how |= unix.LOCK_NB
	}
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = c.Control(func(fd uintptr) {
		for failed = unix.EINTR; failed == unix.EINTR; {
			failed = unix.Flock(int(fd), how)
		}
	})
	switch {
	case err != nil:
		return err
	case failed == nil:
		return nil
	case errors.Is(failed, unix.EWOULDBLOCK):
		return ErrLocked
	case errors.Is(failed, unix.ENOLCK):
		return errors.Join(errors.ErrUnsupported, failed)
	}
	return os.NewSyscallError("flock", failed)
}
