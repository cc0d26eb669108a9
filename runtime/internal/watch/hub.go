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

	mu        sync.Mutex
	closed    bool                       // guarded by mu
	subs      map[*subscription]struct{} // guarded by mu
	published pending                    // guarded by mu: not yet in the subscriptions
	stamping  bool                       // guarded by mu: a goroutine asks the clock for them
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

// Publish adds e to every subscription, after the events that were published before, with
// its Seq and At. It waits neither for subscribers nor for the clock, which a goroutine of
// its own asks: it may be called from anywhere. If the clock ends that goroutine, At is the
// time of the system.
func (h *Hub) Publish(e secret.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.subs) == 0 {
		return
	}
	h.published.add(e)
	if !h.stamping {
		h.stamping = true
		go h.stamp()
	}
}

// stamp delivers what was published until the clock has answered.
func (h *Hub) stamp() {
	at := time.Now()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.stamping = false
		h.deliver(at)
	}()
	at = h.now()
}

// deliver adds what was published to the subscriptions; h.mu is held.
func (h *Hub) deliver(at time.Time) {
	for e, ok := h.published.take(); ok; e, ok = h.published.take() {
		e.At = at
		for s := range h.subs {
			s.add(e)
		}
	}
}

// Watch yields a Resync and then the published events. When ctx ends or the hub
// is closed it yields the context's error or secret.ErrClosed and stops. The
// subscription begins when the caller starts to range over it.
func (h *Hub) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		s := newSubscription()
		s.add(secret.Event{Kind: secret.EventResync, At: h.now()})
		if !h.join(s) {
			yield(secret.Event{}, &secret.Error{Code: secret.ErrClosed, Op: secret.OpWatch})
			return
		}
		defer h.leave(s)
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

// Close ends all subscriptions. Pending events are delivered first, at the time of the
// system if the clock has not answered yet.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	h.deliver(time.Now())
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
