package slab

import "golang.org/x/sys/unix"

// hide leaves mem out of core files and hands forked children zeroes. Both are
// advice that old kernels refuse; the memory is then as safe as any other. It
// reports whether mem is left out of core files.
func hide(mem []byte) (undumped bool) {
	_ = unix.Madvise(mem, unix.MADV_WIPEONFORK)
	return unix.Madvise(mem, unix.MADV_DONTDUMP) == nil
}
