package capability

import (
	"context"
	"sync"
	"sync/atomic"
)

// Decided records what calls have read and what the host then based the decision about a
// write on: if any of it has changed, the write is a conflict. Clear it to decide again.
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

// DecidedOf returns the Decided of ctx, nil if it has none.
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

// Decided returns what the call first read under a name. If see is set and nothing is
// recorded under the name, it records what and returns it. ok is false if nothing was
// recorded before, or if no decision about a write is in progress.
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

// IsMark reports whether key is a context key for data of one request and its calls of
// providers: a Decided, the results of [Set.Ask], or the call itself. Code of the embedder
// that gets such a context may begin another request with it. That request must not find
// this data.
func IsMark(key any) bool {
	switch key.(type) {
	case decidedKey, askedKey, callKey:
		return true
	}
	return false
}
