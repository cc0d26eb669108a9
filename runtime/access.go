package runtime

import (
	"context"
	"fmt"
	"iter"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// Bound is a Runtime as one caller sees it. It is a [SecretProvider], safe for
// concurrent use, and ends with its Runtime.
type Bound struct {
	rt     *Runtime
	caller Caller
	source chain.Source
	writer string // the provider that Set writes to, "" if there is none
}

var _ secret.Provider = (*Bound)(nil)

// For returns the Runtime bound to a caller. Who the caller is, is the
// embedder's word: nothing in this process can check it.
func (r *Runtime) For(c Caller) *Bound {
	if c.Name == "" {
		c.Name = "app"
	}
	return &Bound{rt: r, caller: c, source: r.chain, writer: r.chain.Writer()}
}

// At returns b restricted to one provider, in the chain or not: it alone is
// asked and written to. The error has the code load_failed when no provider has
// that name.
func (b *Bound) At(name string) (*Bound, error) {
	p := b.rt.provider(name)
	if p == nil {
		return nil, &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: name, Detail: "no provider has this name"}
	}
	one := *b
	one.source = chain.New([]chain.Link{{Name: name, Source: p.source, Writable: true}}, b.rt.now)
	one.writer = name
	return &one, nil
}

// Caller returns who b acts for.
func (b *Bound) Caller() Caller { return b.caller }

// Writer returns the name of the provider that Set and Delete go to, "" if the
// chain has none that is written to.
func (b *Bound) Writer() string { return b.writer }

// Get returns the value of key from the first provider of the chain that has
// it. A value that was found after a failed provider was skipped says so in
// Degraded.
func (b *Bound) Get(ctx context.Context, key Key) (Secret, error) {
	if err := b.begin(secret.OpGet, key); err != nil {
		return Secret{}, err
	}
	defer b.rt.calls.Done()
	ctx, logs := wasmhost.HoldLogs(ctx)
	v, err := b.source.Get(ctx, key)
	if err == nil {
		err = b.rt.known.add(key, v)
	}
	// Only now may the modules' words be written: the value is known.
	logs.Flush(ctx, b.rt.known.mask)
	if err != nil {
		return Secret{}, err
	}
	return v, nil
}

// GetMany returns one result per key, in the order of keys. Each provider is
// asked once for all keys that are still open, so that what lies in one file is
// read once.
func (b *Bound) GetMany(ctx context.Context, keys []Key) []secret.Result {
	results := make([]secret.Result, len(keys))
	places := map[Key][]int{} // a key may be asked twice, a source is not
	var asked []Key
	for i, k := range keys {
		results[i].Key = k
		if err := b.begin(secret.OpGet, k); err != nil {
			results[i].Err = err
			continue
		}
		defer b.rt.calls.Done()
		if places[k] == nil {
			asked = append(asked, k)
		}
		places[k] = append(places[k], i)
	}
	ctx, logs := wasmhost.HoldLogs(ctx)
	for _, res := range b.source.GetMany(ctx, asked) {
		if res.Err == nil {
			res.Err = b.rt.known.add(res.Key, res.Secret)
		}
		if res.Err != nil {
			res.Secret = Secret{}
		}
		for _, i := range places[res.Key] {
			results[i] = res
		}
	}
	logs.Flush(ctx, b.rt.known.mask)
	return results
}

// Set stores value under key in the first provider of the chain that is
// written to, or in the one that [Bound.At] named, and in no other. The value
// stays the caller's.
func (b *Bound) Set(ctx context.Context, key Key, value Secret) error {
	if err := b.begin(secret.OpSet, key); err != nil {
		return err
	}
	defer b.rt.calls.Done()
	if value.IsZero() {
		return &secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpSet, Key: key, Detail: "the secret holds no value"}
	}
	if err := b.rt.known.addCopy(key, value); err != nil {
		return err
	}
	return b.change(ctx, secret.OpSet, key, func(ctx context.Context) error {
		return b.source.Set(ctx, key, value)
	})
}

// Delete removes key from the provider that Set would write to.
func (b *Bound) Delete(ctx context.Context, key Key) error {
	if err := b.begin(secret.OpDelete, key); err != nil {
		return err
	}
	defer b.rt.calls.Done()
	return b.change(ctx, secret.OpDelete, key, func(ctx context.Context) error {
		return b.source.Delete(ctx, key)
	})
}

// Keys returns the keys of all providers of the chain that begin with prefix,
// sorted. A provider that fails fails the listing.
func (b *Bound) Keys(ctx context.Context, prefix string) ([]Key, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	if err := b.rt.enter(secret.OpKeys, ""); err != nil {
		return nil, err
	}
	defer b.rt.calls.Done()
	ctx, logs := wasmhost.HoldLogs(ctx)
	defer logs.Flush(ctx, b.rt.known.mask)
	return b.source.Keys(ctx, prefix)
}

// Watch yields a Resync and then the changes that were made through this
// Runtime, until ctx ends or the Runtime closes. Changes that others make in a
// store are not seen.
func (b *Bound) Watch(ctx context.Context) iter.Seq2[SecretEvent, error] { return b.rt.hub.Watch(ctx) }

// begin checks the key and counts the request; the caller calls calls.Done
// when the error is nil.
func (b *Bound) begin(op secret.Op, key Key) error {
	if err := key.Check(); err != nil {
		e := err.(*secret.Error)
		e.Op = op
		return e
	}
	return b.rt.enter(op, key)
}

// checkPrefix refuses a prefix that no key can begin with, so that a mistyped
// one is not answered with an empty list.
func checkPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	if secret.Key(prefix).Check() == nil || secret.Key(prefix+"x").Check() == nil {
		return nil
	}
	return &secret.Error{
		Code: secret.ErrInvalidKey, Op: secret.OpKeys,
		Detail: fmt.Sprintf("no key begins with %q", prefix[:min(len(prefix), 64)]),
	}
}
