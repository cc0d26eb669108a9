package slab

import (
	"sync"
	"sync/atomic"
)

const (
	arenaSize = 64 << 10
	minCell   = 32
	// classes holds the cell sizes 32, 64, ... 32 KiB; larger values get a
	// mapping of their own.
	classes = 11
)

// slot says where an entry's memory came from.
type slot struct {
	class int     // -1 for a mapping of its own
	cell  []byte  // the whole cell, at least as long as the value
	own   mapping // set when class is -1
}

// slab is the set of arenas of this process.
type slab struct {
	mu      sync.Mutex
	spare   [classes][][]byte // guarded by mu: cleared cells by class
	unused  []uint32          // guarded by mu: ids free for reuse
	owned   []*entry          // guarded by mu: by owner, the first of its entries
	owners  atomic.Uint32
	entries atomic.Pointer[[]*entry] // replaced under mu, read without

	used, locked, unlocked, dumpable atomic.Int64
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

// Status describes the memory for values.
type Status struct {
	Cells    int   // live values
	Locked   int64 // bytes of arenas that cannot be swapped out
	Unlocked int64 // bytes of arenas that the system refused to lock
	Dumpable int64 // bytes of arenas that a core file may contain
}

// Stat returns the state of the process's slab.
func Stat() Status {
	return Status{Cells: int(process.used.Load()), Locked: process.locked.Load(), Unlocked: process.unlocked.Load(),
		Dumpable: process.dumpable.Load()}
}

func (s *slab) entry(id uint32) *entry { return (*s.entries.Load())[id] }

// take copies b into a new cell.
func (s *slab) take(o Owner, b []byte) (*Cell, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sl, err := s.slot(len(b))
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
	s.used.Add(1)
	return &Cell{id: id, gen: e.gen}, nil
}

// slot finds memory for n bytes; s.mu is held.
func (s *slab) slot(n int) (slot, error) {
	class, size := 0, minCell
	for size < n && class < classes {
		class, size = class+1, size*2
	}
	if class == classes {
		m, err := s.arena(n)
		return slot{class: -1, cell: m.mem, own: m}, err
	}
	if len(s.spare[class]) == 0 {
		m, err := s.arena(arenaSize)
		if err != nil {
			return slot{}, err
		}
		for off := 0; off+size <= len(m.mem); off += size {
			s.spare[class] = append(s.spare[class], m.mem[off:off+size:off+size])
		}
	}
	last := len(s.spare[class]) - 1
	cell := s.spare[class][last]
	s.spare[class] = s.spare[class][:last]
	return slot{class: class, cell: cell}, nil
}

// arena maps n bytes and counts them. A refused lock is counted, not reported.
func (s *slab) arena(n int) (mapping, error) {
	m, err := newMapping(n)
	if err != nil {
		return mapping{}, err
	}
	s.count(m, int64(len(m.mem)))
	return m, nil
}

// count adds n bytes to the counters that m belongs to.
func (s *slab) count(m mapping, n int64) {
	if m.locked {
		s.locked.Add(n)
	} else {
		s.unlocked.Add(n)
	}
	if !m.undumped {
		s.dumpable.Add(n)
	}
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
	s.used.Add(-1)
	// An id whose generations are used up is not reused: an old Cell must never
	// read a new value.
	e := s.entry(id)
	s.unlink(e)
	if !e.spent() {
		s.unused = append(s.unused, id)
	}
	if sl.class >= 0 {
		s.spare[sl.class] = append(s.spare[sl.class], sl.cell)
		return
	}
	s.count(sl.own, -int64(len(sl.own.mem)))
	sl.own.release()
}
