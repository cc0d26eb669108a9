// Package goroutine answers what the calling goroutine is doing. Both answers are
// read from its stack, so they are for what happens rarely.
package goroutine

import (
	"bytes"
	"runtime"
	"strconv"
)

// Inside reports whether the calling goroutine is in a function, or in one that it
// called, whose name match accepts. Names are as in [runtime.Frame].
func Inside(match func(function string) bool) bool {
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		frames := runtime.CallersFrames(pcs[:n])
		for more := n > 0; more; {
			var f runtime.Frame
			if f, more = frames.Next(); match(f.Function) {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

// ID returns the number of the calling goroutine, which Go prints at the beginning of
// a stack and nowhere else: to know a goroutine that waits for itself.
func ID() uint64 {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	if len(fields) < 2 {
		return 0
	}
	id, _ := strconv.ParseUint(string(fields[1]), 10, 64)
	return id
}
