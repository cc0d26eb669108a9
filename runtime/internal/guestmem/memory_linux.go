package guestmem

import "golang.org/x/sys/unix"

const mapNoReserve = unix.MAP_NORESERVE

// excludeFromCore leaves mem out of core dumps.
func excludeFromCore(mem []byte) { _ = unix.Madvise(mem, unix.MADV_DONTDUMP) }

// drop discards the pages of mem, swapped ones too. They read as zeroes next or,
// in a mapping of copyOnWrite, as the image.
func drop(mem []byte) {
	if len(mem) > 0 {
		_ = unix.Madvise(mem, unix.MADV_DONTNEED)
	}
}
