// Package slab keeps secret values outside the Go heap.
//
// A value lives in a cell of an anonymous mapping that is fenced by guard
// pages, left out of core files, wiped on fork and locked in memory as far as
// the system allows. A [Cell] identifies it by id and generation, not by pointer:
// printing or copying a Cell never touches the value, and a Cell that was freed
// never reads the value of another one.
//
// Start with [New]; [Cell.Use] gives access to the bytes, [Cell.Free] clears them.
// The package does not encrypt, and does not end the process when the system
// refuses to lock memory: see [Status]. What must not take locked memory away from
// values lies in a [Share].
package slab
