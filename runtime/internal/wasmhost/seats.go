package wasmhost

import (
	"context"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// seats bounds how many guests of one provider run for longer than a slice of fuel at
// the same time, so that none takes all processors. Such a guest gives its seat to one
// that waits after each slice, and waits behind the others. One that waits in a host
// function has no seat. Guests that end within their first slice, as most do, have
// none: handing over a seat would cost more than they do.
type seats struct {
	state atomic.Int64 // guests that run, and those that wait times oneWaiting
	limit atomic.Int64 // of those that run
	slice atomic.Int64 // fuel that they get at a time
	used  atomic.Int64 // nanoseconds that the calls that have ended took
	began time.Time
	spent atomic.Int64 // how long after began these calls had last taken yieldAfter
	paged atomic.Int64 // how long after began a call had last touched many pages; 0 if none has

	mu    sync.Mutex
	queue []chan struct{} // guarded by mu: those that wait; closed when they have a seat

	served uint64 // guarded by processors.mu: the value of granted when a guest last got one
}

// oneWaiting is a waiting guest in the state of seats.
const oneWaiting = 1 << 32

func newSeats() *seats {
	p := &seats{began: time.Now()}
	p.slice.Store(slice)
	p.adjust()
	return p
}

// adjust sets the limit: all processors but one, which is left to others.
func (p *seats) adjust() { p.limit.Store(int64(max(1, goruntime.GOMAXPROCS(0)-1))) }

const (
	// pageUnits is what it costs the system to map a page of a guest and to unmap it again.
	// The guest does not pay for that in fuel: the meter cannot see which store is the first
	// one to a page.
	pageUnits = 40
	// costlyTime is how long the calls of a provider count as costly after one of them
	// touched pages that cost more than a slice.
	costlyTime = 10 * time.Second
	// yieldAfter is how long the short calls of a provider take before one of them yields.
	yieldAfter = aimedSlice / 4
	// yieldTime is how long a busy provider takes at most to use that: a provider is busy
	// if it uses more than a sixtieth of a processor.
	yieldTime = 16 * time.Millisecond
)

// start returns when a call begins, for ended: the time since the seats were made, or 0 while
// there is a processor for each call. To yield would then only wake another processor and
// continue there, and reading the clock costs a call one part in a hundred.
func (p *seats) start() time.Duration {
	if !longRunning.taken() {
		return 0
	}
	return max(1, time.Since(p.began))
}

// ended counts the time that a call took, with what the host did for it after the guest had
// returned, and notes how many pages of its memory were unmapped. Many short calls keep a
// processor busy as one long call does, but never use up a slice. So each time the calls of
// a busy provider have taken a quarter of it, the caller of the last one yields to other
// goroutines. A long call has yielded itself: of its time, no more than a slice counts.
func (p *seats) ended(start time.Duration, pages int) {
	if pageUnits*int64(pages) > slice {
		p.paged.Store(int64(max(1, time.Since(p.began))))
	}
	if start == 0 {
		return
	}
	now := time.Since(p.began)
	took := int64(min(now-start, aimedSlice))
	if all := p.used.Add(took); all/int64(yieldAfter) == (all-took)/int64(yieldAfter) {
		return
	}
	if last := p.spent.Swap(int64(now)); now-time.Duration(last) < yieldTime {
		goruntime.Gosched()
	}
}

// costly reports whether a guest of the provider needs a seat from the start, because it
// may occupy a processor for longer than a slice before it has used one up.
func (p *seats) costly() bool {
	last := p.paged.Load()
	return last != 0 && time.Since(p.began)-time.Duration(last) < costlyTime
}

// take gets a seat, waiting for it until the deadline at most. The caller calls
// give.
func (p *seats) take(ctx context.Context, deadline time.Time) error {
	for {
		s := p.state.Load()
		if s >= p.limit.Load() { // also if any wait
			return p.wait(ctx, deadline)
		}
		if p.state.CompareAndSwap(s, s+1) {
			return nil
		}
	}
}

// give gives a seat back.
func (p *seats) give() {
	for {
		s := p.state.Load()
		if s >= oneWaiting {
			break
		}
		if p.state.CompareAndSwap(s, s-1) {
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Add(-1)
	p.admit()
}

// crowded reports whether guests wait for a seat.
func (p *seats) crowded() bool { return p.state.Load() >= oneWaiting }

// wait is take for a guest that has to queue.
func (p *seats) wait(ctx context.Context, deadline time.Time) error {
	ready := make(chan struct{})
	p.mu.Lock()
	p.adjust()
	p.state.Add(oneWaiting)
	p.queue = append(p.queue, ready)
	p.admit()
	p.mu.Unlock()
	err := waitUntil(ctx, deadline, ready)
	if err == nil {
		// The scheduler of Go runs a goroutine that is woken in the time of the one that
		// woke it. Guests that hand over a seat again and again would hold the processor.
		goruntime.Gosched()
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, ready); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		p.state.Add(-oneWaiting)
	} else { // the seat came at the same moment
		p.state.Add(-1)
	}
	p.admit()
	return err
}

// admit gives free seats to those that wait, in their order. The caller holds mu.
// While any wait, nobody else changes the number of those that run.
func (p *seats) admit() {
	for len(p.queue) > 0 && p.state.Load()%oneWaiting < p.limit.Load() {
		p.state.Add(1 - oneWaiting)
		close(p.queue[0])
		p.queue[0] = nil
		p.queue = p.queue[1:]
	}
}

// waitUntil waits until ready is closed.
func waitUntil(ctx context.Context, deadline time.Time, ready <-chan struct{}) error {
	select { // most often a seat becomes free before a timer would be made
	case <-ready:
		return nil
	default:
	}
	over := time.NewTimer(time.Until(deadline))
	defer over.Stop()
	select {
	case <-ready:
		return nil
	case <-over.C:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// processors are shared by the calls of all providers. Guests that run for longer than a
// slice of fuel queue for them: when one becomes free, the provider that has waited
// longest for one gets it, however many guests the others have. A guest that ends within
// its first slice, as most do, does not queue here.
type processors struct {
	calls atomic.Int64 // under way

	mu      sync.Mutex
	busy    int       // guarded by mu
	granted uint64    // guarded by mu: counts the guests that got a processor
	waiting []*waiter // guarded by mu
}

// waiter is a guest that waits for a processor.
type waiter struct {
	seats *seats
	ready chan struct{}
}

// longRunning are the processors of this process.
var longRunning processors

// taken reports whether the calls under way may keep all processors from others.
func (q *processors) taken() bool { return q.calls.Load() >= int64(goruntime.GOMAXPROCS(0)) }

// take gets a processor for a guest. The caller calls give.
func (q *processors) take(ctx context.Context, deadline time.Time, p *seats) error {
	q.mu.Lock()
	w := &waiter{seats: p, ready: make(chan struct{})}
	q.waiting = append(q.waiting, w)
	q.admit()
	q.mu.Unlock()
	err := waitUntil(ctx, deadline, w.ready)
	if err == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting, w); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	} else { // the processor came at the same moment
		q.busy--
	}
	q.admit()
	return err
}

// give gives a processor back.
func (q *processors) give() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	q.admit()
}

// crowded reports whether guests wait for a processor.
func (q *processors) crowded() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) > 0
}

// admit gives free processors to those that wait. The caller holds mu.
func (q *processors) admit() {
	for len(q.waiting) > 0 && q.busy < goruntime.GOMAXPROCS(0) {
		next := 0
		for i, w := range q.waiting {
			if w.seats.served < q.waiting[next].seats.served {
				next = i
			}
		}
		w := q.waiting[next]
		q.waiting = slices.Delete(q.waiting, next, next+1)
		q.busy++
		q.granted++
		w.seats.served = q.granted
		close(w.ready)
	}
}
