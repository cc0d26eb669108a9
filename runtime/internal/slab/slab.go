package slab

import (
	goruntime "runtime"
	"sync"
	"sync/atomic"
)

// slot says where an entry's memory came from.
type slot struct {
	arena  *arena
	number uint16 // of the cell in its arena
	cell   []byte // the whole cell, at least as long as the value
}

// slab is protected memory with a lock of its own: that of the values, or of one
// [Share]. No lock is held while the system maps, locks or unmaps memory, nor while a
// large value is copied or wiped: what one owner does makes no other one wait.
type slab struct {
	mu sync.Mutex
	pool
	unused  []uint32                 // guarded by mu: ids free for reuse
	owned   []*entry                 // guarded by mu: by owner, the first of its entries
	entries atomic.Pointer[[]*entry] // replaced under mu, read without
	self    func() *slab             // what cells and shares have
}

// process is the protected memory of this process.
var process = struct {
	owners    atomic.Uint32
	values    *slab
	budget    budget
	collector collector
}{values: newSlab(0)}

func newSlab(most int64) *slab {
	s := &slab{pool: pool{most: most}}
	s.self = func() *slab { return s }
	s.entries.Store(&[]*entry{})
	return s
}

// NewOwner returns an owner that no other call returned.
func NewOwner() Owner { return Owner(process.owners.Add(1)) }

// FreeAll frees every cell of o as [Cell.Free] does. When it returns, none of them
// can be read any more, except by a Use that is still running. For the zero Owner
// it does nothing.
func (o Owner) FreeAll() {
	if o != 0 {
		process.values.freeAll(o)
	}
}

func (s *slab) freeAll(o Owner) {
	for _, e := range s.entriesOf(o) {
		e.mu.Lock()
		mine, gen := e.owner == o && e.mem != nil, e.gen
		e.mu.Unlock()
		if mine {
			s.free(e.id, gen)
		}
	}
}

// entriesOf returns the entries of an owner, some of which may be free already.
func (s *slab) entriesOf(o Owner) (entries []*entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if int(o) < len(s.owned) {
		for e := s.owned[o]; e != nil; e = e.next {
			entries = append(entries, e)
		}
	}
	return entries
}

// link adds e to the entries of o; s.mu is held.
func (s *slab) link(e *entry, o Owner) {
	if o == 0 {
		return
	}
	for len(s.owned) <= int(o) {
		s.owned = append(s.owned, nil)
	}
	e.home, e.next = o, s.owned[o]
	if e.next != nil {
		e.next.prev = e
	}
	s.owned[o] = e
}

// unlink removes e from the entries of its owner; s.mu is held.
func (s *slab) unlink(e *entry) {
	if e.home == 0 {
		return
	}
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		s.owned[e.home] = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	}
	e.prev, e.next, e.home = nil, nil, 0
}

// Status describes the memory for values, or that of one share.
type Status struct {
	Cells    int   // live values
	Locked   int64 // bytes of arenas that cannot be swapped out
	Unlocked int64 // bytes of arenas that the system refused to lock
	Dumpable int64 // bytes of arenas that a core file may contain
}

// Stat returns the state of the memory for values, without the shares.
func Stat() Status { return process.values.status() }

func (p *pool) status() Status {
	return Status{Cells: int(p.cells.Load()), Locked: p.lockedBytes.Load(), Unlocked: p.unlockedBytes.Load(), Dumpable: p.dumpable.Load()}
}

func (s *slab) entry(id uint32) *entry { return (*s.entries.Load())[id] }

// put copies b into a new cell: a small value while s.mu is held, a large one by means of
// copying.
func (s *slab) put(o Owner, b []byte, copying func(dst, src []byte)) (*Cell, error) {
	if len(b) > MaxSize {
		return nil, ErrTooLarge
	}
	c, e, err := s.place(o, b)
	if err == nil && len(b) > MaxQuick {
		c.fill(e, b, copying)
	}
	return c, err
}

// place makes a cell for b. If that is small, it copies it, else the caller is a reader of
// the cell, so that it is not wiped while it is filled.
func (s *slab) place(o Owner, b []byte) (*Cell, *entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sl, err := s.slot(len(b))
	if err != nil {
		return nil, nil, err
	}
	id := s.id()
	e := s.entry(id)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.slot, e.owner, e.mem = sl, o, sl.cell[:len(b):len(b)]
	if len(b) > MaxQuick {
		e.readers++
	} else {
		copy(e.mem, b)
		scrub()
	}
	s.link(e, o)
	s.cells.Add(1)
	return &Cell{slab: s.self, id: id, gen: e.gen}, e, nil
}

// fill copies b into a new cell, of which the caller is a reader, and ends that.
func (c *Cell) fill(e *entry, b []byte, copying func(dst, src []byte)) {
	mem, filled := e.slot.cell, false // as long as there is a reader
	defer func() {
		if !filled {
			c.Free()
		}
		c.giveBack(e)
	}()
	for ; len(b) > piece; mem, b = mem[piece:], b[piece:] {
		copying(mem[:piece], b[:piece])
		goruntime.Gosched()
	}
	copying(mem[:len(b)], b)
	scrub()
	filled = true
}

// id returns an unused id; s.mu is held.
func (s *slab) id() uint32 {
	if n := len(s.unused); n > 0 {
		id := s.unused[n-1]
		s.unused = s.unused[:n-1]
		return id
	}
	old := *s.entries.Load()
	// Appending shares the backing array with readers of the old slice; they
	// never look past its length.
	grown := append(old, &entry{id: uint32(len(old))})
	s.entries.Store(&grown)
	return uint32(len(old))
}

func (s *slab) free(id, gen uint32) {
	sl, wiped, onFree, ok := s.entry(id).free(gen)
	if !ok {
		return
	}
	if wiped {
		s.reclaim(id, sl)
	}
	for _, f := range onFree {
		f()
	}
}

// giveBack ends one Use of the entry behind id.
func (s *slab) giveBack(id uint32, e *entry) {
	if sl, wiped := e.giveBack(); wiped {
		s.reclaim(id, sl)
	}
}

// reclaim makes the memory and the id of a wiped value available again.
func (s *slab) reclaim(id uint32, sl slot) {
	if a := s.recycle(id, sl); a != nil {
		s.release(a)
	}
}

// recycle is reclaim, but for an arena that is to be released.
func (s *slab) recycle(id uint32, sl slot) (unused *arena) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cells.Add(-1)
	// An id whose generations are used up is not reused: an old Cell must never
	// read a new value.
	e := s.entry(id)
	s.unlink(e)
	if !e.spent() {
		s.unused = append(s.unused, id)
	}
	return s.giveSlot(sl)
}
