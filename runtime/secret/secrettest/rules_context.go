package secrettest

import (
	"context"
	"errors"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// verbs calls every verb that the factory declares, in the same order always,
// and returns each one's error. It asks for keyA, and sets and deletes keyNew.
func (r *run) verbs(ctx context.Context, h *Harness) map[secret.Op]error {
	_, err := h.Provider.Get(ctx, keyA)
	errs := map[secret.Op]error{secret.OpGet: err}
	if r.Writable {
		errs[secret.OpSet] = put(ctx, h, keyNew, canary)
	}
	if r.Deletable {
		errs[secret.OpDelete] = h.Provider.Delete(ctx, keyNew)
	}
	if r.Listable {
		_, errs[secret.OpKeys] = h.Provider.Keys(ctx, "")
	}
	return errs
}

// ended is a context that ended before the call, with the cause given.
func (r *run) ended(cause error) (context.Context, context.CancelFunc) {
	if cause == context.DeadlineExceeded {
		return context.WithDeadline(r.ctx, time.Unix(0, 0))
	}
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	return ctx, cancel
}

// heeds is nil if every verb answers a context that ended with its cause.
func (r *run) heeds(cause error) error {
	h, err := r.start(one(keyA, "a"))
	if err != nil {
		return err
	}
	ctx, cancel := r.ended(cause)
	defer cancel()
	for verb, err := range r.verbs(ctx, h) {
		if !errors.Is(err, cause) {
			return broken("%s = %v", verb, err)
		}
	}
	return nil
}

func contextRules() []rule {
	return []rule{
		{"cancelled_before_call", "a call whose context was cancelled returns an error that Is context.Canceled", 0, func(r *run) error {
			return r.heeds(context.Canceled)
		}},
		{"deadline_is_timeout", "a call whose deadline has passed returns an error that Is context.DeadlineExceeded", 0, func(r *run) error {
			return r.heeds(context.DeadlineExceeded)
		}},
		{"cancelled_set_changes_nothing", "a Set whose context was cancelled leaves the value before in place", set, func(r *run) error {
			h, err := r.start(one(keyA, "before"))
			if err != nil {
				return err
			}
			ctx, cancel := r.ended(context.Canceled)
			defer cancel()
			if err := put(ctx, h, keyA, "after"); err == nil {
				return nil // another rule's business
			}
			return want(r.ctx, h, keyA, "before")
		}},
		{"cancelled_mid_call", "a Get that waits returns when its context is cancelled", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			return r.cancelHalfWay(h, func(result <-chan error, release func()) error {
				defer release()
				select {
				case err := <-result:
					if !errors.Is(err, context.Canceled) {
						return broken("Get = %v", err)
					}
					return nil
				case <-r.ctx.Done():
					return broken("Get still waits")
				}
			})
		}},
		{"cancel_does_not_poison", "after a call was cancelled, the next one works", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			if err := want(r.ctx, h, keyA, "a"); err != nil {
				return err
			}
			ctx, cancel := r.ended(context.Canceled)
			defer cancel()
			_, _ = h.Provider.Get(ctx, keyA)
			if err := want(r.ctx, h, keyA, "a"); err != nil || h.Block == nil {
				return err
			}
			err = r.cancelHalfWay(h, func(result <-chan error, release func()) error {
				release() // whether it heeds the context is another rule's business
				<-result
				return nil
			})
			if err != nil {
				return err
			}
			return want(r.ctx, h, keyA, "a")
		}},
		{"context_is_not_kept", "the end of a call's context after the call changes nothing", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(r.ctx)
			err = want(ctx, h, keyA, "a")
			cancel()
			if err != nil {
				return err
			}
			return want(r.ctx, h, keyA, "a")
		}},
	}
}

// cancelHalfWay cancels a Get that waits inside the store and hands judge its
// result to come and what lets the store go on.
func (r *run) cancelHalfWay(h *Harness, judge func(result <-chan error, release func()) error) error {
	if h.Block == nil {
		return skip{"the harness has no Block"}
	}
	entered, release := h.Block()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	result := make(chan error, 1)
	go func() {
		_, err := h.Provider.Get(ctx, keyA)
		result <- err
	}()
	select {
	case <-entered:
	case err := <-result:
		release()
		return broken("Get did not wait after Block: it returned %v", err)
	case <-r.ctx.Done():
		release()
		return broken("Get did not come to wait after Block")
	}
	cancel()
	return judge(result, release)
}
