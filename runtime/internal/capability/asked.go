package capability

import (
	"context"
	"fmt"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// asked is what code of the embedder answered before a call began. It is a context
// itself, by which it reaches the call, and each attempt of one that is made again.
type asked struct {
	context.Context
	set     *Set
	environ []string
	clock   time.Time // what the clock of the embedder said
	at      time.Time // when it said so
}

type askedKey struct{ set *Set }

// Value returns the answers for the key of their set.
func (a *asked) Value(key any) any {
	if key == (askedKey{a.set}) {
		return a
	}
	return a.Context.Value(key)
}

// Ask asks the code of the embedder what a call may need of it: the time, and the
// environment if any of it is granted. Begin the call, and each repetition of it, with
// the returned context. Ask before anything is taken that others wait for, such as an
// instance: that code may call the same provider, and may wait. The error is internal,
// if it panics.
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

// run runs code of the embedder, with whose panic nobody else has to do. What it
// panicked with may hold a value.
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

// asked returns the answers for this call. ok is false if it began without them: then
// it asks when the guest does.
func (c *Call) asked() (a *asked, ok bool) {
	a, ok = c.Context.Value(askedKey{c.set}).(*asked)
	return a, ok
}

// Now returns the time by the clock of the options. If that was asked before, it goes
// on from there as the clock of the system does.
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
