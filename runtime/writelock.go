package runtime

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/goroutine"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// writeLocks lets writes of one place happen one after the other.
type writeLocks struct {
	within time.Duration // how long a write waits for another one

	mu    sync.Mutex
	locks map[place]*writeLock    // guarded by mu: those in use
	by    map[uint64]*activeWrite // guarded by mu: the innermost write that each goroutine has a lock for
}

type writeLock struct {
	at    place
	token chan struct{} // holds the token while nobody writes
	users int           // guarded by writeLocks.mu
	owner *activeWrite  // guarded by writeLocks.mu
}

// activeWrite is a write in progress. Meanwhile its provider may write through the same
// Runtime: that write is nested in this one.
type activeWrite struct {
	outer     *activeWrite  // the write that this one is nested in, nil for none
	goroutine uint64        // the one that began it
	skip      chan struct{} // closed when it must not wait any longer

	over  bool                        // guarded by writeLocks.mu
	below *activeWrite                // guarded by writeLocks.mu: what writeLocks.by held before
	waits map[*activeWrite]*writeLock // guarded by writeLocks.mu: what the writes nested in it wait for
}

// within reports whether w is outer or nested in it.
func (w *activeWrite) within(outer *activeWrite) bool {
	for ; w != nil; w = w.outer {
		if w == outer {
			return true
		}
	}
	return false
}

// writing is the context key of the innermost write.
type writing struct{ locks *writeLocks }

// lock waits until no other write to the place is in progress, ctx ends, or it has waited
// for as long as a call may take. The returned context is for the write, and release ends
// it. A write does not wait for the one that it is nested in, nor for a write that waits
// for that one: neither would ever end. A write from Options.CompileProcess does not wait
// either, since the other write may wait for it: it is a conflict. A write is nested if its
// context says so, or else its goroutine. The context of a write that has ended has no
// effect.
func (w *writeLocks) lock(ctx context.Context, at place) (inner context.Context, release func(), err error) {
	n, l := w.begin(ctx), w.use(at)
	inner = context.WithValue(ctx, writing{w}, n)
	select {
	case <-l.token:
	default:
		if wasmhost.InsideCompilation() {
			w.end(n, l, true)
			return ctx, nil, &secret.Error{Code: secret.ErrConflict,
				Detail: "another write of the key is under way, and may wait for the module that Options.CompileProcess, which makes this one, compiles"}
		}
		w.wait(n, l)
		timer := time.NewTimer(w.within)
		defer timer.Stop()
		select {
		case <-l.token:
		case <-n.skip:
			w.end(n, l, false)
			return inner, func() { w.mu.Lock(); n.over = true; w.mu.Unlock() }, nil
		case <-ctx.Done():
			w.end(n, l, true)
			return ctx, nil, ctx.Err()
		case <-timer.C:
			w.end(n, l, true)
			return ctx, nil, (&secret.Error{Code: secret.ErrTimeout,
				Detail: fmt.Sprintf("another write of the key was under way for %v, limits.call", w.within)}).Wrap(context.DeadlineExceeded)
		}
	}
	w.own(n, l)
	return inner, func() { w.release(n, l) }, nil
}

// begin returns a new write, nested in the one that ctx or the goroutine is in.
func (w *writeLocks) begin(ctx context.Context) *activeWrite {
	n := &activeWrite{goroutine: goroutine.ID(), skip: make(chan struct{})}
	outer, _ := ctx.Value(writing{w}).(*activeWrite)
	w.mu.Lock()
	defer w.mu.Unlock()
	for outer != nil && outer.over {
		outer = outer.outer
	}
	if outer == nil {
		outer = w.by[n.goroutine]
	}
	n.outer = outer
	return n
}

// wait notes what n waits for, and lets it skip a wait that would never end. Only nested writes
// have such waits. The wait that closes a circle is the last of it, since no write is nested
// in one that has no lock yet: so this is the only place to look.
func (w *writeLocks) wait(n *activeWrite, l *writeLock) {
	if n.outer == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if endless(n, l, map[*writeLock]bool{}) {
		close(n.skip)
		return
	}
	for o := n.outer; o != nil; o = o.outer {
		if o.waits == nil {
			o.waits = map[*activeWrite]*writeLock{}
		}
		o.waits[n] = l
	}
}

// goOn forgets what n waited for; w.mu is held.
func (n *activeWrite) goOn() {
	for o := n.outer; o != nil; o = o.outer {
		delete(o.waits, n)
	}
}

// own makes l the lock of n, which has its token.
func (w *writeLocks) own(n *activeWrite, l *writeLock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n.goOn()
	l.owner = n
	if w.by == nil {
		w.by = map[uint64]*activeWrite{}
	}
	n.below, w.by[n.goroutine] = w.by[n.goroutine], n
}

// endless reports whether l is released only after n: its owner is a write that n is
// nested in, or waits for such a write.
func endless(n *activeWrite, l *writeLock, seen map[*writeLock]bool) bool {
	if seen[l] || l.owner == nil {
		return false
	}
	seen[l] = true
	if n.within(l.owner) {
		return true
	}
	for _, of := range l.owner.waits {
		if endless(n, of, seen) {
			return true
		}
	}
	return false
}

// end ends the wait of n without the lock, and n with it if it is over.
func (w *writeLocks) end(n *activeWrite, l *writeLock, over bool) {
	w.mu.Lock()
	n.goOn()
	n.over = over
	w.mu.Unlock()
	w.unuse(l)
}

func (w *writeLocks) release(n *activeWrite, l *writeLock) {
	w.mu.Lock()
	n.over, l.owner = true, nil
	if w.by[n.goroutine] = n.below; n.below == nil {
		delete(w.by, n.goroutine)
	}
	w.mu.Unlock()
	l.token <- struct{}{}
	w.unuse(l)
}

func (w *writeLocks) use(at place) *writeLock {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.locks[at]
	if l == nil {
		l = &writeLock{token: make(chan struct{}, 1), at: at}
		l.token <- struct{}{}
		if w.locks == nil {
			w.locks = map[place]*writeLock{}
		}
		w.locks[at] = l
	}
	l.users++
	return l
}

func (w *writeLocks) unuse(l *writeLock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(w.locks, l.at)
	}
}

// insideCallback reports whether the calling goroutine is in a request, in a Write of a
// decision log or in Options.CompileProcess, of any Runtime. Requests wait for all three.
// A request does not count if the Runtime is idle, since then it is one of another.
func insideCallback(idle bool) bool {
	if wasmhost.InsideCompilation() {
		return true
	}
	const pkg = "github.com/postern-project/postern/runtime"
	return goroutine.Inside(func(name string) bool {
		return name == pkg+"/audit.(*Log).emit" || !idle && (name == pkg+".(*request).run" || name == pkg+".(*Runtime).probe")
	})
}
