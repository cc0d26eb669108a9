package secrettest

import (
	"context"
	"errors"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// ops calls every operation that the factory declares, always in the same order,
// and returns their errors. It gets keyA, and sets and deletes keyNew.
func (r *run) ops(ctx context.Context, h *Harness) map[secret.Op]error {
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

// ended returns a context that has ended with the given cause.
func (r *run) ended(cause error) (context.Context, context.CancelFunc) {
	if cause == context.DeadlineExceeded {
		return context.WithDeadline(r.ctx, time.Unix(0, 0))
	}
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	return ctx, cancel
}

// returnsCause returns nil if every operation returns the cause of a context that
// has ended.
func (r *run) returnsCause(cause error) error {
	h, err := r.start(one(keyA, "a"))
	if err != nil {
		return err
	}
	ctx, cancel := r.ended(cause)
	defer cancel()
	for op, err := range r.ops(ctx, h) {
		if !errors.Is(err, cause) {
			return broken("%s = %v", op, err)
		}
	}
	return nil
}

func contextRules() []rule {
	return []rule{
		{"canceled_before_call", "a call whose context was canceled returns an error that Is context.Canceled", 0, func(r *run) error {
			return r.returnsCause(context.Canceled)
		}},
		{"deadline_is_timeout", "a call whose deadline has passed returns an error that Is context.DeadlineExceeded", 0, func(r *run) error {
			return r.returnsCause(context.DeadlineExceeded)
		}},
		{"canceled_set_changes_nothing", "a Set whose context was canceled does not change the value", set, func(r *run) error {
			h, err := r.start(one(keyA, "before"))
			if err != nil {
				return err
			}
			ctx, cancel := r.ended(context.Canceled)
			defer cancel()
			if err := put(ctx, h, keyA, "after"); err == nil {
				return nil // canceled_before_call fails
			}
			return want(r.ctx, h, keyA, "before")
		}},
		{"canceled_mid_call", "a Get that waits returns when its context is canceled", 0, func(r *run) error {
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
					return broken("Get did not return")
				}
			})
		}},
		{"cancel_does_not_poison", "the call after a canceled one works", 0, func(r *run) error {
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
				release() // canceled_mid_call checks that the context alone ends it
				<-result
				return nil
			})
			if err != nil {
				return err
			}
			return want(r.ctx, h, keyA, "a")
		}},
		{"context_is_not_kept", "a context that ends after its call does not affect later calls", 0, func(r *run) error {
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

// cancelHalfWay cancels a Get that waits inside the store. judge gets the channel
// of its result and the function that releases the store.
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
		return broken("after Block, Get did not wait and returned %v", err)
	case <-r.ctx.Done():
		release()
		return broken("after Block, Get did not reach the store")
	}
	cancel()
	return judge(result, release)
}
