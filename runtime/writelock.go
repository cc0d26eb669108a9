package runtime

import (
	"context"
	"sync"
	"sync/atomic"
)

// writeLocks lets writes of one place happen one after the other.
type writeLocks struct {
	mu    sync.Mutex
	locks map[place]*writeLock // guarded by mu: those in use
}

type writeLock struct {
	token  chan struct{} // holds the token while nobody writes
	users  int           // guarded by writeLocks.mu
	holder atomic.Uint64 // the goroutine that writes
}

// writing is the context key of a write. A provider that writes through the same
// Runtime meanwhile, with the context that it was given, does not wait: it would
// wait for itself, or for a write that waits for it. Without that context, a write
// that waits for its own goroutine is recognized.
type writing struct{ locks *writeLocks }

// lock waits until no other write of the place is under way, or ctx ends. The
// returned context is for the write, and release ends it.
func (w *writeLocks) lock(ctx context.Context, at place) (inner context.Context, release func(), err error) {
	if ctx.Value(writing{w}) != nil {
		return ctx, func() {}, nil
	}
	l := w.use(at)
	select {
	case <-l.token:
	default:
		if l.holder.Load() == goroutine() {
			w.unuse(at, l)
			return ctx, func() {}, nil
		}
		select {
		case <-l.token:
		case <-ctx.Done():
			w.unuse(at, l)
			return ctx, nil, ctx.Err()
		}
	}
	l.holder.Store(goroutine())
	release = func() {
		l.holder.Store(0)
		l.token <- struct{}{}
		w.unuse(at, l)
	}
	return context.WithValue(ctx, writing{w}, true), release, nil
}

func (w *writeLocks) use(at place) *writeLock {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.locks[at]
	if l == nil {
		l = &writeLock{token: make(chan struct{}, 1)}
		l.token <- struct{}{}
		if w.locks == nil {
			w.locks = map[place]*writeLock{}
		}
		w.locks[at] = l
	}
	l.users++
	return l
}

func (w *writeLocks) unuse(at place, l *writeLock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(w.locks, at)
	}
}
