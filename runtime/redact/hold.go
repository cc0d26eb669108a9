package redact

import (
	"sync/atomic"
	"time"
)

// Hold keeps a value masked until it is released, and for the grace after that.
// Get one with [Registry.Hold].
type Hold struct {
	registry *Registry
	val      *value
	claim    claim

	done atomic.Bool
	// Set by the first Release or Drop, read by sweep.
	until time.Time
	next  *Hold // in the registry's released list
}

// Hold registers the value of e as [Registry.AddDeferred] does, until the Hold
// is released. Holds are counted, apart from the registration that the other
// methods make: the value stays masked until the last of them is released and
// [Options.Grace] is over. A Hold on a value that is held already copies
// nothing. The error is that of [secret.Secret.Expose], or of memory that the
// system refused.
func (r *Registry) Hold(e Entry) (*Hold, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep()
	h := &Hold{registry: r}
	if err := r.add(&e, h); err != nil {
		return nil, err
	}
	return h, nil
}

// Release lets go at the time of the call. The value stays masked for the
// registry's grace, and longer if there are other holders. Only the first
// Release or Drop has an effect. Release takes no lock and never waits for a
// search structure to be built, so that a cleanup of the garbage collector may
// call it.
func (h *Hold) Release() { h.letGo(h.registry.opts.Now().Add(h.registry.opts.Grace)) }

// Drop lets go without grace, for a value that was never in force: a write that
// failed. Other holders keep the value masked. Unlike Release it may wait for
// other users of the registry.
func (h *Hold) Drop() {
	if h.letGo(time.Time{}) {
		h.registry.mu.Lock()
		defer h.registry.mu.Unlock()
		h.registry.sweep()
	}
}

// letGo puts the hold on the released list. It reports whether it was the first
// to do so.
func (h *Hold) letGo(until time.Time) bool {
	if h.done.Swap(true) {
		return false
	}
	h.until = until
	for {
		h.next = h.registry.released.Load()
		if h.registry.released.CompareAndSwap(h.next, h) {
			return true
		}
	}
}
