package slab

import (
	"crypto/subtle"
	"errors"
	"fmt"
	goruntime "runtime"
	"sync"
)

// MaxSize is the largest value, in bytes, that a cell may hold.
const MaxSize = 16 << 20

// Errors of this package. ErrFreed is returned for a cell that was freed, by
// Free, with its owner or by the garbage collector; ErrTooLarge for more than
// MaxSize bytes; ErrFull for more than a share may hold.
var (
	ErrFreed    = errors.New("slab: cell was freed")
	ErrTooLarge = fmt.Errorf("slab: value exceeds %d bytes", MaxSize)
	ErrFull     = errors.New("slab: the share is full")
)

// Owner groups cells that are freed together. Cells of the zero Owner are freed
// one by one.
type Owner uint32

// Cell names one value. It is freed when it becomes unreachable, by Free, or
// with its owner, whichever comes first. It is safe for concurrent use.
type Cell struct {
	// A function, so that no printer that follows pointers and slices, exported or not,
	// gets to the memory: it would show all values, or end the process at a guard page.
	// What it points to also keeps the collector's tiny allocator from holding a dead cell
	// alive together with unrelated objects, which would delay its cleanup.
	slab func() *slab
	id   uint32
	gen  uint32
}

// entry is the state behind an id. It outlives the cells that use it.
type entry struct {
	id         uint32
	home       Owner  // guarded by slab.mu: whose list the entry is in
	prev, next *entry // guarded by slab.mu: in that list

	mu      sync.Mutex
	readers int            // guarded by mu
	gen     uint32         // guarded by mu: of the living cell, or of the next one
	owner   Owner          // guarded by mu
	mem     []byte         // guarded by mu: the value, exactly; nil once it is freed
	slot    slot           // guarded by mu: kept until the last reader is done
	onFree  map[any]func() // guarded by mu: what to call when the cell is freed
}

// borrow returns the value of generation gen and counts a reader, or nil. No
// lock is held while the reader works, so readers may nest.
func (e *entry) borrow(gen uint32) []byte {
	e.mu.Lock()
	var mem []byte
	if e.gen == gen && e.mem != nil {
		mem = e.mem
		e.readers++
	}
	e.mu.Unlock()
	return mem
}

// giveBack ends one reader. When it was the last one of a value that was freed
// in the meantime, it wipes the value and returns its slot.
func (e *entry) giveBack() (s slot, wiped bool) {
	e.mu.Lock()
	if e.readers--; e.readers == 0 && e.mem == nil {
		s, wiped = e.wipe(), true
	}
	e.mu.Unlock()
	return s, wiped
}

// free marks the value of generation gen as freed: it can no longer be borrowed.
// It is wiped now, or by the last reader that still uses it. ok is false if that
// generation was freed before.
func (e *entry) free(gen uint32) (s slot, wiped bool, onFree map[any]func(), ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gen != gen || e.mem == nil {
		return slot{}, false, nil, false
	}
	onFree = e.onFree
	e.gen, e.mem, e.owner, e.onFree = e.gen+1, nil, 0, nil
	if e.readers > 0 {
		return slot{}, false, onFree, true
	}
	return e.wipe(), true, onFree, true
}

// spent reports whether no further generation fits.
func (e *entry) spent() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.gen >= ^uint32(0)-1
}

// wipe clears the memory of the value and returns its slot; e.mu is held.
func (e *entry) wipe() slot {
	wipeAll(e.slot.cell)
	s := e.slot
	e.slot = slot{}
	return s
}

// New copies b into a new cell of owner o. The caller is responsible for wiping
// b. The error is ErrTooLarge, or that of mapping memory.
func New(o Owner, b []byte) (*Cell, error) {
	return NewBy(o, b, func(dst, src []byte) { copy(dst, src) })
}

// NewBy is New with its own way to copy the pieces of a value that is larger than
// MaxQuick. No lock is held meanwhile. If it panics, the cell is freed.
func NewBy(o Owner, b []byte, copying func(dst, src []byte)) (*Cell, error) {
	c, err := process.values.put(o, b, copying)
	if err != nil {
		return nil, err
	}
	// It is freed when it becomes unreachable.
	goruntime.AddCleanup(c, func(c Cell) { c.slab().free(c.id, c.gen) }, *c)
	process.collector.add(len(b))
	return c, nil
}

// MaxQuick is the largest value, in bytes, that is copied at once, while others wait.
const MaxQuick = minCell << (classes - 1)

// Use calls f with the value. The slice is valid only inside f, which must not
// change it. If the cell is freed meanwhile, by f or elsewhere, the bytes stay
// intact until f returns.
func (c *Cell) Use(f func([]byte) error) error {
	e, mem := c.borrow()
	if mem == nil {
		return ErrFreed
	}
	defer c.giveBack(e)
	return f(mem)
}

// Equal reports whether both cells hold the same bytes. Its time depends only on
// their lengths. A cell that was freed equals nothing.
func (c *Cell) Equal(d *Cell) bool {
	e, value := d.borrow()
	if value == nil {
		return false
	}
	defer d.giveBack(e)
	return c.Holds(value)
}

// Holds reports whether the cell holds these bytes. Its time depends only on the lengths. A
// cell that was freed holds nothing.
func (c *Cell) Holds(value []byte) bool {
	e, mem := c.borrow()
	if mem == nil {
		return false
	}
	same := subtle.ConstantTimeCompare(mem, value) == 1
	c.giveBack(e)
	return same
}

// borrow returns the entry and the value of c, which giveBack ends, or nil.
func (c *Cell) borrow() (*entry, []byte) {
	e := c.slab().entry(c.id)
	return e, e.borrow(c.gen)
}

// giveBack ends a borrow. Until then c is reachable: its cleanup must not run
// while the bytes are in use.
func (c *Cell) giveBack(e *entry) {
	c.slab().giveBack(c.id, e)
	goruntime.KeepAlive(c)
}

// Free makes the value unreadable at once and returns without waiting. The
// bytes are cleared now, or when the last Use under way returns. Freeing twice
// does nothing.
func (c *Cell) Free() {
	c.slab().free(c.id, c.gen)
	goruntime.KeepAlive(c)
}

// Holders returns how many functions OnFree has registered; 0 for a cell that was freed.
func (c *Cell) Holders() int {
	defer goruntime.KeepAlive(c)
	e := c.slab().entry(c.id)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gen != c.gen {
		return 0
	}
	return len(e.onFree)
}

// Shared reports whether OnFree has registered a function: others than the caller may have
// the cell.
func (c *Cell) Shared() bool { return c.Holders() > 0 }

// FreeUnshared is Free for a cell that is not shared. Others stay as they are.
func (c *Cell) FreeUnshared() {
	if !c.Shared() {
		c.Free()
	}
}

// OnFree registers f to be called once when the cell is freed: by Free, with
// its owner, or by the collector. It reports whether it did: not if the cell is
// freed already, or if there is a function under the same id. f is
// called without locks in the goroutine that frees; it must not block, nor keep
// c reachable.
func (c *Cell) OnFree(id any, f func()) bool {
	defer goruntime.KeepAlive(c)
	e := c.slab().entry(c.id)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gen != c.gen || e.mem == nil {
		return false
	}
	if e.onFree == nil {
		e.onFree = map[any]func(){}
	}
	if _, ok := e.onFree[id]; ok {
		return false
	}
	e.onFree[id] = f
	return true
}
