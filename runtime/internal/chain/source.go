package chain

import (
	"context"

	"github.com/postern-project/postern/runtime/secret"
)

// Source is a provider that can also return several keys at once, so that a file
// which holds several of them is read once.
type Source interface {
	secret.Provider

	// GetMany returns one result per key, in the order of keys. The keys are
	// distinct.
	GetMany(ctx context.Context, keys []secret.Key) []secret.Result
}

// Single returns p as a Source. If p has no GetMany, it is asked for one key at a
// time.
func Single(p secret.Provider) Source {
	if s, ok := p.(Source); ok {
		return s
	}
	return single{p}
}

type single struct{ secret.Provider }

func (s single) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		v, err := s.Get(ctx, k)
		results[i] = secret.Result{Key: k, Secret: v, Err: err}
	}
	return results
}
