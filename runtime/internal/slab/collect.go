package slab

import (
	goruntime "runtime"
	"sync"
	"sync/atomic"
)

// collectAt is how many bytes of values are made without a collection before one is asked
// for.
const collectAt = 64 << 20

// collector asks for a collection when values have taken much memory since the last one. The
// collector itself counts only the Go heap, so that it may run once in two minutes while
// values that nobody has any more stay in memory, unwiped.
type collector struct {
	made    atomic.Int64 // bytes of values that were made since the last collection
	asked   atomic.Bool  // one is asked for and has not ended
	watched sync.Once
	ended   func() // called after a collection that was asked for; for tests
}

// add counts a value of n bytes.
func (c *collector) add(n int) {
	if c.made.Add(int64(n)) < collectAt || !c.asked.CompareAndSwap(false, true) {
		return
	}
	c.watched.Do(c.watch)
	go func() {
		goruntime.GC()
		c.made.Store(0)
		c.asked.Store(false)
		if c.ended != nil {
			c.ended()
		}
	}()
}

// watch starts the count again after each collection.
func (c *collector) watch() {
	goruntime.AddCleanup(&[64]byte{}, func(c *collector) {
		c.made.Store(0)
		c.watch()
	}, c)
}
