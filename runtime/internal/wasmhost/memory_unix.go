//go:build unix

package wasmhost

import (
	"golang.org/x/sys/unix"

	"github.com/tetratelabs/wazero/experimental"
)

// linear is one reserved mapping of which the first part is in use.
type linear struct {
	all []byte
	len uint64
}

// newLinear maps max bytes. When the system refuses, every Reallocate returns
// nil, which the engine reports as memory that could not be had.
func newLinear(max uint64) experimental.LinearMemory {
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

// Free wipes what was in use and gives the mapping back.
func (l *linear) Free() {
	if l.all == nil {
		return
	}
	clear(l.all[:l.len])
	_ = unix.Munmap(l.all)
	l.all = nil
}
