package capability

import (
	"context"
	"sync"
)

// Decided is what calls have seen on which the host decided whether a write may take
// place: the write is a conflict if any of it has changed. Clear it to decide again.
type Decided struct{ sync.Map }

type decidedAt struct {
	set  *Set
	name string
}

type decidedKey struct{}

// WithDecided returns a context for the calls on which the host decides, and for the
// write.
func WithDecided(ctx context.Context) (context.Context, *Decided) {
	d := new(Decided)
	return context.WithValue(ctx, decidedKey{}, d), d
}

// DecidedOf returns what is kept for ctx, nil if nothing is decided.
func DecidedOf(ctx context.Context) *Decided {
	d, _ := ctx.Value(decidedKey{}).(*Decided)
	return d
}

// Decided returns what the call has seen first under a name, nil for nothing, where the
// host decides on it; ok is false if that is unknown. With see it notes what.
func (c *Call) Decided(name string, see bool, what any) (first any, ok bool) {
	d := DecidedOf(c.Context)
	switch {
	case d == nil:
		return nil, false
	case see:
		return d.LoadOrStore(decidedAt{c.set, name}, what)
	}
	return d.Load(decidedAt{c.set, name})
}
