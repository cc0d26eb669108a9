package slab

import (
	goruntime "runtime"
	"sync/atomic"
)

const (
	arenaSize = 64 << 10
	minCell   = 32
	// classes holds the cell sizes 32, 64, ... 32 KiB; larger values get an arena
	// of their own.
	classes = 11
)

// arena is one mapping: of cells of one size, or of one large value.
type arena struct {
	mapping
	pool  *pool
	class int      // -1 for one large value
	free  []uint16 // numbers of the cells that are cleared
	place int      // guarded by budget.mu: in pool.locked or pool.unlocked
	open  int      // in pool.open of its class, -1 while no cell is free
}

// pool is the memory of a slab. Its fields are guarded by slab.mu, but for the lists by
// lock, which are guarded by budget.mu, and the counters.
type pool struct {
	most     int64             // bytes that may be mapped; 0 does not bound them
	mapped   int64             // bytes that are mapped, or are about to be
	open     [classes][]*arena // with free cells
	locked   []*arena
	unlocked []*arena
	closed   bool

	cells, lockedBytes, unlockedBytes, dumpable atomic.Int64
}

func cellSize(class int) int { return minCell << class }

// cells returns how many cells a has, all of which are free when a is empty.
func (a *arena) cells() int { return len(a.mem) / cellSize(a.class) }

// list returns the list that a is in.
func (p *pool) list(a *arena) *[]*arena {
	if a.mapping.locked {
		return &p.locked
	}
	return &p.unlocked
}

// enlist adds a to its list, and its bytes to the counter.
func (p *pool) enlist(a *arena) {
	l := p.list(a)
	a.place = len(*l)
	*l = append(*l, a)
	p.count(a, int64(len(a.mem)))
}

// strike undoes enlist.
func (p *pool) strike(a *arena) {
	l := p.list(a)
	last := (*l)[len(*l)-1]
	(*l)[a.place], last.place = last, a.place
	(*l)[len(*l)-1] = nil
	*l = (*l)[:len(*l)-1]
	p.count(a, -int64(len(a.mem)))
}

func (p *pool) count(a *arena, n int64) {
	if a.mapping.locked {
		p.lockedBytes.Add(n)
	} else {
		p.unlockedBytes.Add(n)
	}
}

// relist moves a to its other list after its mapping was locked or unlocked by f.
func (p *pool) relist(a *arena, f func()) {
	p.strike(a)
	f()
	p.enlist(a)
}

// addOpen notes that a has a free cell.
func (p *pool) addOpen(a *arena) {
	a.open = len(p.open[a.class])
	p.open[a.class] = append(p.open[a.class], a)
}

// removeOpen notes that a has no free cell.
func (p *pool) removeOpen(a *arena) {
	l := p.open[a.class]
	last := l[len(l)-1]
	l[a.open], last.open = last, a.open
	l[len(l)-1] = nil
	p.open[a.class], a.open = l[:len(l)-1], -1
}

// reserve counts n bytes that are about to be mapped. It reports false if the pool may
// not have them.
func (p *pool) reserve(n int64) bool {
	if p.most > 0 && p.mapped+n > p.most {
		return false
	}
	p.mapped += n
	return true
}

// classOf returns the class of the cells for n bytes, -1 for an arena of their own.
func classOf(n int) int {
	for class := range classes {
		if n <= cellSize(class) {
			return class
		}
	}
	return -1
}

// slot finds memory for n bytes; s.mu is held, but not while an arena is made.
func (s *slab) slot(n int) (slot, error) {
	class, size := classOf(n), arenaSize
	if class < 0 {
		size = n
	}
	for {
		if s.closed {
			return slot{}, ErrFreed
		}
		if class >= 0 && len(s.open[class]) > 0 {
			return s.cellOf(class), nil
		}
		if !s.reserve(int64(size)) {
			return slot{}, ErrFull
		}
		s.mu.Unlock()
		a, err := s.newArena(class, size)
		s.mu.Lock()
		switch {
		case err != nil:
			s.mapped -= int64(size)
			return slot{}, err
		case class >= 0:
			s.addOpen(a)
		case s.closed:
			s.mu.Unlock()
			s.release(a)
			s.mu.Lock()
			return slot{}, ErrFreed
		default:
			s.mapped += int64(len(a.mem) - size) // it is of whole pages
			return slot{arena: a, cell: a.mem}, nil
		}
	}
}

// cellOf takes a free cell of a class that has one; s.mu is held.
func (s *slab) cellOf(class int) slot {
	a := s.open[class][len(s.open[class])-1]
	last := len(a.free) - 1
	i := int(a.free[last])
	a.free = a.free[:last]
	if last == 0 {
		s.removeOpen(a)
	}
	size := cellSize(class)
	return slot{arena: a, number: uint16(i), cell: a.mem[i*size : (i+1)*size : (i+1)*size]}
}

// giveSlot takes back a slot whose cell is cleared; s.mu is held. An arena without a
// used cell, which it returns, is to be released, unless the next value of its size would
// need a new one.
func (s *slab) giveSlot(sl slot) (unused *arena) {
	a := sl.arena
	if a.class < 0 {
		return a
	}
	a.free = append(a.free, sl.number)
	if a.open < 0 {
		s.addOpen(a)
	}
	if len(a.free) == a.cells() && (s.closed || len(s.open[a.class]) > 1) {
		s.removeOpen(a)
		return a
	}
	return nil
}

// newArena maps n bytes and locks them as far as the system and the other pools allow.
// No lock is held while the system works.
func (s *slab) newArena(class, n int) (*arena, error) {
	m, err := newMapping(n)
	if err != nil {
		return nil, err
	}
	a := &arena{mapping: m, pool: &s.pool, class: class, open: -1}
	if class >= 0 {
		a.free = make([]uint16, a.cells())
		for i := range a.free {
			a.free[i] = uint16(len(a.free) - 1 - i)
		}
	} else {
		a.back()
	}
	process.budget.add(a)
	if !a.undumped {
		s.dumpable.Add(int64(len(a.mem)))
	}
	return a, nil
}

// release unmaps an arena that no cell uses.
func (s *slab) release(a *arena) {
	n := int64(len(a.mem))
	if !a.undumped {
		s.dumpable.Add(-n)
	}
	process.budget.remove(a)
	s.mu.Lock()
	s.mapped -= n
	s.mu.Unlock()
}

// piece is how many bytes of a large value are worked on before other goroutines may
// run: the system and the routines that copy and clear cannot be preempted.
const piece = 256 << 10

// back has the system back the memory of the mapping, so that locking it takes no longer
// than for a small one.
func (m *mapping) back() {
	for at := 0; at < len(m.mem); at += minPage {
		m.mem[at] = 0
		if at%piece == 0 {
			goruntime.Gosched()
		}
	}
}

// minPage is the smallest page of any system.
const minPage = 4096

// wipeAll clears b.
func wipeAll(b []byte) {
	for ; len(b) > piece; b = b[piece:] {
		clear(b[:piece])
		goruntime.Gosched()
	}
	clear(b)
}
