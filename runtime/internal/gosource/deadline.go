package gosource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/secret"
)

// EndCalls gives each call of an embedder's provider a deadline. One without
// GetMany is called once per key, until a call has failed after its deadline, the caller
// has given up, or closed is true: a provider that hangs does so for one call, not for
// each key.
func EndCalls(p secret.Provider, after time.Duration, closed func() bool) chain.Source {
	if s, ok := p.(chain.Source); ok {
		return endingMany{ending{p, after}, s}
	}
	return each{ending{p, after}, closed}
}

// each is a provider without GetMany.
type each struct {
	ending
	closed func() bool
}

func (e each) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := make([]secret.Result, len(keys))
	var stop error // why no more keys are asked for
	for i, k := range keys {
		results[i].Key = k
		switch {
		case stop != nil:
		case ctx.Err() != nil:
			stop = ctx.Err()
		case e.closed():
			stop = &secret.Error{Code: secret.ErrClosed, Detail: "the runtime was closed"}
		}
		if results[i].Err = stop; stop != nil {
			continue
		}
		var late bool
		if results[i].Secret, late, results[i].Err = e.ask(ctx, k); late && results[i].Err != nil {
			stop = (&secret.Error{Code: secret.ErrTimeout,
				Detail: fmt.Sprintf("not asked for: the call for another key took longer than %v, limits.call", e.after)}).Wrap(context.DeadlineExceeded)
		}
	}
	return results
}

// ask gets one key of several. A panic fails this key only. late says that the call has
// taken longer than it may, while the caller would have waited.
func (e each) ask(ctx context.Context, key secret.Key) (v secret.Secret, late bool, err error) {
	defer recovered(&err, secret.OpGet, key)
	err = errUnfinished
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer func() {
		late = limited.Err() != nil && ctx.Err() == nil
		cancel()
	}()
	v, err = e.Provider.Get(limited, key)
	return v, late, e.named(ctx, limited, err)
}

// ending asks nothing for a caller who has given up: a provider that does not look at its
// context would answer.
type ending struct {
	secret.Provider
	after time.Duration
}

// named returns err, or, if the provider took longer than it may and the caller would
// have waited, an error that names the limit.
func (e ending) named(caller, ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || caller.Err() != nil {
		return err
	}
	left := maxErrors
	var own *secret.Error
	if !sound(err, &left) || secret.CodeOf(err) != secret.ErrTimeout || errors.As(err, &own) && own.Detail != "" {
		return err
	}
	return (&secret.Error{Code: secret.ErrTimeout, Detail: fmt.Sprintf("the call took longer than %v, limits.call", e.after)}).Wrap(err)
}

func (e ending) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	if err := ctx.Err(); err != nil {
		return secret.Secret{}, err
	}
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	v, err := e.Provider.Get(limited, key)
	return v, e.named(ctx, limited, err)
}

func (e ending) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.named(ctx, limited, e.Provider.Set(limited, key, value))
}

func (e ending) Delete(ctx context.Context, key secret.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.named(ctx, limited, e.Provider.Delete(limited, key))
}

func (e ending) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	keys, err := e.Provider.Keys(limited, prefix)
	return keys, e.named(ctx, limited, err)
}

type endingMany struct {
	ending
	many chain.Source
}

func (e endingMany) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	if err := ctx.Err(); err != nil {
		return allFail(keys, func(secret.Key) error { return err })
	}
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	results := e.many.GetMany(limited, keys)
	if len(results) != len(keys) {
		return results // refused by the next wrapper
	}
	own := slices.Clone(results) // the provider may still have the slice
	for i := range own {
		own[i].Err = e.named(ctx, limited, own[i].Err)
	}
	return own
}
