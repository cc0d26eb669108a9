package capability

import (
	"context"
	"sync"
	"sync/atomic"
)

// Decided is what calls have seen on which the host decided whether a write may take
// place: the write is a conflict if any of it has changed. Clear it to decide again.
type Decided struct {
	seen     sync.Map // of decidedAt
	conflict atomic.Bool
}

type decidedAt struct {
	set  *Set
	name string
}

type decidedKey struct{}

// WithDecided returns a context for the calls on which the host decides, and for the
// write. A request that is made inside them does not inherit it: see [IsMark].
func WithDecided(ctx context.Context) (context.Context, *Decided) {
	d := new(Decided)
	return context.WithValue(ctx, decidedKey{}, d), d
}

// DecidedOf returns what is kept for ctx, nil if nothing is decided.
func DecidedOf(ctx context.Context) *Decided {
	d, _ := ctx.Value(decidedKey{}).(*Decided)
	return d
}

// Conflict notes that a module answered the write with a conflict: it has written
// nothing, and it is safe to decide and to write again.
func (d *Decided) Conflict() { d.conflict.Store(true) }

// Conflicted reports whether a module answered the write with a conflict.
func (d *Decided) Conflicted() bool { return d.conflict.Load() }

// Clear forgets everything.
func (d *Decided) Clear() {
	d.seen.Clear()
	d.conflict.Store(false)
}

// Decided returns what the call has seen first under a name, nil for nothing, where the
// host decides on it; ok is false if that is unknown. With see it notes what.
func (c *Call) Decided(name string, see bool, what any) (first any, ok bool) {
	d := DecidedOf(c.Context)
	switch {
	case d == nil:
		return nil, false
	case see:
		return d.seen.LoadOrStore(decidedAt{c.set, name}, what)
	}
	return d.seen.Load(decidedAt{c.set, name})
}

// IsMark reports whether a context keeps under the key what belongs to one request and
// to its own calls of providers: what it was decided on, what was asked for a call, and
// the call. Code of the embedder that gets such a context may begin a request with it,
// which must find none of that.
func IsMark(key any) bool {
	switch key.(type) {
	case decidedKey, askedKey, callKey:
		return true
	}
	return false
}
