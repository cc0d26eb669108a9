//go:build unix && !linux

package childproc

import (
	"os"
	"syscall"
)

func moreForwarded() []os.Signal { return nil }

// parentOf returns 0: there is no common way to find the parent.
func parentOf(int) int { return 0 }

// stops returns true: there is no common way to look at another process.
func stops(int, syscall.Signal) bool { return true }

func attributes(bool) *syscall.SysProcAttr { return nil }
