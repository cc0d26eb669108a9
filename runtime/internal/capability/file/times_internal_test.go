package file

import (
	"io/fs"
	"testing"
	"time"
)

// written is a file of which only the time of writing is known.
type written struct {
	fs.FileInfo
	at time.Time
}

func (w written) ModTime() time.Time { return w.at }
func (w written) Size() int64        { return 3 }

// On a file system that stores whole seconds a file settles for as long as its
// longest clock tick.
func TestTM042UnsettledForOneTickOfTheFileSystem(t *testing.T) {
	t.Parallel()
	whole := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		fraction, age, want time.Duration
	}{
		{100, 0, 20 * time.Millisecond},
		{100, 19 * time.Millisecond, time.Millisecond},
		{100, 20 * time.Millisecond, 0},
		{100, time.Hour, 0},
		{100, -5 * time.Millisecond, 25 * time.Millisecond}, // the clock of a file server
		{100, -time.Hour, 0},                                // set by hand: the next change sets it to now
		{0, 0, 2 * time.Second},
		{0, 1500 * time.Millisecond, 500 * time.Millisecond},
		{0, 2 * time.Second, 0},
		{0, -time.Hour, 0},
	} {
		at := whole.Add(c.fraction)
		if got := (&seen{FileInfo: written{at: at}}).unsettled(at.Add(c.age)); got != c.want {
			t.Errorf("a file written at %v, seen %v later, is unsettled for %v, want %v", at.UTC(), c.age, got, c.want)
		}
	}
}

// Who may watch a key, or read the decision log, need not be one who may get the value.
func TestVersionHasNoLength(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 1234)
	one, two := &seen{sized{written{at: at}, 11}, at, 7}, &seen{sized{written{at: at}, 17}, at, 7}
	if one.version() != two.version() {
		t.Errorf("versions of files that differ in length alone: %q, %q", one.version(), two.version())
	}
	if one.sameAs(two) {
		t.Error("the states of files that differ in length are taken for the same")
	}
}

// sized is a file of which the length is known too.
type sized struct {
	written
	size int64
}

func (s sized) Size() int64 { return s.size }

func TestVersionWithoutAChangeTime(t *testing.T) {
	t.Parallel()
	if got, want := (&seen{FileInfo: written{at: time.Unix(0, 255)}}).version(), "ff-0-0"; got != want {
		t.Errorf("version = %q, want %q", got, want)
	}
}
