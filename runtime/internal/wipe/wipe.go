// Package wipe has memory for plaintext of values that grows without leaving a copy of it on
// the heap. Start with [Grow], or with [Buffer] for memory that is used again and again.
package wipe

import "slices"

// Grow returns s with room for n more elements. If that takes new memory, the old one is
// cleared, also what is in it behind s.
func Grow[S ~[]E, E any](s S, n int) S {
	if cap(s)-len(s) >= n {
		return s
	}
	return grow(s, n)
}

func grow[S ~[]E, E any](s S, n int) S {
	clear(s[len(s):cap(s)]) // which would be copied too
	grown := slices.Grow(s, n)
	clear(s)
	return grown
}

// Buffer is memory for one slice at a time. It clears no more than what was used. The zero
// Buffer is ready for use.
type Buffer[E any] struct {
	mem  []E // empty
	used int // elements of mem that may have been written
}

// Room returns an empty slice with room for n elements, in place of the one before.
func (b *Buffer[E]) Room(n int) []E { return b.Grow(b.mem, n) }

// Grow returns s, a slice of the buffer, with room for n more elements. Until the next call
// no more than these may be appended.
func (b *Buffer[E]) Grow(s []E, n int) []E {
	if b.used < len(s)+n {
		b.used = len(s) + n
	}
	if cap(s)-len(s) < n {
		s = grow(s, n)
		b.mem = s[:0]
	}
	return s
}

// Wipe clears what was used since the last call.
func (b *Buffer[E]) Wipe() {
	clear(b.mem[:b.used])
	b.used = 0
}
