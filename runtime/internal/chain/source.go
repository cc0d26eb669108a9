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
