package watch

import (
	"sync"

	"github.com/postern-project/postern/runtime/secret"
)

// subscription holds what one consumer has not seen yet: one slot per key, in
// the order in which the keys first changed.
type subscription struct {
	wake chan struct{} // one token: something is pending; closed at the end

	mu      sync.Mutex
	ended   bool                        // guarded by mu
	seq     uint64                      // guarded by mu
	order   []secret.Key                // guarded by mu: keys of slots, oldest first
	slots   map[secret.Key]secret.Event // guarded by mu
	notices []secret.Event              // guarded by mu: events without a key, delivered first
}

func (s *subscription) add(e secret.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if e.Key == "" {
		s.notices = append(s.notices, e)
	} else {
		s.merge(e)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// merge puts e into the slot of its key; s.mu is held.
func (s *subscription) merge(e secret.Event) {
	if s.slots == nil {
		s.slots = map[secret.Key]secret.Event{}
	}
	old, pending := s.slots[e.Key]
	if !pending {
		if len(s.slots) == MaxPending {
			s.overflow(e)
			return
		}
		s.slots[e.Key] = e
		s.order = append(s.order, e.Key)
		return
	}
	merged, keep := coalesce(old, e)
	if keep {
		s.slots[e.Key] = merged
		return
	}
	delete(s.slots, e.Key)
	for i, k := range s.order {
		if k == e.Key {
			s.order = append(s.order[:i], s.order[i+1:]...)
			return
		}
	}
}

// overflow forgets all slots and says so; s.mu is held.
func (s *subscription) overflow(e secret.Event) {
	missed := uint64(len(s.slots) + 1)
	clear(s.slots)
	s.order = s.order[:0]
	s.notices = append(s.notices,
		secret.Event{Kind: secret.EventLagged, Missed: missed, At: e.At},
		secret.Event{Kind: secret.EventResync, At: e.At})
}

// coalesce merges two changes of one key into one that leads to the same state;
// keep is false when nothing is left to tell.
func coalesce(old, e secret.Event) (merged secret.Event, keep bool) {
	merged = e
	merged.Prev = old.Prev
	switch {
	case old.Kind == secret.EventAdded && e.Kind == secret.EventRemoved:
		return secret.Event{}, false
	case old.Kind == secret.EventAdded:
		merged.Kind = secret.EventAdded
	case old.Kind == secret.EventRemoved && e.Kind == secret.EventAdded:
		merged.Kind = secret.EventRotated
	}
	return merged, true
}

// next takes the oldest pending event and numbers it.
func (s *subscription) next() (e secret.Event, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.notices) > 0:
		e, s.notices = s.notices[0], s.notices[1:]
	case len(s.order) > 0:
		e = s.slots[s.order[0]]
		delete(s.slots, s.order[0])
		s.order = s.order[1:]
	default:
		return secret.Event{}, false
	}
	s.seq++
	e.Seq = s.seq
	return e, true
}

func (s *subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	close(s.wake)
}
