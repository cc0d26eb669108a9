package slab

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// mapping is committed memory between two reserved pages.
type mapping struct {
	base     uintptr
	mem      []byte
	locked   bool
	undumped bool // never: the system leaves no memory out of a crash dump
}

// newMapping maps n bytes, rounded up to pages. They are not locked.
func newMapping(n int) (mapping, error) {
	page := os.Getpagesize()
	n = (n + page - 1) / page * page
	base, err := windows.VirtualAlloc(0, uintptr(n+2*page), windows.MEM_RESERVE, windows.PAGE_NOACCESS)
	if err != nil {
		return mapping{}, fmt.Errorf("slab: map %d bytes: %w", n, err)
	}
	p, err := windows.VirtualAlloc(base+uintptr(page), uintptr(n), windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		_ = windows.VirtualFree(base, 0, windows.MEM_RELEASE)
		return mapping{}, fmt.Errorf("slab: commit %d bytes: %w", n, err)
	}
	// The address comes from the system, not from the Go heap, so reading it
	// back from the variable is the one conversion that vet accepts.
	mem := unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n)
	return mapping{base: base, mem: mem}, nil
}

// lock keeps m out of the page file. It reports whether the system did.
func (m *mapping) lock() bool {
	m.locked = windows.VirtualLock(uintptr(unsafe.Pointer(unsafe.SliceData(m.mem))), uintptr(len(m.mem))) == nil
	return m.locked
}

func (m *mapping) unlock() {
	_ = windows.VirtualUnlock(uintptr(unsafe.Pointer(unsafe.SliceData(m.mem))), uintptr(len(m.mem)))
	m.locked = false
}

func (m mapping) release() { _ = windows.VirtualFree(m.base, 0, windows.MEM_RELEASE) }
