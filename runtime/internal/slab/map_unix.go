//go:build unix

package slab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mapping is anonymous memory between two guard pages.
type mapping struct {
	all      []byte // with the guard pages
	mem      []byte
	locked   bool
	undumped bool // left out of core files
}

// newMapping maps n bytes, rounded up to pages. They are not locked.
func newMapping(n int) (mapping, error) {
	page := os.Getpagesize()
	n = (n + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, n+2*page, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return mapping{}, fmt.Errorf("slab: map %d bytes: %w", n, err)
	}
	mem := all[page : page+n : page+n]
	if err := unix.Mprotect(mem, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		_ = unix.Munmap(all)
		return mapping{}, fmt.Errorf("slab: protect %d bytes: %w", n, err)
	}
	return mapping{all: all, mem: mem, undumped: hide(mem)}, nil
}

// lock keeps m out of swap. It reports whether the system did.
func (m *mapping) lock() bool {
	m.locked = unix.Mlock(m.mem) == nil
	return m.locked
}

func (m *mapping) unlock() {
	_ = unix.Munlock(m.mem)
	m.locked = false
}

func (m mapping) release() { _ = unix.Munmap(m.all) }
