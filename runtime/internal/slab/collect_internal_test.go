package slab

import (
	goruntime "runtime"
	"testing"
)

// Values that nobody has any more are freed also while the program itself makes little
// garbage: a collection is asked for once they have taken much memory.
func TestMuchMemoryOfValuesIsCollected(t *testing.T) {
	ended := make(chan struct{}, 1)
	c := &collector{ended: func() { ended <- struct{}{} }}
	c.add(collectAt - 1)
	if c.asked.Load() {
		t.Error("a collection is asked for before the values are many")
	}
	c.add(1)
	<-ended
	if n := c.made.Load(); n != 0 || c.asked.Load() {
		t.Errorf("after the collection %d bytes count, asked is %v", n, c.asked.Load())
	}
	c.add(collectAt / 2)
	for c.made.Load() != 0 { // until the watch sees the next collection
		goruntime.GC()
	}
}
