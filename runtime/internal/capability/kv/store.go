package kv

import (
	"errors"
	"strings"
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

	mu      sync.RWMutex
	entries map[string]entry // guarded by mu; nil when closed
	bytes   int64            // guarded by mu: what the entries are charged
}

type entry struct {
	cell *slab.Cell
	size int
}

// newStore returns an empty store. Cells are of fixed sizes, each less than twice what
// its entry is charged, so that a store that was filled in any order fits in its share;
// one that removes some of many entries of each size may be full before its limit.
func newStore(limit int64) *store {
	return &store{limit: limit, share: slab.NewShare(2*limit + slab.MaxSpare), entries: map[string]entry{}}
}

func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.share.Close()
	s.entries, s.bytes = nil, 0
}

func cost(key string, size int) int64 { return int64(len(key)) + int64(size) + entryCost }

func (s *store) put(key string, value []byte) abi.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries == nil {
		return abi.Unavailable
	}
	old, replaced := s.entries[key]
	bytes := s.bytes + cost(key, len(value))
	if replaced {
		bytes -= cost(key, old.size)
	}
	if bytes > s.limit || len(value) > slab.MaxSize {
		return abi.TooLarge
	}
	cell, err := s.share.New(value)
	switch {
	case errors.Is(err, slab.ErrFull):
		return abi.TooLarge
	case err != nil:
		return abi.Unavailable
	}
	if replaced {
		old.cell.Free()
	}
	s.entries[key], s.bytes = entry{cell, len(value)}, bytes
	return abi.OK
}

func (s *store) remove(key string) abi.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[key]
	if !ok {
		return abi.NotFound
	}
	e.cell.Free()
	delete(s.entries, key)
	s.bytes -= cost(key, e.size)
	return abi.OK
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

// keys returns the keys that begin with prefix, in any order. It calls look before it
// looks at one.
func (s *store) keys(prefix string, look func()) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var keys []string
	for key := range s.entries {
		look()
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}
