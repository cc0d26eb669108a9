package capability

import (
	"context"
	"fmt"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// asked holds what Options.Now and Options.Environ returned before a call began. It is
// itself a context, so it travels with the call and each retry.
type asked struct {
	context.Context
	set     *Set
	environ []string
	clock   time.Time // what Options.Now returned
	at      time.Time // when it returned, by the clock of the system
}

type askedKey struct{ set *Set }

// Value returns a for the key of its set.
func (a *asked) Value(key any) any {
	if key == (askedKey{a.set}) {
		return a
	}
	return a.Context.Value(key)
}

// Ask calls the functions of the embedder whose results a call may need: Options.Now,
// and Options.Environ if any of the environment is granted. Begin the call, and each
// retry, with the returned context. Call Ask before acquiring anything that others wait
// for, such as an instance: these functions may call the same provider, or block. If one
// of them panics, the error has the code ErrInternal.
func (s *Set) Ask(ctx context.Context, op secret.Op) (context.Context, error) {
	if !s.asksEnviron && !s.opt.ownClock {
		return ctx, nil
	}
	a := &asked{Context: ctx, set: s}
	if s.opt.ownClock {
		if err := s.run(op, "Options.Now", func() { a.clock, a.at = s.opt.Now(), time.Now() }); err != nil {
			return nil, err
		}
	}
	if s.asksEnviron {
		if err := s.run(op, "Options.Environ", func() { a.environ = s.opt.Environ() }); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// run calls a function of the embedder and turns a panic into an error. The panic value
// is dropped: it may hold a secret.
func (s *Set) run(op secret.Op, name string, f func()) (err error) {
	returned := false
	defer func() {
		if recover() != nil || !returned { // nil with GODEBUG=panicnil=1
			err = &secret.Error{Code: secret.ErrInternal, Op: op, Provider: s.opt.Provider, Detail: fmt.Sprintf("%s panicked", name)}
		}
	}()
	f()
	returned = true
	return nil
}

// asked returns what Ask found out for this call. ok is false if Ask was not called: the
// embedder is then called when the guest needs the answer.
func (c *Call) asked() (a *asked, ok bool) {
	a, ok = c.Context.Value(askedKey{c.set}).(*asked)
	return a, ok
}

// Now returns the time by the clock of the options. If Ask has read that clock, Now adds
// the time that has passed since.
func (c *Call) Now() time.Time {
	if !c.set.opt.ownClock {
		return time.Now()
	}
	if a, ok := c.asked(); ok {
		return a.clock.Add(time.Since(a.at))
	}
	return c.set.opt.Now()
}

// Environ returns the environment of the options. ok is false if they have none.
func (c *Call) Environ() (entries []string, ok bool) {
	if c.set.opt.Environ == nil {
		return nil, false
	}
	if a, ok := c.asked(); ok {
		return a.environ, true
	}
	return c.set.opt.Environ(), true
}
