package safefile

import (
	"errors"
	"os"
)

// ErrLocked means that another open file holds the lock.
var ErrLocked = errors.New("locked by another process")

// TryLock takes the exclusive lock of an open file or folder and does not wait:
// if another open file has it, in this process or another, the error is
// [ErrLocked]. Closing f releases the lock, and so does the end of the process.
//
// Locks are advisory: they exclude only those who ask for them. Where there are
// none the error is [errors.ErrUnsupported]; that is Windows, and file systems
// without locks.
func TryLock(f *os.File) error { return lock(f, false) }

// Lock is [TryLock], but waits until the lock is free. Nothing cuts the waiting
// short.
func Lock(f *os.File) error { return lock(f, true) }
