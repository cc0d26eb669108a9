package gosource

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/secret"
)

// RecoverPanics keeps a panic of an embedder's provider, or of an error that it
// returned, from ending the process. What it panicked with is dropped: it may
// hold a value. The errors have the name of the provider in the configuration, and not
// what the provider says about who failed behind it.
func RecoverPanics(name string) func(chain.Source) chain.Source {
	return func(s chain.Source) chain.Source { return recovering{s, name} }
}

type recovering struct {
	s    chain.Source
	name string
}

// judge is [Judge] of an error of the provider.
func (r recovering) judge(ctx context.Context, err error, op secret.Op, key secret.Key) error {
	err = Judge(ctx, err, op, key)
	if e, ok := err.(*secret.Error); ok { // which Judge has made
		e.Provider, e.Attempts = r.name, nil
	}
	return err
}

// errUnfinished is the result of a call until it has another one. With
// GODEBUG=panicnil=1 in the environment, recover returns nil for panic(nil).
var errUnfinished = errors.New("unfinished")

func (r recovering) Get(ctx context.Context, key secret.Key) (v secret.Secret, err error) {
	defer recovered(&err, secret.OpGet, key)
	err = errUnfinished
	v, err = r.s.Get(ctx, key)
	return v, r.judge(ctx, err, secret.OpGet, key)
}

func (r recovering) GetMany(ctx context.Context, keys []secret.Key) (results []secret.Result) {
	finished := false
	defer func() {
		if recover() != nil || !finished {
			results = allFail(keys, func(k secret.Key) error { return Panicked(secret.OpGet, k) })
		}
	}()
	results = slices.Clone(r.s.GetMany(ctx, keys))
	for i := range results {
		results[i].Err = r.judge(ctx, results[i].Err, secret.OpGet, results[i].Key)
	}
	finished = true
	return results
}

func (r recovering) Set(ctx context.Context, key secret.Key, value secret.Secret) (err error) {
	defer recovered(&err, secret.OpSet, key)
	err = errUnfinished
	return r.judge(ctx, r.s.Set(ctx, key, value), secret.OpSet, key)
}

func (r recovering) Delete(ctx context.Context, key secret.Key) (err error) {
	defer recovered(&err, secret.OpDelete, key)
	err = errUnfinished
	return r.judge(ctx, r.s.Delete(ctx, key), secret.OpDelete, key)
}

func (r recovering) Keys(ctx context.Context, prefix string) (keys []secret.Key, err error) {
	defer recovered(&err, secret.OpKeys, "")
	err = errUnfinished
	keys, err = r.s.Keys(ctx, prefix)
	return keys, r.judge(ctx, err, secret.OpKeys, "")
}

// Watch yields what s yields. A panic of s ends the watch with an error; one of
// the consumer passes through.
func (r recovering) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		var mu sync.Mutex // a provider may yield from another goroutine, even when its watch is over
		consuming, stopped, over, finished := false, false, false, false
		err := func() (err error) {
			defer func() {
				if !consuming && (recover() != nil || !finished) {
					err = Panicked(secret.OpWatch, "")
				}
			}()
			events := r.s.Watch(ctx)
			if events == nil {
				finished = true
				return &secret.Error{Code: secret.ErrUnsupported, Op: secret.OpWatch, Detail: "the provider returned no watch"}
			}
			defer func() { mu.Lock(); over = true; mu.Unlock() }()
			events(func(e secret.Event, err error) bool {
				mu.Lock()
				defer mu.Unlock()
				if stopped || over {
					return false
				}
				err = r.judge(ctx, err, secret.OpWatch, "")
				consuming = true
				stopped = !yield(e, err)
				consuming = false
				return !stopped
			})
			finished = true
			return nil
		}()
		if err != nil && !stopped {
			yield(secret.Event{}, err)
		}
	}
}

func recovered(err *error, op secret.Op, key secret.Key) {
	if recover() != nil || *err == errUnfinished {
		*err = Panicked(op, key)
	}
}

// Panicked returns the error of a provider that panicked.
func Panicked(op secret.Op, key secret.Key) error {
	return &secret.Error{Code: secret.ErrInternal, Op: op, Key: key, Detail: "the provider panicked"}
}

func allFail(keys []secret.Key, why func(secret.Key) error) []secret.Result {
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		results[i] = secret.Result{Key: k, Err: why(k)}
	}
	return results
}
