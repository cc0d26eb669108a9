package secrettest

import (
	"context"
	"errors"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// Factory opens stores for the rules and declares what they can do. A rule that
// needs more than is declared is skipped. For an operation that is not declared
// there is a rule that it returns an error that Is errors.ErrUnsupported.
type Factory struct {
	// Open returns a provider over a new store that holds exactly seed; how it
	// fills the store is up to it. It is called once or twice per rule. ctx ends
	// after the rule. Keys of seed have the form SECRETTEST_NAME unless the rule
	// is about another form. If the store cannot hold such keys or values at
	// all, Open returns an error that Is [secret.ErrInvalidKey],
	// [secret.ErrInvalidValue] or [secret.ErrTooLarge], and the rule is skipped.
	// Any other error breaks the rule.
	Open func(ctx context.Context, seed map[secret.Key][]byte) (*Harness, error)

	Writable  bool // offers Set
	Deletable bool // offers Delete
	Listable  bool // offers Keys
	Watchable bool // offers Watch

	// MaxValue is the largest value in bytes that the stores accept, MaxKeys the
	// largest number of keys that they list; 0 if they have no limit.
	MaxValue, MaxKeys int

	// Limit is the time for each rule, 0 for 10 seconds. A call that does not
	// return within it breaks the rule.
	Limit time.Duration

	// Skipped, if set, is called with the name of every rule that was skipped
	// and the reason.
	Skipped func(rule, reason string)
}

// Harness is one opened store.
type Harness struct {
	// Provider is the provider to check.
	Provider secret.Provider

	// Block, if set, makes the next Get wait inside the store until its context
	// ends or release is called; entered is closed once it waits. Without Block
	// the rules about a call that is canceled while it runs are skipped.
	Block func() (entered <-chan struct{}, release func())

	// Close, if set, releases the store. It is called once, at the end of the
	// rule. Calls after it must return an error that Is [secret.ErrClosed], and
	// the store must leave no goroutine behind.
	Close func() error
}

func (f Factory) limit() time.Duration {
	if f.Limit == 0 {
		return 10 * time.Second
	}
	return f.Limit
}

// run is one run of a rule.
type run struct {
	Factory
	ctx  context.Context // ends at the rule's limit
	open []*Harness
}

// start opens a store that holds seed.
func (r *run) start(seed map[secret.Key]string) (*Harness, error) {
	content := make(map[secret.Key][]byte, len(seed))
	for key, text := range seed {
		content[key] = []byte(text)
	}
	h, err := r.Open(r.ctx, content)
	for _, refusal := range []secret.Code{secret.ErrInvalidKey, secret.ErrInvalidValue, secret.ErrTooLarge} {
		if errors.Is(err, refusal) {
			return nil, skip{"the store cannot hold what the rule needs: " + string(refusal)}
		}
	}
	if err != nil {
		return nil, broken("Open = %w", err)
	}
	r.open = append(r.open, h)
	return h, nil
}

// close closes h, which must not be used after it.
func (r *run) close(h *Harness) error {
	for i, open := range r.open {
		if open == h {
			r.open = append(r.open[:i], r.open[i+1:]...)
			break
		}
	}
	if h.Close == nil {
		return nil
	}
	return h.Close()
}

// closeAll closes what the rule left open. Errors of Close have a rule of their
// own.
func (r *run) closeAll() {
	for len(r.open) > 0 {
		_ = r.close(r.open[0])
	}
}
