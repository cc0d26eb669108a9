package watch

import "github.com/postern-project/postern/runtime/secret"

// Relay publishes events in a goroutine of its own. [Relay.Add] neither waits nor calls
// code of the embedder, such as the clock that [Hub.Publish] asks. Events that were not
// published yet are kept like those of a subscription. It is safe for concurrent use.
type Relay struct {
	hub     *Hub
	pending *subscription
}

// Relay returns a new Relay to the hub. Close ends its goroutine.
func (h *Hub) Relay() *Relay {
	r := &Relay{hub: h, pending: newSubscription()}
	go r.publish()
	return r
}

// Add adds an event, which is published after those before it. After Close it does nothing.
func (r *Relay) Add(e secret.Event) { r.pending.add(e) }

// Close lets what was added be published, and does not wait for it.
func (r *Relay) Close() { r.pending.end() }

// publish publishes what is added until Close. If the clock ends its goroutine, another one
// goes on.
func (r *Relay) publish() {
	over := false
	defer func() {
		if !over {
			go r.publish()
		}
	}()
	for open := true; open; _, open = <-r.pending.wake {
		r.publishPending()
	}
	r.publishPending() // what came before the end
	over = true
}

func (r *Relay) publishPending() {
	for e, ok := r.pending.next(); ok; e, ok = r.pending.next() {
		r.hub.Publish(e)
	}
}
