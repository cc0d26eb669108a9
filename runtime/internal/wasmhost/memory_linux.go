package wasmhost

import (
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

// restoreTouched puts mem back and looks only at pages that are in memory: they
// are written in place, since giving them back only to fault them in again
// costs more. All others, never touched or swapped out, are dropped unseen.
func (p pages) restoreTouched(mem []byte) {
	var small [1024]byte
	resident := small[:]
	if n := len(p.saved); n > len(resident) {
		resident = make([]byte, n)
	}
	if len(mem) == 0 || !inMemory(mem, resident) {
		p.restore(mem)
		return
	}
	run := 0 // where the pages that are not in memory began
	for i, saved := range p.saved {
		if saved == nil && resident[i]&1 == 0 {
			continue
		}
		discard(mem[run*p.size : i*p.size])
		p.put(mem, i, saved)
		run = i + 1
	}
	discard(mem[run*p.size:])
}

// inMemory sets the lowest bit of one byte per page that is in memory.
func inMemory(mem, resident []byte) bool {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), uintptr(unsafe.Pointer(&resident[0])))
	return errno == 0
}

// copyOnWrite moves the content of mem into a file in memory and maps that in
// its place, privately: dropping the pages that were written shows the file
// again. It returns nil, and leaves mem as it was, when the system refuses.
func copyOnWrite(mem []byte) func() {
	fd, err := unix.MemfdCreate("postern-image", unix.MFD_CLOEXEC)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	if unix.Ftruncate(fd, int64(len(mem))) != nil || !writeAll(fd, mem) {
		return nil
	}
	addr := unsafe.Pointer(&mem[0])
	if _, err := unix.MmapPtr(fd, 0, addr, uintptr(len(mem)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED); err != nil {
		return nil
	}
	hideFromCore(mem)
	return func() { discard(mem) }
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
