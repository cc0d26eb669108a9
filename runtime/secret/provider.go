package secret

import (
	"context"
	"iter"
)

// Provider is a source of secrets. All methods must be safe for concurrent
// use, honour ctx, and return an error with a code of this package; a verb that
// a provider does not offer returns an error that Is errors.ErrUnsupported.
// Package secrettest checks an implementation against these rules.
type Provider interface {
	// Get returns the value of key. It must return an error that Is
	// [ErrNotFound] if and only if the store answered that there is no such
	// key; an empty value is a value. The Secret is immutable and shared.
	Get(ctx context.Context, key Key) (Secret, error)

	// Set stores value under key, whole or not at all. A Get that begins after
	// Set returned must see it. Set must not keep value: the caller may destroy
	// it at once.
	Set(ctx context.Context, key Key, value Secret) error

	// Delete removes key. Deleting an absent key returns an error that Is
	// ErrNotFound.
	Delete(ctx context.Context, key Key) error

	// Keys returns the keys that begin with prefix (bytes, "" for all), sorted,
	// without duplicates, in a slice that the caller may change. A listing
	// above the provider's cap returns an error that Is [ErrTooLarge], never a
	// cut one.
	Keys(ctx context.Context, prefix string) ([]Key, error)

	// Watch yields changes until ctx ends or the source fails; the error is
	// then the last thing it yields. The first event is a Resync. Events carry
	// no values. A consumer that stops ranging ends the watch.
	Watch(ctx context.Context) iter.Seq2[Event, error]
}

// Result is the part of a request for several keys that concerns one of them:
// either Err is nil and Secret holds the value, or Err says why not.
type Result struct {
	Key    Key
	Secret Secret
	Err    error
}
