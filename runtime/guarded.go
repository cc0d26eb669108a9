package runtime

import (
	"context"
	"iter"

	"github.com/postern-project/postern/runtime/secret"
)

// guarded keeps a panic of an embedder's provider from ending the process. What
// was panicked with is dropped: it may hold a value.
type guarded struct{ p secret.Provider }

func (g guarded) Get(ctx context.Context, key Key) (v Secret, err error) {
	defer recovered(&err, secret.OpGet, key)
	return g.p.Get(ctx, key)
}

func (g guarded) Set(ctx context.Context, key Key, value Secret) (err error) {
	defer recovered(&err, secret.OpSet, key)
	return g.p.Set(ctx, key, value)
}

func (g guarded) Delete(ctx context.Context, key Key) (err error) {
	defer recovered(&err, secret.OpDelete, key)
	return g.p.Delete(ctx, key)
}

func (g guarded) Keys(ctx context.Context, prefix string) (keys []Key, err error) {
	defer recovered(&err, secret.OpKeys, "")
	return g.p.Keys(ctx, prefix)
}

func (g guarded) Watch(ctx context.Context) iter.Seq2[SecretEvent, error] { return g.p.Watch(ctx) }

func recovered(err *error, op secret.Op, key Key) {
	if recover() != nil {
		*err = &secret.Error{Code: secret.ErrInternal, Op: op, Key: key, Detail: "the provider panicked"}
	}
}
