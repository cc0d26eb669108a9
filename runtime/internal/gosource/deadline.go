package gosource

import (
	"context"
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
	return chain.Single(ending{p, after})
}

type ending struct {
	secret.Provider
	after time.Duration
}

func (e ending) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.Provider.Get(ctx, key)
}

func (e ending) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	ctx, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.Provider.Set(ctx, key, value)
}

func (e ending) Delete(ctx context.Context, key secret.Key) error {
	ctx, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.Provider.Delete(ctx, key)
}

func (e ending) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.Provider.Keys(ctx, prefix)
}

type endingMany struct {
	ending
	many chain.Source
}

func (e endingMany) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	ctx, cancel := context.WithTimeout(ctx, e.after)
	defer cancel()
	return e.many.GetMany(ctx, keys)
}
