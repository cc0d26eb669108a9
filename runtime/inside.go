package runtime

import (
	"bytes"
	goruntime "runtime"
	"strconv"
)

// insideRequest reports whether the calling goroutine is in a request, be it one of
// another Runtime. It looks at the stack, so it is for what happens rarely.
func insideRequest() bool {
	const pkg = "github.com/postern-project/postern/runtime."
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := goruntime.Callers(skip, pcs[:])
		frames := goruntime.CallersFrames(pcs[:n])
		for more := n > 0; more; {
			var f goruntime.Frame
			f, more = frames.Next()
			if f.Function == pkg+"(*request).run" || f.Function == pkg+"(*Runtime).probe" {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

// goroutine returns the number of the calling goroutine, which Go prints at the
// beginning of a stack and nowhere else: to know a goroutine that waits for itself.
func goroutine() uint64 {
	var buf [64]byte
	fields := bytes.Fields(buf[:goruntime.Stack(buf[:], false)])
	if len(fields) < 2 {
		return 0
	}
	id, _ := strconv.ParseUint(string(fields[1]), 10, 64)
	return id
}
