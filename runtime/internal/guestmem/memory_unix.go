//go:build unix

package guestmem

import (
	"os"

	"golang.org/x/sys/unix"
)

// Memory is the linear memory of one guest: one reserved mapping, of which the
// first part is in use.
type Memory struct {
	all     []byte
	len     uint64
	image   []byte // mapping of the image, if it was taken by copyOnWrite
	refused int
}

// newMemory maps max bytes, unless the system refuses them.
func newMemory(max uint64) *Memory {
	all, err := unix.Mmap(-1, 0, int(max), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|mapNoReserve)
	if err != nil {
		return &Memory{}
	}
	excludeFromCore(all)
	return &Memory{all: all}
}

// reserved reports whether the system did not refuse the memory.
func (m *Memory) reserved() bool { return m.all != nil }

// Reallocate returns the first size bytes, always at the same address. It returns
// nil if size exceeds the reservation.
func (m *Memory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		m.refused++
		return nil
	}
	m.len = size
	return m.all[:size:size]
}

// Refused returns how often Reallocate has returned nil.
func (m *Memory) Refused() int { return m.refused }

// Free unmaps the memory. The kernel clears its pages before it hands them to
// anyone else.
func (m *Memory) Free() {
	if m.all == nil {
		return
	}
	drop(m.all)
	_ = unix.Munmap(m.all)
	m.all = nil
	if m.image != nil {
		_ = unix.Munmap(m.image)
		m.image = nil
	}
}

// Reserved returns the whole reservation: the bytes in use and those beyond, which must
// not keep data of a call either. It is valid until Free.
func (m *Memory) Reserved() []byte { return m.all }

// snapshot returns a function that restores the memory to its present content, and returns
// how many pages it dropped that the guest had touched.
func (m *Memory) snapshot() func() int {
	mem := m.all[:m.len:m.len]
	page := os.Getpagesize()
	// Count first: the copy of a large memory would only be thrown away.
	if contentSize(mem, page) > copyLimit {
		if restore := m.copyOnWrite(); restore != nil {
			return restore
		}
	}
	return savePages(mem, page).restorer(mem)
}
