package slab

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"sync"
)

// MaxSize is the largest value, in bytes, that a cell may hold.
const MaxSize = 16 << 20

// Errors of this package. ErrFreed is returned for a cell that was freed, by
// hand, with its owner or by the collector; ErrTooLarge for more than MaxSize.
var (
	ErrFreed    = errors.New("slab: cell was freed")
	ErrTooLarge = fmt.Errorf("slab: value exceeds %d bytes", MaxSize)
)

// Owner groups cells, so that all of them can be freed at once. The zero Owner
// stands for cells that nobody but their holder frees.
type Owner uint32

// Cell names one value. It is freed when it becomes unreachable, by Free, or
// with its owner, whichever comes first. It is safe for concurrent use.
type Cell struct {
	id  uint32
	gen uint32
	// A pointer keeps the collector's tiny allocator from holding a dead cell
	// alive together with unrelated objects, which would delay its cleanup.
	_ *byte
}

// entry is the state behind an id. It outlives the cells that use it.
type entry struct {
	mu      sync.Mutex
	idle    sync.Cond // signalled when readers falls to 0; its L is &mu
	readers int       // guarded by mu
	gen     uint32    // guarded by mu: of the living cell, or of the next one
	owner   Owner     // guarded by mu
	mem     []byte    // guarded by mu: the value, exactly; nil in a free entry
	slot    slot      // guarded by mu
}

func newEntry() *entry {
	e := &entry{}
	e.idle.L = &e.mu
	return e
}

// borrow returns the value of generation gen and counts a reader, or nil. No
// lock is held while the reader works, so readers may nest.
func (e *entry) borrow(gen uint32) []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gen != gen || e.mem == nil {
		return nil
	}
	e.readers++
	return e.mem
}

func (e *entry) giveBack() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.readers--; e.readers == 0 {
		e.idle.Broadcast()
	}
}

// wipe clears the value of generation gen once its readers are done, and
// returns the slot it was in; ok is false if that value is gone already.
func (e *entry) wipe(gen uint32) (s slot, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gen != gen || e.mem == nil {
		return slot{}, false
	}
	e.gen, e.mem, e.owner = e.gen+1, nil, 0 // no new reader from here on
	for e.readers > 0 {
		e.idle.Wait()
	}
	clear(e.slot.cell)
	s, e.slot = e.slot, slot{}
	return s, true
}

// New copies b into a new cell of owner o. It leaves b as it is: wiping the
// source is the caller's business. The error is ErrTooLarge or the system's
// refusal to map memory.
func New(o Owner, b []byte) (*Cell, error) {
	if len(b) > MaxSize {
		return nil, ErrTooLarge
	}
	c, err := process.take(o, b)
	if err != nil {
		return nil, err
	}
	goruntime.AddCleanup(c, func(c Cell) { process.free(c.id, c.gen) }, *c)
	return c, nil
}

// Use calls f with the value. The slice is valid inside f only, and read-only
// by contract. Free waits until f returns, so f must not free its own cell.
func (c *Cell) Use(f func([]byte) error) error {
	// The cleanup must not run while a caller still holds the bytes.
	defer goruntime.KeepAlive(c)
	e := process.entry(c.id)
	mem := e.borrow(c.gen)
	if mem == nil {
		return ErrFreed
	}
	defer e.giveBack()
	return f(mem)
}

// Free clears the value at once. Freeing twice does nothing.
func (c *Cell) Free() {
	process.free(c.id, c.gen)
	goruntime.KeepAlive(c)
}
