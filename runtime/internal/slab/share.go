package slab

import "slices"

// Share is memory apart from that of the values, for one owner that must not take
// locked memory away from them. Its arenas are locked only as far as the values and
// the other shares leave something of what the system lets the process lock: they are
// unlocked again when a value needs it, and each share gets as much as the next one.
// It is safe for concurrent use.
type Share struct {
	owner Owner
	pool  *pool
}

// MaxSpare is the largest size of what a share maps and does not use, if nothing was
// freed: an arena for each size of cell.
const MaxSpare = classes * arenaSize

// NewShare returns an empty share that maps at most most bytes. The caller closes it.
func NewShare(most int64) *Share {
	p := &pool{most: max(most, 1)}
	process.mu.Lock()
	defer process.mu.Unlock()
	process.shares = append(process.shares, p)
	return &Share{owner: NewOwner(), pool: p}
}

// New copies b into a new cell of the share, as the function [New] does. The error is
// ErrFull if the share has no room for it, and ErrFreed if it is closed.
func (s *Share) New(b []byte) (*Cell, error) { return newCell(s.pool, s.owner, b) }

// Stat returns the state of the share.
func (s *Share) Stat() Status { return s.pool.status() }

// Close frees all cells of the share, and unmaps its memory: now, or when the last
// Use under way returns. A second Close does nothing.
func (s *Share) Close() {
	process.mu.Lock()
	s.pool.closed = true
	process.mu.Unlock()
	s.owner.FreeAll()
	process.mu.Lock()
	defer process.mu.Unlock()
	for class := range s.pool.open {
		for _, a := range slices.Clone(s.pool.open[class]) {
			if len(a.free) == a.cells() {
				s.pool.removeOpen(a)
				process.release(a)
			}
		}
	}
	process.shares = slices.DeleteFunc(process.shares, func(p *pool) bool { return p == s.pool })
}

// lock locks a new arena. If the system refuses, arenas of shares give way: all of
// them to the values, and to a share those of shares that have more; s.mu is held.
func (s *slab) lock(a *arena) {
	p, gave := a.pool, false
	for !a.mapping.lock() {
		most := s.richest()
		if most == nil || p != &s.values && (most == p || most.lockedBytes.Load() <= p.lockedBytes.Load()+int64(len(a.mem))) {
			if gave { // in vain
				s.relock()
			}
			return
		}
		last := most.locked[len(most.locked)-1]
		most.relist(last, last.mapping.unlock)
		gave = true
	}
}

// relock locks what was not locked, until the system refuses: the values first, then
// arenas of the share with the least locked memory; s.mu is held.
func (s *slab) relock() {
	for p := &s.values; len(p.unlocked) > 0 && p.lockOne(); {
	}
	for p := s.poorest(); p != nil && p.lockOne(); p = s.poorest() {
	}
}

// lockOne locks an arena that is not locked. It reports whether the system did.
func (p *pool) lockOne() bool {
	a := p.unlocked[len(p.unlocked)-1]
	p.relist(a, func() { _ = a.mapping.lock() })
	return a.mapping.locked
}

// richest returns the share with the most locked memory, nil if none has any.
func (s *slab) richest() (most *pool) {
	for _, p := range s.shares {
		if len(p.locked) > 0 && (most == nil || p.lockedBytes.Load() > most.lockedBytes.Load()) {
			most = p
		}
	}
	return most
}

// poorest returns the share with the least locked memory of those that have unlocked
// memory, nil if there is none.
func (s *slab) poorest() (least *pool) {
	for _, p := range s.shares {
		if len(p.unlocked) > 0 && (least == nil || p.lockedBytes.Load() < least.lockedBytes.Load()) {
			least = p
		}
	}
	return least
}
