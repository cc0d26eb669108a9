//go:build unix && !linux

package signals

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// StopSelf stops this process and returns when it continues.
func StopSelf() { _ = syscall.Kill(unix.Getpid(), unix.SIGSTOP) }

func moreEnding() []os.Signal { return nil }

// Unstopped calls write.
func Unstopped(write func()) { write() }
