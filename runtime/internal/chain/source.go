package chain

import (
	"context"

	"github.com/postern-project/postern/runtime/secret"
)

// Source is a provider that can also answer for several keys at once, so that
// what lies in one file is read once.
type Source interface {
	secret.Provider

	// GetMany returns one result per key, in the order of keys, which hold no
	// key twice.
	GetMany(ctx context.Context, keys []secret.Key) []secret.Result
}

// Single makes a Source of a provider. One that has no GetMany is asked key by
// key.
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
