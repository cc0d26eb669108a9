package kv

import (
	"errors"
	"slices"
	"sync"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/slab"
)

// entryCost is charged for every entry besides its bytes: many small entries cost
// the host more than they hold.
const entryCost = 256

// maxReplaced is how often a value that is replaced again and again is looked for.
const maxReplaced = 5

// store holds values in protected memory. It is safe for concurrent use.
type store struct {
	limit int64
	share *slab.Share
	large chan struct{} // holds a token while a large value is stored or wiped

	wiping sync.Mutex // held while a large value is wiped

	mu      sync.RWMutex
	entries map[string]entry // guarded by mu; nil when closed
	keys    []string         // guarded by mu: of the entries, in any order
	bytes   int64            // guarded by mu: what the entries are charged
}

type entry struct {
	cell  *slab.Cell
	size  int
	index int // in keys
}

// newStore returns an empty store. Cells are of fixed sizes, each less than twice what
// its entry is charged, so that a store that was filled in any order fits in its share;
// one that removes some of many entries of each size may be full before its limit.
func newStore(limit int64) *store {
	return &store{limit: limit, share: slab.NewShare(2*limit + slab.MaxSpare), large: make(chan struct{}, 1), entries: map[string]entry{}}
}

// close wipes all values, and waits for one that is being wiped.
func (s *store) close() {
	s.wiping.Lock()
	defer s.wiping.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.share.Close()
	s.entries, s.keys, s.bytes = nil, nil, 0
}

func cost(key string, size int) int64 { return int64(len(key)) + int64(size) + entryCost }

// fits reports whether an entry of size bytes may be stored at key; s.mu is held. The
// status is the reason if not.
func (s *store) fits(key string, size int) abi.Status {
	bytes := s.bytes + cost(key, size)
	if old, replaced := s.entries[key]; replaced {
		bytes -= cost(key, old.size)
	}
	switch {
	case s.entries == nil:
		return abi.Unavailable
	case bytes > s.limit || size > slab.MaxSize:
		return abi.TooLarge
	}
	return abi.OK
}

// isLarge reports whether the value of key takes long to wipe.
func (s *store) isLarge(key string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries[key].size > slab.MaxQuick
}

// put stores a small value in place of none or a small one.
func (s *store) put(key string, value []byte) abi.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status := s.fits(key, len(value)); status != abi.OK {
		return status
	}
	cell, status := s.cell(value, nil)
	if status != abi.OK {
		return status
	}
	if old := s.set(key, cell, len(value)); old != nil {
		old.Free()
	}
	return abi.OK
}

// putLarge stores a value of any size in place of one of any size, without a lock while it
// is copied by means of copying. If copying panics, so does putLarge. One is stored at a
// time, so that the share has room for it: putLarge gives back the token of s.large, which
// the caller took, once the value that is replaced or not stored is wiped. It does not wait
// for that.
func (s *store) putLarge(key string, value []byte, copying func(dst, src []byte)) abi.Status {
	var unused *slab.Cell
	defer func() { s.wipe(unused) }()
	s.mu.RLock()
	status := s.fits(key, len(value))
	s.mu.RUnlock()
	if status != abi.OK {
		return status
	}
	var stopped any // what copying panicked with: the cell is to be wiped like any other
	cell, status := s.cell(value, func(dst, src []byte) {
		if stopped != nil {
			return
		}
		defer func() { stopped = recover() }()
		copying(dst, src)
	})
	if status != abi.OK {
		return status
	}
	unused = cell
	if stopped != nil {
		panic(stopped)
	}
	s.mu.Lock()
	if status = s.fits(key, len(value)); status == abi.OK {
		unused = s.set(key, cell, len(value))
	}
	s.mu.Unlock()
	return status
}

// wipe frees a cell, or nil, and gives back the token of s.large. It does not wait: to wipe
// and unmap a large value takes longer than a call may run after its end.
func (s *store) wipe(cell *slab.Cell) {
	if cell == nil {
		<-s.large
		return
	}
	s.wiping.Lock()
	go func() {
		cell.Free()
		s.wiping.Unlock()
		<-s.large
	}()
}

// stat returns the memory of the store, without values that are being wiped.
func (s *store) stat() slab.Status {
	s.wiping.Lock()
	defer s.wiping.Unlock()
	return s.share.Stat()
}

func (s *store) cell(value []byte, copying func(dst, src []byte)) (*slab.Cell, abi.Status) {
	cell, err := s.share.New(value, copying)
	switch {
	case errors.Is(err, slab.ErrFull):
		return nil, abi.TooLarge
	case err != nil:
		return nil, abi.Unavailable
	}
	return cell, abi.OK
}

// set stores an entry that fits, and returns the cell that it replaces, or nil; s.mu is
// held.
func (s *store) set(key string, cell *slab.Cell, size int) (replaced *slab.Cell) {
	e, ok := s.entries[key]
	if ok {
		s.bytes -= cost(key, e.size)
	} else {
		e.index = len(s.keys)
		s.keys = append(s.keys, key)
	}
	replaced, e.cell, e.size = e.cell, cell, size
	s.entries[key] = e
	s.bytes += cost(key, size)
	return replaced
}

// remove removes an entry with a small value.
func (s *store) remove(key string) abi.Status {
	cell := s.take(key)
	if cell == nil {
		return abi.NotFound
	}
	cell.Free()
	return abi.OK
}

// removeLarge removes an entry with a value of any size. It gives back the token of s.large
// as putLarge does.
func (s *store) removeLarge(key string) abi.Status {
	cell := s.take(key)
	s.wipe(cell)
	if cell == nil {
		return abi.NotFound
	}
	return abi.OK
}

// take removes an entry and returns its cell, or nil.
func (s *store) take(key string) *slab.Cell {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[key]
	if !ok {
		return nil
	}
	last := s.keys[len(s.keys)-1]
	moved := s.entries[last]
	moved.index = e.index
	s.keys[e.index], s.entries[last] = last, moved
	s.keys[len(s.keys)-1] = ""
	s.keys = s.keys[:len(s.keys)-1]
	delete(s.entries, key)
	s.bytes -= cost(key, e.size)
	return e.cell
}

// use calls f with the value of key. It holds no lock meanwhile: the cell keeps the value
// until f returns, also when it is replaced.
func (s *store) use(key string, f func(value []byte) error) abi.Status {
	for range maxReplaced {
		s.mu.RLock()
		e, ok := s.entries[key]
		s.mu.RUnlock()
		if !ok {
			return abi.NotFound
		}
		if e.cell.Use(f) == nil {
			return abi.OK
		}
		// It was replaced or removed before f was called.
	}
	return abi.Unavailable
}

// count returns how many keys there are.
func (s *store) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.keys)
}

// list returns the keys, in any order.
func (s *store) list() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.keys)
}
