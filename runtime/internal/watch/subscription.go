package watch

import (
	"sync"

	"github.com/postern-project/postern/runtime/secret"
)

// subscription holds the events that one consumer has not received yet.
type subscription struct {
	wake chan struct{} // one token: something is pending; closed at the end

	mu      sync.Mutex
	ended   bool    // guarded by mu
	seq     uint64  // guarded by mu
	pending pending // guarded by mu
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
	s.pending.add(e)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next takes the oldest pending event and numbers it.
func (s *subscription) next() (e secret.Event, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok = s.pending.take(); ok {
		s.seq++
		e.Seq = s.seq
	}
	return e, ok
}

func (s *subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	close(s.wake)
}
