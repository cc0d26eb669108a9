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

// wipeTouched clears mem, which holds whole pages. Pages in memory are cleared
// in place, since giving them back only to fault them in again costs more;
// all others, never touched or swapped out, are dropped unseen.
func wipeTouched(mem []byte) {
	if len(mem) == 0 {
		return
	}
	page := os.Getpagesize()
	var small [1024]byte
	resident := small[:]
	if n := len(mem) / page; n > len(resident) {
		resident = make([]byte, n)
	}
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), uintptr(unsafe.Pointer(&resident[0])))
	if errno != 0 {
		discard(mem)
		return
	}
	run := 0 // where the pages that are not in memory began
	for off := 0; off < len(mem); off += page {
		if resident[off/page]&1 == 0 {
			continue
		}
		discard(mem[run:off])
		clear(mem[off : off+page])
		run = off + page
	}
	discard(mem[run:])
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
