package slab

import "slices"

// Share is memory apart from that of the values, for one owner that must not take
// locked memory away from them. Its arenas are locked only as far as the values and
// the other shares leave something of what the system lets the process lock: they are
// unlocked again when a value needs it, and each share gets as much as the next one.
// It is safe for concurrent use.
type Share struct {
	slab func() *slab // as in a Cell
}

// all is the owner of all cells of a share.
const all Owner = 1

// MaxSpare is the largest size of what a share maps and does not use, if nothing was
// freed: an arena for each size of cell.
const MaxSpare = classes * arenaSize

// NewShare returns an empty share that maps at most most bytes. The caller closes it.
func NewShare(most int64) *Share {
	s := newSlab(max(most, 1))
	process.budget.join(&s.pool)
	return &Share{s.self}
}

// New copies b into a new cell of the share by means of copying, as [NewBy] does. The
// cell is not freed when it becomes unreachable. The error is ErrFull if the share has no
// room for it, and ErrFreed if it is closed.
func (s *Share) New(b []byte, copying func(dst, src []byte)) (*Cell, error) {
	return s.slab().put(all, b, copying)
}

// Stat returns the state of the share.
func (s *Share) Stat() Status { return s.slab().status() }

// Close frees all cells of the share, and unmaps its memory: now, or when the last
// Use under way returns. A second Close does nothing.
func (s *Share) Close() {
	s.slab().mu.Lock()
	s.slab().closed = true
	s.slab().mu.Unlock()
	s.slab().freeAll(all)
	for _, a := range s.slab().takeEmpty() {
		s.slab().release(a)
	}
	process.budget.quit(&s.slab().pool)
}

// takeEmpty returns the arenas that no cell uses, of which it takes none any more.
func (s *slab) takeEmpty() (empty []*arena) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for class := range s.open {
		for _, a := range slices.Clone(s.open[class]) {
			if len(a.free) == a.cells() {
				s.removeOpen(a)
				empty = append(empty, a)
			}
		}
	}
	return empty
}
