package slab

// scrub overwrites the vector registers, in which copying a value leaves parts
// of it: the next signal would store them on a stack, where a core file finds
// them. It does so by copying zeroes, enough of them to use every register that
// a copy uses.
func scrub() {
	var zero, sink [256]byte
	move(sink[:], zero[:])
}

// move is not inlined, so that the compiler cannot see that nothing is copied
// and has to call the routine that any copy of unknown length calls.
//
//go:noinline
func move(dst, src []byte) { copy(dst, src) }
