package runtime

import (
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/redact"
)

// budget is what masking the values of one provider may take. It counts what was spent
// in the current stretch of the length of a grace, and in the one before: of that, as
// much as a grace that ends now would cover if it was spent evenly.
type budget struct {
	most int64 // bytes

	mu      sync.Mutex
	began   time.Time // of the current stretch
	before  int64     // bytes that were spent in the stretch before
	current int64     // ... and in the current one
}

// spend takes n bytes of what is left at the given time. It reports whether that was
// enough.
func (b *budget) spend(n int64, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	const stretch = redact.DefaultGrace
	passed := max(0, now.Sub(b.began))
	switch {
	case b.began.IsZero() || passed >= 2*stretch:
		b.began, b.before, b.current, passed = now, 0, 0, 0
	case passed >= stretch:
		b.began, b.before, b.current, passed = b.began.Add(stretch), b.current, 0, passed-stretch
	}
	left := b.most - b.current - int64(float64(b.before)*(1-float64(passed)/float64(stretch)))
	if n > left {
		return false
	}
	b.current += n
	return true
}
