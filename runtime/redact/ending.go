package redact

import (
	"container/heap"
	"time"
)

// ending is a label with a claim that expires at the given time.
type ending struct {
	at    time.Time
	val   *value
	label *label
}

// endings is a heap with the earliest ending first. Only the one whose time
// equals [label.ends] of its label counts; later ones of the same label are stale.
type endings []ending

var _ heap.Interface = (*endings)(nil)

func (e endings) Len() int           { return len(e) }
func (e endings) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e endings) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *endings) Push(x any)        { *e = append(*e, x.(ending)) }

func (e *endings) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = ending{}
	*e = (*e)[:last]
	return x
}

// sweep processes the holds that were released since the last sweep, and drops
// expired claims and values. The caller holds the mutex.
func (r *Registry) sweep(now time.Time) {
	h := r.released.Swap(nil)
	if h == nil && len(r.ending) == 0 {
		return
	}
	for ; h != nil; h = h.next {
		if h.later {
			h.until = now.Add(r.opts.Grace)
		}
		h.label.release(h.hint, h.until)
		r.settle(h.val, h.label, now)
	}
	for len(r.ending) > 0 && !now.Before(r.ending[0].at) {
		if e := heap.Pop(&r.ending).(ending); e.label.ends.Equal(e.at) {
			e.label.ends = time.Time{}
			r.settle(e.val, e.label, now)
		}
	}
}

// settle drops the expired claims of a label of v, and v if it has no others: its bytes
// are wiped, while the index keeps its patterns until the next merge.
func (r *Registry) settle(v *value, l *label, now time.Time) {
	if len(v.labels) == 0 || l.gone.Load() {
		return // dropped already, by Close or when another claim ended
	}
	next := v.expire(l, now)
	if len(v.labels) == 0 {
		r.forget(v)
	} else if !next.IsZero() && (l.ends.IsZero() || next.Before(l.ends)) {
		l.ends = next
		heap.Push(&r.ending, ending{next, v, l})
	}
}

// moment is a time by the clock of the options, and by that of the process.
type moment struct{ options, process time.Time }

// ExpireInSearches is for a registry that perhaps nobody will change any more, because the
// Runtime that made it is closed: searches then drop values whose grace is over. They do not ask
// the clock of the options, which may wait for what the caller of the search holds, but
// count the time since this call by the clock of the process. It does what [Registry.Len]
// does, too.
func (r *Registry) ExpireInSearches() {
	now := moment{r.opts.Now(), time.Now()} // code of the embedder: not under the lock
	r.mu.Lock()
	defer r.unlock()
	r.sweep(now.options)
	r.expiring.Store(&now)
}

// expire drops the values whose grace is over, if one may be since then, and looks again
// after another grace if some are left that end.
func (r *Registry) expire(since *moment) {
	passed := time.Since(since.process)
	if passed < r.opts.Grace || !r.expiring.CompareAndSwap(since, nil) {
		return
	}
	r.mu.Lock()
	defer r.unlock()
	now := moment{since.options.Add(passed), since.process.Add(passed)}
	r.sweep(now.options) // the index lets go of them by itself: others may wait for the lock
	if r.count > 0 {
		r.expiring.Store(&now)
	}
}
