package runtime

import (
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/redact"
)

// budget is what masking the values of one provider may take in any stretch of time as
// long as a grace. It counts by minutes: a minute counts until all of it is a grace ago.
type budget struct {
	most int64 // bytes

	mu    sync.Mutex
	spent [redact.DefaultGrace/budgetStep + 1]int64 // bytes, by minute
	last  int64                                     // the minute of the newest
}

const budgetStep = time.Minute

// spend takes n bytes of what is left at the given time. It reports whether that was
// enough.
func (b *budget) spend(n int64, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	minute := now.Unix() / int64(budgetStep/time.Second)
	if minute < b.last { // the clock was set back: what was spent counts as spent now
		sum := b.sum()
		clear(b.spent[:])
		*b.in(minute) = sum
	}
	for m := max(b.last+1, minute-int64(len(b.spent))+1); m <= minute; m++ {
		*b.in(m) = 0
	}
	b.last = minute
	if n > b.most-b.sum() {
		return false
	}
	*b.in(minute) += n
	return true
}

// in returns what was spent in a minute, which may lie before 1970.
func (b *budget) in(minute int64) *int64 {
	n := int64(len(b.spent))
	return &b.spent[(minute%n+n)%n]
}

func (b *budget) sum() (n int64) {
	for _, in := range b.spent {
		n += in
	}
	return n
}
