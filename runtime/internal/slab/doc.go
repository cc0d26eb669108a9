// Package slab keeps secret values outside the Go heap.
//
// A value lives in a cell of an anonymous mapping that is fenced by guard
// pages, left out of core files, wiped on fork and locked in memory as far as
// the system allows. A [Cell] is a name (id and generation), not a pointer: it
// can be printed, copied and compared without touching the value, and a name
// that outlived its cell is refused instead of reading another value.
//
// Start with [New]; [Cell.Use] lends the bytes, [Cell.Free] clears them. The
// package does not encrypt, does not count readers beyond the length of a Use,
// and never ends the process when locking is refused: see [Status].
package slab
