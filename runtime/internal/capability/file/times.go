package file

import (
	"fmt"
	"io/fs"
	"os"
	goruntime "runtime"
	"time"

	"github.com/postern-project/postern/runtime/safefile"
)

const (
	// fineTick is longer than a clock tick of the usual file systems.
	fineTick = 20 * time.Millisecond
	// coarseTick is the longest clock tick of file systems that store whole seconds.
	coarseTick = 2 * time.Second
)

// seen describes a file or folder at one moment.
type seen struct {
	fs.FileInfo
	changed time.Time // zero if the system does not say
	number  uint64    // in its file system, 0 if the system does not say
}

// seenAs returns what info says of a file, with what f adds to it; f may be nil.
func seenAs(info fs.FileInfo, f *os.File) *seen {
	at, number := safefile.Changed(info, f)
	return &seen{info, at, number}
}

// look describes an open file.
func look(f *os.File) (*seen, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return seenAs(info, f), nil
}

// look describes what the location leads to.
func (at location) look() (*seen, error) {
	info, err := at.describe()
	if err != nil {
		return nil, err
	}
	if goruntime.GOOS == "windows" && info.Mode().IsRegular() {
		if f, err := at.openVerified(); err == nil { // else it can be described, but not read
			defer f.Close()
			return look(f)
		}
	}
	return seenAs(info, nil), nil
}

// version names a state of a file. It is made of what the file system knows and
// reveals nothing of the content, not even its length: those who may not get a value
// see its versions too. Unlike the time of writing, the time of the last change cannot be
// set: an edit that keeps the time of writing shows too.
func (s *seen) version() string {
	changed := int64(0)
	if !s.changed.IsZero() {
		changed = s.changed.UnixNano()
	}
	return fmt.Sprintf("%x-%x-%x", uint64(s.ModTime().UnixNano()), uint64(changed), s.number)
}

// isSettled reports whether any change after now shows in the version: the last one is older
// than a tick of the clock of any usual file system, and the system says everything that a
// version is made of.
func (s *seen) isSettled(now time.Time) bool {
	return !s.changed.IsZero() && s.number != 0 && now.Sub(s.ModTime()) >= coarseTick && now.Sub(s.changed) >= coarseTick
}

// sameAs reports whether both are the same state of a file.
func (s *seen) sameAs(other *seen) bool {
	return s.Size() == other.Size() && s.number == other.number &&
		s.ModTime().Equal(other.ModTime()) && s.changed.Equal(other.changed)
}

// unsettled returns how long after now a file could still change without a trace
// in its version: another change within the same clock tick leaves the same times.
func (s *seen) unsettled(now time.Time) (wait time.Duration) {
	tick := fineTick
	if s.ModTime().Nanosecond() == 0 && s.changed.Nanosecond() == 0 {
		tick = coarseTick
	}
	for _, at := range []time.Time{s.ModTime(), s.changed} {
		// A time that is a little ahead comes from the clock of a file server.
		if age := now.Sub(at); -tick < age && age < tick {
			wait = max(wait, tick-age)
		}
	}
	return wait
}
