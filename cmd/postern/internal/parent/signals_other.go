//go:build unix && !linux

package parent

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func moreForwarded() []os.Signal { return nil }

// stopSelf stops this process as the terminal's suspend key does.
func stopSelf() { _ = syscall.Kill(unix.Getpid(), unix.SIGTSTP) }

func attributes(bool) *syscall.SysProcAttr { return nil }
