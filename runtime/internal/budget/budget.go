// Package budget limits what is spent in any stretch of time of one length.
package budget

import (
	"sync"
	"time"
)

// steps is into how many parts a stretch is divided. A part counts until all of it is a
// stretch ago, so nothing counts longer than a stretch and a part.
const steps = 10

// Budget is an amount that may be spent in each stretch of time. Make it with [New]. Its
// methods may be called by several goroutines at once.
type Budget struct {
	most int64
	step time.Duration

	mu    sync.Mutex
	spent [steps + 1]int64 // by step of the clock
	last  int64            // the newest step
}

// New returns a Budget of most for each stretch of time, which is at least 10 s long.
func New(most int64, stretch time.Duration) *Budget {
	return &Budget{most: most, step: stretch / steps}
}

// Most returns what may be spent in a stretch.
func (b *Budget) Most() int64 { return b.most }

// Spend takes n of what is left at the given time. It reports whether that was enough; if
// not, it takes nothing. A time that lies a little back is that of a request that waited; if
// the clock was set back further, what was spent counts as spent now.
func (b *Budget) Spend(n int64, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	step := now.Unix() / int64(b.step/time.Second)
	if step == b.last-1 {
		step = b.last
	}
	if step < b.last {
		sum := b.sum()
		clear(b.spent[:])
		*b.in(step) = sum
	}
	for s := max(b.last+1, step-steps); s <= step; s++ {
		*b.in(s) = 0
	}
	b.last = step
	if n > b.most-b.sum() {
		return false
	}
	*b.in(step) += n
	return true
}

// Refund gives back n of what was spent last, as far as it still counts.
func (b *Budget) Refund(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := b.last; s > b.last-int64(len(b.spent)) && n > 0; s-- {
		in := b.in(s)
		back := min(n, *in)
		*in -= back
		n -= back
	}
}

// in returns what was spent in a step, which may lie before 1970.
func (b *Budget) in(step int64) *int64 {
	n := int64(len(b.spent))
	return &b.spent[(step%n+n)%n]
}

func (b *Budget) sum() (n int64) {
	for _, in := range b.spent {
		n += in
	}
	return n
}
