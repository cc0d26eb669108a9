package slab

import (
	"slices"
	"sync"
)

// budget shares out what the system lets this process lock. Its lock guards by which
// list of its pool an arena is found; it is not held while an arena is mapped or
// unmapped, nor while one is locked for which the system has room.
type budget struct {
	mu     sync.Mutex
	shares []*pool // guarded by mu: of the shares that are not closed
}

func (b *budget) join(p *pool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shares = append(b.shares, p)
}

func (b *budget) quit(p *pool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shares = slices.DeleteFunc(b.shares, func(q *pool) bool { return p == q })
}

// add locks a new arena if it can, and enlists it.
func (b *budget) add(a *arena) {
	locked := a.mapping.lock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !locked {
		b.lock(a)
	}
	a.pool.enlist(a)
}

// remove unmaps an arena. What it leaves of the budget goes to those that had to do
// without.
func (b *budget) remove(a *arena) {
	b.mu.Lock()
	a.pool.strike(a)
	b.mu.Unlock()
	wasLocked := a.mapping.locked
	a.mapping.release()
	if wasLocked {
		b.mu.Lock()
		b.relock()
		b.mu.Unlock()
	}
}

// lock locks a new arena. If the system refuses, arenas of shares give way: all of
// them to the values, and to a share those of shares that have more; b.mu is held.
func (b *budget) lock(a *arena) {
	p, gave := a.pool, false
	values := &process.values.pool
	for !a.mapping.lock() {
		most := b.richest()
		if most == nil || p != values && (most == p || most.lockedBytes.Load() <= p.lockedBytes.Load()+int64(len(a.mem))) {
			if gave { // without making enough room
				b.relock()
			}
			return
		}
		last := most.locked[len(most.locked)-1]
		most.relist(last, last.mapping.unlock)
		gave = true
	}
}

// relock locks what was not locked, until the system refuses: the values first, then
// arenas of the share with the least locked memory; b.mu is held.
func (b *budget) relock() {
	for p := &process.values.pool; len(p.unlocked) > 0 && p.lockOne(); {
	}
	for p := b.poorest(); p != nil && p.lockOne(); p = b.poorest() {
	}
}

// lockOne locks an arena that is not locked. It reports whether the system did.
func (p *pool) lockOne() bool {
	a := p.unlocked[len(p.unlocked)-1]
	p.relist(a, func() { _ = a.mapping.lock() })
	return a.mapping.locked
}

// richest returns the share with the most locked memory, nil if none has any.
func (b *budget) richest() (most *pool) {
	for _, p := range b.shares {
		if len(p.locked) > 0 && (most == nil || p.lockedBytes.Load() > most.lockedBytes.Load()) {
			most = p
		}
	}
	return most
}

// poorest returns the share with the least locked memory of those that have unlocked
// memory, nil if there is none.
func (b *budget) poorest() (least *pool) {
	for _, p := range b.shares {
		if len(p.unlocked) > 0 && (least == nil || p.lockedBytes.Load() < least.lockedBytes.Load()) {
			least = p
		}
	}
	return least
}
