package guestmem

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cowRestore restores a memory that is a private mapping of its image: only the
// pages that the guest has written are its own, all others are still the image.
type cowRestore struct {
	mem, image []byte
	entries    []byte // of the page map, one per page
}

const (
	entrySize = 8 // bytes of a page map entry
	// Flags in the highest byte of a page map entry.
	present    = 1 << 7
	swapped    = 1 << 6
	fileBacked = 1 << 5 // still the image
	// maxCopied is how many pages are copied back. If there are more, all pages
	// are dropped, and the guest starts without pages of its own.
	maxCopied = 512
)

// copyOnWrite moves the content of m into an anonymous file and maps that file
// privately in its place. It returns the function that restores m, or nil, with m
// unchanged, if the system refuses.
func (m *Memory) copyOnWrite() func() int {
	mem := m.all[:m.len:m.len]
	fd, err := unix.MemfdCreate("postern-image", unix.MFD_CLOEXEC)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	if unix.Ftruncate(fd, int64(len(mem))) != nil || !writeAll(fd, mem) {
		return nil
	}
	image, err := unix.Mmap(fd, 0, len(mem), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil
	}
	excludeFromCore(image)
	addr := unsafe.Pointer(&mem[0])
	if _, err := unix.MmapPtr(fd, 0, addr, uintptr(len(mem)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED); err != nil {
		_ = unix.Munmap(image)
		return nil
	}
	excludeFromCore(mem)
	m.image = image
	r := &cowRestore{mem: mem, image: image, entries: make([]byte, len(mem)/os.Getpagesize()*entrySize)}
	return r.restore
}

// restore copies the written pages back in place. Dropping them would be less
// work here, but the guest would then fault in each of them again, and also the
// pages that it only reads.
func (r *cowRestore) restore() (dropped int) {
	if !r.readPageMap() {
		drop(r.mem)
		return 0
	}
	size := len(r.mem) / (len(r.entries) / entrySize)
	copied := 0
	for i := 0; i < len(r.entries); i += entrySize {
		flags := r.entries[i+entrySize-1]
		page := i / entrySize * size
		switch {
		case flags&swapped != 0:
			drop(r.mem[page : page+size])
		case flags&present != 0 && flags&fileBacked == 0:
			copy(r.mem[page:page+size], r.image[page:])
			copied++
		}
	}
	if copied <= maxCopied {
		return 0
	}
	drop(r.mem)
	return copied
}

// readPageMap reads the page map entries of the memory. It reports false if the
// process may not read its own page map.
func (r *cowRestore) readPageMap() bool {
	fd, err := unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	at := int64(uintptr(unsafe.Pointer(&r.mem[0]))) / int64(os.Getpagesize()) * entrySize
	n, err := unix.Pread(fd, r.entries, at)
	return err == nil && n == len(r.entries)
}

// writeAll writes mem to the start of fd.
func writeAll(fd int, mem []byte) bool {
	for off := 0; off < len(mem); {
		n, err := unix.Pwrite(fd, mem[off:], int64(off))
		if err != nil || n == 0 {
			return false
		}
		off += n
	}
	return true
}
