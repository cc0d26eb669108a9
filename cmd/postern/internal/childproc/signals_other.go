//go:build unix && !linux

package childproc

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func moreForwarded() []os.Signal { return nil }

// stopSelf stops this process and returns when it continues.
func stopSelf() { _ = syscall.Kill(unix.Getpid(), unix.SIGSTOP) }

// parentOf returns 0: there is no common way to find the parent.
func parentOf(int) int { return 0 }

func attributes(bool) *syscall.SysProcAttr { return nil }
