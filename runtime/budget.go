package runtime

import (
	"fmt"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
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

// spend has the provider of a value pay for its masking, if it has a budget and the
// value is not masked already.
func (r *released) spend(at place, v secret.Secret) error {
	b := r.budgets[at.provider]
	if b == nil {
		return nil
	}
	cost, err := r.registry.Cost(v)
	if err != nil {
		return err
	}
	if cost > 0 && !b.spend(int64(cost), r.now()) {
		return &secret.Error{
			Code: secret.ErrTooLarge, Key: at.key, Provider: at.provider,
			Detail: fmt.Sprintf("to mask what the provider has returned in %v would take more than %d bytes, limits.mask_memory", redact.DefaultGrace, b.most),
		}
	}
	return nil
}
