package file

import (
	"fmt"
	"io/fs"
	"time"
)

const (
	// fineTick is longer than a clock tick of the usual file systems.
	fineTick = 20 * time.Millisecond
	// coarseTick is the longest clock tick of file systems that store whole seconds.
	coarseTick = 2 * time.Second
)

// version names a state of a file. It is made of what the file system knows and
// reveals nothing of the content. Unlike the time of the last write, the time of the
// last change cannot be set: an edit that keeps size and time of writing shows too,
// on the systems that have both.
func version(info fs.FileInfo) string {
	return fmt.Sprintf("%x-%x-%x-%x", uint64(info.ModTime().UnixNano()), uint64(nanoseconds(changeTime(info))), info.Size(), inode(info))
}

// nanoseconds returns a time as the file system stores it, 0 for none.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// unsettled returns how long after now a file could still change without a trace
// in its version: another change within the same clock tick leaves the same times.
func unsettled(info fs.FileInfo, now time.Time) (wait time.Duration) {
	written, changed := info.ModTime(), changeTime(info)
	tick := fineTick
	if written.Nanosecond() == 0 && changed.Nanosecond() == 0 {
		tick = coarseTick
	}
	for _, at := range []time.Time{written, changed} {
		// A time that is a little ahead comes from the clock of a file server.
		if age := now.Sub(at); -tick < age && age < tick {
			wait = max(wait, tick-age)
		}
	}
	return wait
}
