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
	source *chain.Chain
	at     string // the one provider that At named, "" for the chain
}

var _ secret.Provider = (*Bound)(nil)

// For returns the Runtime bound to a caller. Who the caller is, is the
// embedder's word: nothing in this process can check it.
func (r *Runtime) For(c Caller) *Bound {
	if c.Name == "" {
		c.Name = "app"
	}
	return &Bound{rt: r, caller: c, source: r.chain}
}

// At returns b restricted to one provider: it alone is asked and written to. It
// need not be in the configured chain, but a rule of the policy that chooses
// providers must choose it too. The error has the code load_failed when no
// provider has that name.
func (b *Bound) At(name string) (*Bound, error) {
	p := b.rt.provider(name)
	if p == nil {
		return nil, &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: name, Detail: "no provider has this name"}
	}
	one := *b
	one.source = chain.New([]chain.Link{{Name: name, Source: p.source, Writable: true}}, b.rt.now)
	one.at = name
	return &one, nil
}

// Caller returns who b acts for.
func (b *Bound) Caller() Caller { return b.caller }

// Writer returns the name of the provider that Set and Delete go to, "" if the
// chain has none that is written to.
func (b *Bound) Writer() string { return b.source.Writer() }

// Get returns the value of key from the first provider of the chain that has
// it. A value that was found after a failed provider was skipped says so in
// Degraded.
func (b *Bound) Get(ctx context.Context, key Key) (Secret, error) {
	if err := b.begin(secret.OpGet, key); err != nil {
		return Secret{}, err
	}
	defer b.rt.calls.Done()
	to, err := b.route(secret.OpGet, key)
	if err != nil {
		return Secret{}, err
	}
	ctx, logs := wasmhost.HoldLogs(ctx)
	v, err := to.Get(ctx, key)
	if err == nil {
		err = b.rt.known.add(key, v, to.mask)
	}
	// Only now may the modules' words be written: the value is known.
	logs.Flush(ctx, b.rt.known.mask)
	if err != nil {
		return Secret{}, err
	}
	return v, nil
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
	return b.change(ctx, secret.OpSet, key, func(ctx context.Context, to way) error {
		if err := b.rt.known.addCopy(key, value, to.mask); err != nil {
			return err
		}
		return to.Set(ctx, key, value)
	})
}

// Delete removes key from the provider that Set would write to.
func (b *Bound) Delete(ctx context.Context, key Key) error {
	if err := b.begin(secret.OpDelete, key); err != nil {
		return err
	}
	defer b.rt.calls.Done()
	return b.change(ctx, secret.OpDelete, key, func(ctx context.Context, to way) error {
		return to.Delete(ctx, key)
	})
}

// Keys returns the keys of all providers of the chain that begin with prefix,
// sorted, as far as the policy lets the caller see them. A provider that fails
// fails the listing.
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
	keys, err := b.source.Keys(ctx, prefix)
	if err != nil {
		return nil, err
	}
	seen := keys[:0]
	for _, k := range keys {
		ok, err := b.sees(secret.OpKeys, k)
		if err != nil {
			return nil, err
		}
		if ok {
			seen = append(seen, k)
		}
	}
	return seen, nil
}

// sees reports whether the policy lets the caller know that the key exists. The
// error is that the decision could not be recorded.
func (b *Bound) sees(op secret.Op, key Key) (bool, error) {
	_, err := b.route(op, key)
	if secret.CodeOf(err) == secret.ErrAuditUnavailable {
		return false, err
	}
	return err == nil, nil
}

// Watch yields a Resync and then the changes that were made through this
// Runtime, until ctx ends or the Runtime closes. Changes that others make in a
// store are not seen. Each event is put to the policy when it is delivered.
func (b *Bound) Watch(ctx context.Context) iter.Seq2[SecretEvent, error] {
	return func(yield func(SecretEvent, error) bool) {
		for e, err := range b.rt.hub.Watch(ctx) {
			if err == nil && e.Key != "" {
				ok, unrecorded := b.sees(secret.OpWatch, e.Key)
				if unrecorded != nil {
					yield(SecretEvent{}, unrecorded)
					return
				}
				if !ok {
					continue
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

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
