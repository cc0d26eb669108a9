package slab

import (
	"sync"
	"sync/atomic"
)

// slot says where an entry's memory came from.
type slot struct {
	arena  *arena
	number uint16 // of the cell in its arena
	cell   []byte // the whole cell, at least as long as the value
}

// slab is the protected memory of this process.
type slab struct {
	mu      sync.Mutex
	values  pool     // guarded by mu, but for its counters
	shares  []*pool  // guarded by mu: of the shares that are not closed
	unused  []uint32 // guarded by mu: ids free for reuse
	owned   []*entry // guarded by mu: by owner, the first of its entries
	owners  atomic.Uint32
	entries atomic.Pointer[[]*entry] // replaced under mu, read without
}

// process is the only slab, because the limit on locked memory is one of the
// process.
var process = newSlab()

func newSlab() *slab {
	s := &slab{}
	s.entries.Store(&[]*entry{})
	return s
}

// NewOwner returns an owner that no other call returned.
func NewOwner() Owner { return Owner(process.owners.Add(1)) }

// FreeAll frees every cell of o as [Cell.Free] does. When it returns, none of them
// can be read any more, except by a Use that is still running. For the zero Owner
// it does nothing.
func (o Owner) FreeAll() {
	if o == 0 {
		return
	}
	for _, e := range process.entriesOf(o) {
		e.mu.Lock()
		mine, gen := e.owner == o && e.mem != nil, e.gen
		e.mu.Unlock()
		if mine {
			process.free(e.id, gen)
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

// take copies b into a new cell of p.
func (s *slab) take(p *pool, o Owner, b []byte) (*Cell, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.closed {
		return nil, ErrFreed
	}
	sl, err := s.slot(p, len(b))
	if err != nil {
		return nil, err
	}
	id := s.id()
	e := s.entry(id)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.slot, e.owner, e.mem = sl, o, sl.cell[:len(b):len(b)]
	copy(e.mem, b)
	scrub()
	s.link(e, o)
	p.cells.Add(1)
	return &Cell{id: id, gen: e.gen}, nil
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
	s.mu.Lock()
	defer s.mu.Unlock()
	sl.arena.pool.cells.Add(-1)
	// An id whose generations are used up is not reused: an old Cell must never
	// read a new value.
	e := s.entry(id)
	s.unlink(e)
	if !e.spent() {
		s.unused = append(s.unused, id)
	}
	s.giveSlot(sl)
}
