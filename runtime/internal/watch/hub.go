package watch

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// MaxPending is how many keys a subscription keeps until its subscriber comes.
const MaxPending = 4096

// Hub hands events to subscriptions. It is safe for concurrent use.
type Hub struct {
	now func() time.Time

	mu     sync.Mutex
	closed bool                       // guarded by mu
	subs   map[*subscription]struct{} // guarded by mu
}

// New returns a hub that stamps events with now.
func New(now func() time.Time) *Hub {
	return &Hub{now: now, subs: map[*subscription]struct{}{}}
}

// Active reports whether anybody watches.
func (h *Hub) Active() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) > 0
}

// Publish gives e to every subscription; Seq and At are filled in. It does not
// wait for subscribers.
func (h *Hub) Publish(e secret.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e.At = h.now()
	for s := range h.subs {
		s.add(e)
	}
}

// Watch yields a Resync and then what is published, until ctx ends, the hub is
// closed or the consumer stops. The last thing it yields is the reason: the
// context's error, or secret.ErrClosed. The subscription begins when ranging
// begins.
func (h *Hub) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		s := &subscription{wake: make(chan struct{}, 1)}
		if !h.join(s) {
			yield(secret.Event{}, &secret.Error{Code: secret.ErrClosed, Op: secret.OpWatch})
			return
		}
		defer h.leave(s)
		s.add(secret.Event{Kind: secret.EventResync, At: h.now()})
		for {
			for e, ok := s.next(); ok; e, ok = s.next() {
				if !yield(e, nil) {
					return
				}
			}
			select {
			case <-ctx.Done():
				yield(secret.Event{}, ctx.Err())
				return
			case _, open := <-s.wake:
				if !open {
					yield(secret.Event{}, &secret.Error{Code: secret.ErrClosed, Op: secret.OpWatch})
					return
				}
			}
		}
	}
}

// Close ends all subscriptions. Their consumers get what is pending first.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for s := range h.subs {
		s.end()
	}
}

func (h *Hub) join(s *subscription) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.subs[s] = struct{}{}
	return true
}

func (h *Hub) leave(s *subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, s)
}
