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
// GetMany is called once per key.
func EndCalls(p secret.Provider, after time.Duration) chain.Source {
	if s, ok := p.(chain.Source); ok {
		return endingMany{ending{p, after}, s}
	}
	return chain.Single(apart{ending{p, after}})
}

// apart keeps a panic on one key of several from failing the others.
type apart struct{ ending }

func (a apart) Get(ctx context.Context, key secret.Key) (v secret.Secret, err error) {
	defer recovered(&err, secret.OpGet, key)
	err = errUnfinished
	v, err = a.ending.Get(ctx, key)
	return v, err
}

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
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	v, err := e.Provider.Get(limited, key)
	return v, e.named(ctx, limited, err)
}

func (e ending) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.named(ctx, limited, e.Provider.Set(limited, key, value))
}

func (e ending) Delete(ctx context.Context, key secret.Key) error {
	limited, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.named(ctx, limited, e.Provider.Delete(limited, key))
}

func (e ending) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
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
