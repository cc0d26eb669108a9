package watch

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// MaxPending is the largest number of pending events of a subscription.
const MaxPending = 4096

// Hub delivers events to subscriptions. It is safe for concurrent use.
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

// Active reports whether there are subscriptions.
func (h *Hub) Active() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) > 0
}

// Publish adds e to every subscription and sets its Seq and At. It does not wait
// for subscribers, and holds no lock while it asks the clock. If the clock ends the
// goroutine, At is the time of the system.
func (h *Hub) Publish(e secret.Event) {
	e.At = time.Now()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for s := range h.subs {
			s.add(e)
		}
	}()
	e.At = h.now()
}

// Watch yields a Resync and then the published events. When ctx ends or the hub
// is closed it yields the context's error or secret.ErrClosed and stops. The
// subscription begins when the caller starts to range over it.
func (h *Hub) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		s := newSubscription()
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
				if err := ctx.Err(); err != nil {
					yield(secret.Event{}, err)
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

// Close ends all subscriptions. Pending events are delivered first.
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
