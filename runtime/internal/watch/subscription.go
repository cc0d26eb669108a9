package watch

import (
	"slices"
	"sync"

	"github.com/postern-project/postern/runtime/secret"
)

// subscription holds the events that one consumer has not received yet: one slot
// per provider and key, in the order in which they first changed.
type subscription struct {
	wake chan struct{} // one token: something is pending; closed at the end

	mu      sync.Mutex
	ended   bool                  // guarded by mu
	seq     uint64                // guarded by mu
	order   []slot                // guarded by mu: of slots, oldest first
	slots   map[slot]secret.Event // guarded by mu
	notices []secret.Event        // guarded by mu: events without a key, delivered first, one per kind and provider
}

// slot identifies a pending event. The same key of two providers changes
// independently. A failure of the provider has a slot besides that of the changes.
type slot struct {
	provider string
	key      secret.Key
	degraded bool
}

func newSubscription() *subscription {
	return &subscription{wake: make(chan struct{}, 1)}
}

func (s *subscription) add(e secret.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if e.Key == "" {
		s.notice(e)
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
		s.slots = map[slot]secret.Event{}
	}
	at := slot{e.Provider, e.Key, e.Kind == secret.EventDegraded}
	old, pending := s.slots[at]
	if !pending {
		if len(s.slots) == MaxPending {
			s.overflow(e)
			return
		}
		s.slots[at] = e
		s.order = append(s.order, at)
		return
	}
	s.slots[at] = coalesce(old, e)
}

// overflow drops all slots and queues a Lagged and a Resync; s.mu is held.
func (s *subscription) overflow(e secret.Event) {
	missed := uint64(len(s.slots) + 1)
	clear(s.slots)
	s.order = s.order[:0]
	s.notice(secret.Event{Kind: secret.EventLagged, Missed: missed, At: e.At})
	s.notice(secret.Event{Kind: secret.EventResync, At: e.At})
}

// notice adds an event without a key, in place of a pending one of the same kind
// and provider; s.mu is held.
func (s *subscription) notice(e secret.Event) {
	same := func(n secret.Event) bool { return n.Kind == e.Kind && n.Provider == e.Provider }
	if i := slices.IndexFunc(s.notices, same); i >= 0 {
		e.Missed += s.notices[i].Missed
		s.notices = slices.Delete(s.notices, i, i+1)
	}
	s.notices = append(s.notices, e)
}

// coalesce merges two changes of one key into one that leads to the same state. A
// key that was added and removed counts as removed: the subscriber may have read it
// in between.
func coalesce(old, e secret.Event) secret.Event {
	merged := e
	merged.Prev = old.Prev
	switch {
	case old.Kind == secret.EventAdded && e.Kind == secret.EventRotated:
		merged.Kind = secret.EventAdded
	case old.Kind == secret.EventRemoved && e.Kind == secret.EventAdded:
		merged.Kind = secret.EventRotated
	}
	return merged
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
