package redact

import (
	"context"
	"sync/atomic"
	"time"
	"weak"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/redact/internal/match"
	"github.com/postern-project/postern/runtime/secret"
)

// Hold keeps a value masked until it is released, and for the grace after that.
// Make it with [Registry.Hold]. Its methods may be called by several goroutines at
// once.
type Hold struct {
	registry *Registry
	val      *value
	label    *label
	hint     hint

	opening uint64 // of the registry: see Registry.openings
	done    atomic.Bool
	// Set by the first ReleaseLater, Release or Drop, read by sweep.
	until time.Time
	later bool  // the grace begins with sweep
	next  *Hold // in the registry's list of released holds
}

// Hold masks the value of e, as [Registry.AddDeferred] does, until the Hold is
// released. Holds are counted: the value stays masked until the last one is
// released and [Options.Grace] is over. Remove and Retire do not end a Hold. It is
// cheap for a value that is masked already: nothing is copied or built. The error
// is that of [secret.Secret.Expose], or that the system has no memory for the copy.
func (r *Registry) Hold(e Entry) (*Hold, error) { return r.HoldBuilt(e, nil) }

// Built is the search for one value: see [Registry.Build].
type Built struct{ search match.Built }

// Build builds the search for the value of s before it is registered, while others use the
// registry: for a large value, so that no search waits for it. It gives up when ctx ends and
// returns its cause. The result is nil for a value that is not searched; other errors are
// those of [secret.Secret.Expose].
func (r *Registry) Build(ctx context.Context, s secret.Secret) (*Built, error) {
	searches := false
	if err := s.Expose(func(b []byte) error { searches = encodings.Classify(b) == encodings.Searched; return nil }); err != nil || !searches {
		return nil, err
	}
	var ended atomic.Bool
	defer context.AfterFunc(ctx, func() { ended.Store(true) })()
	v := &value{}
	v.src.Store(&s)
	if search, ok := r.index.Build(v, ended.Load); ok && ctx.Err() == nil {
		return &Built{search}, nil
	}
	return nil, context.Cause(ctx)
}

// HoldBuilt is [Registry.Hold] for a value whose search was built with the same registry. A
// search is used for one call; a nil b is none.
func (r *Registry) HoldBuilt(e Entry, b *Built) (*Hold, error) {
	of := r.ahead(&e)
	defer of.drop()
	now := r.opts.Now() // code of the embedder: not under the lock
	r.mu.Lock()
	defer r.unlock()
	r.sweep(now)
	h := &Hold{registry: r, opening: r.openings.Load()}
	if err := r.add(&e, h, b, of); err != nil {
		return nil, err
	}
	return h, nil
}

// Active reports whether h keeps its value masked: it was not released, and the
// registry was not closed since.
func (h *Hold) Active() bool { return !h.done.Load() && h.opening == h.registry.openings.Load() }

// Opening numbers the times between two calls of [Registry.Close]. The holds of one
// opening end together, at its end.
func (h *Hold) Opening() uint64 { return h.opening }

// Release ends the hold at the time of the call. The value stays masked for the
// registry's grace, and longer if there are other holders. Only the first call of
// ReleaseLater, Release or Drop has an effect. Release takes no lock and never waits for
// a search structure to be built.
func (h *Hold) Release() { h.letGo(h.registry.opts.Now().Add(h.registry.opts.Grace), false) }

// ReleaseLater is [Hold.Release] for a cleanup of the garbage collector: it does not ask
// the clock of the options, where a panic would end the process and a wait would stop all
// cleanups. The grace begins with the next call of the registry that changes or counts
// its values.
func (h *Hold) ReleaseLater() { h.letGo(time.Time{}, true) }

// Releaser returns a function that is like ReleaseLater, for a cleanup of what may outlive
// the registry: it does not keep the registry and its other values in memory. Call it once.
func (h *Hold) Releaser() func() {
	registry, end := weak.Make(h.registry), &Hold{val: h.val, label: h.label, hint: h.hint, opening: h.opening}
	return func() {
		if end.registry = registry.Value(); end.registry != nil {
			end.ReleaseLater()
		}
	}
}

// Drop ends the hold without grace, for a value that was never in use, such as that
// of a failed write. Other holders keep the value masked. Unlike the others, Drop may
// wait for other calls on the registry.
func (h *Hold) Drop() {
	if h.letGo(time.Time{}, false) {
		now := h.registry.opts.Now() // code of the embedder: not under the lock
		h.registry.mu.Lock()
		defer h.registry.unlock()
		h.registry.sweep(now)
	}
}

// letGo adds the hold to the list of released holds, and reports whether this was
// the first call.
func (h *Hold) letGo(until time.Time, later bool) bool {
	if h.done.Swap(true) {
		return false
	}
	h.until, h.later = until, later
	for {
		h.next = h.registry.released.Load()
		if h.registry.released.CompareAndSwap(h.next, h) {
			return true
		}
	}
}
