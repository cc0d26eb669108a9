package wasmhost

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const mapNoReserve = unix.MAP_NORESERVE

func hideFromCore(mem []byte) { _ = unix.Madvise(mem, unix.MADV_DONTDUMP) }

// discard drops the pages of mem, swapped ones too; they read as zeroes or, in
// a mapping of copyOnWrite, as the image.
func discard(mem []byte) {
	if len(mem) > 0 {
		_ = unix.Madvise(mem, unix.MADV_DONTNEED)
	}
}

// touched puts back a large memory with little in it: only what the guest has
// touched is written.
type touched struct {
	pages
	mem      []byte
	resident []byte // one byte per page
	pinned   bool   // no page of mem is ever swapped out
}

// maxTouched is how many zero pages are cleared in place; if there are more, all
// are dropped.
const maxTouched = 128

// writeAllLimit is the size of a memory, in bytes, below which writing all of it
// costs less than asking which pages are in memory.
const writeAllLimit = 256 << 10

// putBack returns a function that puts mem back to saved.
func (p pages) putBack(mem []byte) func() {
	if len(mem) <= writeAllLimit {
		return func() { p.restore(mem) }
	}
	t := &touched{pages: p, mem: mem, resident: make([]byte, len(p.saved))}
	t.fresh()
	return t.restore
}

// fresh drops the zero pages, which were only looked at, and asks the system to
// keep in memory what the guest will touch. What cannot be swapped out, and is
// not in memory, was never touched.
func (t *touched) fresh() {
	if t.pinned {
		_ = unix.Munlock(t.mem)
	}
	run := 0
	for i, saved := range t.saved {
		if saved != nil {
			discard(t.mem[run*t.size : i*t.size])
			run = i + 1
		}
	}
	discard(t.mem[run*t.size:])
	_, _, errno := unix.Syscall(unix.SYS_MLOCK2, uintptr(unsafe.Pointer(unsafe.SliceData(t.mem))), uintptr(len(t.mem)), unix.MLOCK_ONFAULT)
	t.pinned = errno == 0
}

// restore looks only at pages that are in memory: they are written in place,
// since giving them back only to fault them in again costs more. All others are
// dropped unseen, unless it is certain that they were never touched.
func (t *touched) restore() {
	if !inMemory(t.mem, t.resident) {
		t.pages.restore(t.mem)
		return
	}
	run, cleared := 0, 0 // run: where the pages that are not in memory began
	for i, saved := range t.saved {
		if saved == nil && t.resident[i]&1 == 0 {
			continue
		}
		if !t.pinned {
			discard(t.mem[run*t.size : i*t.size])
		}
		t.put(t.mem, i, saved)
		run = i + 1
		if saved == nil {
			cleared++
		}
	}
	switch {
	case cleared > maxTouched:
		t.fresh()
	case !t.pinned:
		discard(t.mem[run*t.size:])
	}
}

func (p pages) put(mem []byte, i int, saved []byte) {
	page := mem[i*p.size : (i+1)*p.size]
	if saved == nil {
		clear(page)
		return
	}
	copy(page, saved)
}

// inMemory sets the lowest bit of one byte per page that is in memory.
func inMemory(mem, resident []byte) bool {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), uintptr(unsafe.Pointer(&resident[0])))
	return errno == 0
}

// copyOnWrite moves the content of l into a file in memory and maps that in its
// place, privately: what the guest writes are pages of its own, and all others
// are the image still. It returns nil, and leaves l as it was, when the system
// refuses.
func (l *linear) copyOnWrite() func() {
	mem := l.all[:l.len:l.len]
	fd, err := unix.MemfdCreate("postern-image", unix.MFD_CLOEXEC)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	if unix.Ftruncate(fd, int64(len(mem))) != nil || !writeAll(fd, mem) {
		return nil
	}
	saved, err := unix.Mmap(fd, 0, len(mem), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil
	}
	hideFromCore(saved)
	addr := unsafe.Pointer(&mem[0])
	if _, err := unix.MmapPtr(fd, 0, addr, uintptr(len(mem)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED); err != nil {
		_ = unix.Munmap(saved)
		return nil
	}
	hideFromCore(mem)
	l.saved = saved
	w := &written{mem: mem, saved: saved, entries: make([]byte, len(mem)/os.Getpagesize()*entrySize)}
	return w.restore
}

// written puts back the pages that a guest has written at any time.
type written struct {
	mem, saved []byte
	entries    []byte // of the page map, one per page
}

const (
	entrySize = 8
	// What the page map says of a page, in the highest byte of its entry.
	present = 1 << 7
	swapped = 1 << 6
	ofFile  = 1 << 5 // still the image
	// maxWritten is how many pages are copied back; if there are more, all are
	// dropped and the guest begins with none of its own.
	maxWritten = 512
)

// restore copies the written pages back in place. Dropping them would be less
// work here, but the guest would fault each of them in again, and with them
// those that it only reads.
func (w *written) restore() {
	if !w.look() {
		discard(w.mem)
		return
	}
	size := len(w.mem) / (len(w.entries) / entrySize)
	copied := 0
	for i := 0; i < len(w.entries); i += entrySize {
		flags := w.entries[i+entrySize-1]
		page := i / entrySize * size
		switch {
		case flags&swapped != 0:
			discard(w.mem[page : page+size])
		case flags&present != 0 && flags&ofFile == 0:
			copy(w.mem[page:page+size], w.saved[page:])
			copied++
		}
	}
	if copied > maxWritten {
		discard(w.mem)
	}
}

// look reads the page map of the memory. It cannot where the process hides from
// its own user.
func (w *written) look() bool {
	fd, err := unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	at := int64(uintptr(unsafe.Pointer(&w.mem[0]))) / int64(os.Getpagesize()) * entrySize
	n, err := unix.Pread(fd, w.entries, at)
	return err == nil && n == len(w.entries)
}

// writeAll writes mem to the beginning of fd.
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
