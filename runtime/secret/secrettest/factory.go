package secrettest

import (
	"context"
	"errors"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// Factory opens stores for the rules and says what they can do. A rule that
// needs an ability which is not declared is skipped; for a verb that is not
// declared, the rule that it answers unsupported is run instead.
type Factory struct {
	// Open returns a provider over a fresh store that holds exactly seed, by
	// whatever means its store is filled. It is called once or twice per rule;
	// ctx lives as long as the rule. Keys of seed are of the form
	// SECRETTEST_NAME unless the rule is about other ones. If the store cannot
	// hold these keys or values at all, Open returns an error that Is
	// ErrInvalidKey, ErrInvalidValue or ErrTooLarge, and the rule is skipped;
	// any other error breaks the rule.
	Open func(ctx context.Context, seed map[secret.Key][]byte) (*Harness, error)

	Writable  bool // offers Set
	Deletable bool // offers Delete
	Listable  bool // offers Keys
	Watchable bool // offers Watch

	// MaxValue is the largest value in bytes that the opened stores take, 0 if
	// they have no cap of their own. MaxKeys is the longest listing, likewise.
	MaxValue, MaxKeys int

	// Limit bounds each rule, 0 stands for 10 seconds. A call that does not
	// return within it breaks the rule.
	Limit time.Duration

	// Skipped, if set, is told of every rule that was skipped, and why. Run
	// tells the testing.T as well.
	Skipped func(rule, reason string)
}

// Harness is one opened store.
type Harness struct {
	// Provider is what is tested.
	Provider secret.Provider

	// Block, if set, makes the next Get wait inside the store until its context
	// ends or release is called; entered is closed once it waits. The rules on
	// calls that are cancelled half-way need it.
	Block func() (entered <-chan struct{}, release func())

	// Close, if set, releases the store. It is called once, when the rule is
	// done. Calls after it must return an error that Is ErrClosed, and no
	// goroutine may be left.
	Close func() error
}

func (f Factory) limit() time.Duration {
	if f.Limit == 0 {
		return 10 * time.Second
	}
	return f.Limit
}

// skip is the outcome of a rule that does not apply.
type skip struct{ reason string }

func (s skip) Error() string { return "skipped: " + s.reason }

// run is what one rule works with.
type run struct {
	Factory
	ctx  context.Context // ends when the rule's limit is reached
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

// close closes h, which must not be used any more.
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

// closeAll closes what the rule left open. How closing goes is the business of
// the one rule that is about it.
func (r *run) closeAll() {
	for len(r.open) > 0 {
		_ = r.close(r.open[0])
	}
}
