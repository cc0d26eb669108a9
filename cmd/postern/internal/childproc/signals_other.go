//go:build unix && !linux

package childproc

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func moreForwarded() []os.Signal { return nil }

// stopSelf stops this process and returns when it goes on.
func stopSelf() { _ = syscall.Kill(unix.Getpid(), unix.SIGSTOP) }

// parentOf returns 0: how to ask differs from system to system.
func parentOf(int) int { return 0 }

func attributes(bool) *syscall.SysProcAttr { return nil }
