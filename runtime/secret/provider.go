package secret

import (
	"context"
	"iter"
)

// Provider is a source of secrets.
//
// All methods must be safe for concurrent use. They must return promptly when ctx
// ends, with an error that Is ctx.Err(). Errors should be an [*Error]; an error
// without a [Code] counts as [ErrUnavailable]. An operation that the provider does
// not offer returns an error that Is errors.ErrUnsupported, such as
// [ErrUnsupported] or [ErrReadOnly]. Package secrettest checks an implementation
// against these rules.
//
// Keys are valid: a Runtime checks them before it calls a provider.
type Provider interface {
	// Get returns the value of key. It must return an error that Is
	// [ErrNotFound] if the store answered that there is no such key, and in no
	// other case: an unreachable store is not an absent key, and neither is an
	// empty value. Callers may share the Secret and may call Destroy on it; that
	// must not affect the result of another Get.
	Get(ctx context.Context, key Key) (Secret, error)

	// Set stores value under key and replaces the previous one. It must be
	// atomic: a concurrent Get returns the old value or the new one, and after
	// an error the old value is still there unless the error is
	// [ErrOutcomeUnknown]. A Get that begins after Set returned must see the new
	// value. Set must not keep or destroy value: the caller owns it.
	Set(ctx context.Context, key Key, value Secret) error

	// Delete removes key. If there is no such key, it returns an error that Is
	// [ErrNotFound].
	Delete(ctx context.Context, key Key) error

	// Keys returns the keys that begin with prefix, sorted by bytes and without
	// duplicates; "" lists all. The prefix need not end at a "/". The caller
	// owns the slice. If there are more keys than the provider can list, Keys
	// returns an error that Is [ErrTooLarge] and never a part of the keys.
	Keys(ctx context.Context, prefix string) ([]Key, error)

	// Watch yields events until ctx ends or the source fails. The first event is
	// a Resync; the last pair has the error that ended the watch. When the
	// consumer stops ranging, the watch ends and leaves no goroutine behind.
	Watch(ctx context.Context) iter.Seq2[Event, error]
}

// Result is the result for one key of a request for several. If Err is nil, Secret
// has the value; otherwise Secret is zero.
type Result struct {
	Key    Key
	Secret Secret
	Err    error
}
