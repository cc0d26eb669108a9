//go:build unix

package wasmhost

import (
	"os"

	"golang.org/x/sys/unix"
)

// linear is one reserved mapping of which the first part is in use.
type linear struct {
	all   []byte
	len   uint64
	saved []byte // the image, where it is mapped
}

// newLinear maps max bytes. When the system refuses, every Reallocate returns
// nil, which the engine reports as memory that could not be had.
func newLinear(max uint64) *linear {
	all, err := unix.Mmap(-1, 0, int(max), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|mapNoReserve)
	if err != nil {
		return &linear{}
	}
	hideFromCore(all)
	return &linear{all: all}
}

// Reallocate returns the first size bytes, at the same address every time.
func (l *linear) Reallocate(size uint64) []byte {
	if size > uint64(len(l.all)) {
		return nil
	}
	l.len = size
	return l.all[:size:size]
}

// Free gives the mapping back. Its pages go to the kernel, which clears them
// before anybody else sees them.
func (l *linear) Free() {
	if l.all == nil {
		return
	}
	discard(l.all)
	_ = unix.Munmap(l.all)
	l.all = nil
	if l.saved != nil {
		_ = unix.Munmap(l.saved)
		l.saved = nil
	}
}

// snapshot returns a function that puts the memory back to what it holds now.
func (l *linear) snapshot() func() {
	mem := l.all[:l.len:l.len]
	page := os.Getpagesize()
	// Counted first: a copy of a large memory would be made to be thrown away.
	if content(mem, page) > copyLimit {
		if restore := l.copyOnWrite(); restore != nil {
			return restore
		}
	}
	return savePages(mem, page).putBack(mem)
}
