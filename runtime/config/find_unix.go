//go:build unix

package config

import (
	"os"
	"syscall"
)

// otherFileSystem reports whether dir is a mount point in parent.
func otherFileSystem(dir, parent string) bool {
	a, err := os.Stat(dir)
	if err != nil {
		return true
	}
	b, err := os.Stat(parent)
	if err != nil {
		return true
	}
	x, ok := a.Sys().(*syscall.Stat_t)
	y, same := b.Sys().(*syscall.Stat_t)
	return !ok || !same || x.Dev != y.Dev
}
