package slab

import "sync/atomic"

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
	place int      // in pool.locked or pool.unlocked
	open  int      // in pool.open of its class, -1 while no cell is free
}

// pool is the memory of one owner: the values, or one [Share]. Its fields are guarded
// by slab.mu; the counters are read without it.
type pool struct {
	most     int64             // bytes that may be mapped; 0 does not bound them
	open     [classes][]*arena // with free cells
	locked   []*arena
	unlocked []*arena
	closed   bool

	cells, lockedBytes, unlockedBytes, dumpable atomic.Int64
}

func cellSize(class int) int { return minCell << class }

// cells returns how many cells a has, all of which are free when a is empty.
func (a *arena) cells() int { return len(a.mem) / cellSize(a.class) }

// mapped returns the size of all arenas in bytes.
func (p *pool) mapped() int64 { return p.lockedBytes.Load() + p.unlockedBytes.Load() }

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

// slot finds memory for n bytes in p; s.mu is held.
func (s *slab) slot(p *pool, n int) (slot, error) {
	class := 0
	for class < classes && cellSize(class) < n {
		class++
	}
	if class == classes {
		a, err := s.arena(p, -1, n)
		if err != nil {
			return slot{}, err
		}
		return slot{arena: a, cell: a.mem}, nil
	}
	if len(p.open[class]) == 0 {
		if _, err := s.arena(p, class, arenaSize); err != nil {
			return slot{}, err
		}
	}
	a := p.open[class][len(p.open[class])-1]
	last := len(a.free) - 1
	i := int(a.free[last])
	a.free = a.free[:last]
	if last == 0 {
		p.removeOpen(a)
	}
	size := cellSize(class)
	return slot{arena: a, number: uint16(i), cell: a.mem[i*size : (i+1)*size : (i+1)*size]}, nil
}

// giveSlot takes back a slot whose cell is cleared; s.mu is held. An arena without a
// used cell is unmapped, unless the next value of its size would need a new one.
func (s *slab) giveSlot(sl slot) {
	a := sl.arena
	p := a.pool
	if a.class < 0 {
		s.release(a)
		return
	}
	a.free = append(a.free, sl.number)
	if a.open < 0 {
		p.addOpen(a)
	}
	if len(a.free) == a.cells() && (p.closed || len(p.open[a.class]) > 1) {
		p.removeOpen(a)
		s.release(a)
	}
}

// arena maps n bytes for p and locks them as far as the system and the other pools
// allow; s.mu is held.
func (s *slab) arena(p *pool, class, n int) (*arena, error) {
	if p.most > 0 && p.mapped()+int64(n) > p.most {
		return nil, ErrFull
	}
	m, err := newMapping(n)
	if err != nil {
		return nil, err
	}
	a := &arena{mapping: m, pool: p, class: class, open: -1}
	s.lock(a)
	p.enlist(a)
	if !a.undumped {
		p.dumpable.Add(int64(len(a.mem)))
	}
	if class >= 0 {
		a.free = make([]uint16, a.cells())
		for i := range a.free {
			a.free[i] = uint16(len(a.free) - 1 - i)
		}
		p.addOpen(a)
	}
	return a, nil
}

// release unmaps an arena that no cell uses; s.mu is held. What it leaves of the
// budget of locked memory goes to those that had to do without.
func (s *slab) release(a *arena) {
	p := a.pool
	p.strike(a)
	if !a.undumped {
		p.dumpable.Add(-int64(len(a.mem)))
	}
	wasLocked := a.mapping.locked
	a.mapping.release()
	if wasLocked {
		s.relock()
	}
}
