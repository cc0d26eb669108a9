package wipe_test

import (
	"bytes"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wipe"
)

func TestGrowClearsTheOldMemory(t *testing.T) {
	t.Parallel()
	old := []byte("a value, and what is behind it")
	s := old[:7]
	if same := wipe.Grow(s, cap(old)-7); &same[0] != &old[0] {
		t.Error("there was room")
	}
	grown := wipe.Grow(s, cap(old))
	if string(grown) != "a value" || cap(grown) < 7+cap(old) {
		t.Errorf("%q with room for %d", grown, cap(grown))
	}
	if !isZero(old[:cap(old)]) || !isZero(grown[7:cap(grown)]) {
		t.Errorf("left %q and %q", old, grown[:cap(grown)])
	}
}

func TestBufferLeavesNothing(t *testing.T) {
	t.Parallel()
	var b wipe.Buffer[byte]
	b.Wipe()
	small := append(b.Room(4), "four"...)
	large := b.Room(100)
	if !isZero(small[:cap(small)]) {
		t.Errorf("the memory before has %q", small)
	}
	large = append(large, bytes.Repeat([]byte("v"), 100)...)
	if again := b.Room(8); cap(again) != cap(large) || len(again) != 0 {
		t.Errorf("%d elements with room for %d in place of %d", len(again), cap(again), cap(large))
	}
	b.Wipe()
	if !isZero(large) {
		t.Errorf("left %q", large)
	}
	grown := append(b.Room(3), "one"...)
	grown = append(b.Grow(grown, 3), "two"...)
	longer := b.Grow(grown, 1000)
	if string(longer) != "onetwo" || !isZero(grown) {
		t.Errorf("%q, left %q", longer, grown)
	}
	b.Wipe()
	if !isZero(longer) {
		t.Errorf("left %q", longer)
	}
}

// What was used once is not cleared again and again.
func TestBufferClearsWhatWasUsed(t *testing.T) {
	t.Parallel()
	var b wipe.Buffer[byte]
	large := b.Room(1 << 20)[:1<<20]
	b.Wipe()
	large[1000] = 'x' // behind what is used now
	b.Room(10)
	b.Wipe()
	if large[1000] != 'x' {
		t.Error("cleared what was not used")
	}
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
