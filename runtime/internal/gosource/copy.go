package gosource

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/listing"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// CopyValues returns copies, owned by the runtime, of the values of an embedder's
// provider. The provider keeps its own values, which the callers of the runtime
// cannot destroy, and Close wipes the copies. A value, read or to be stored, or a
// listing above the limits is too_large; a zero or destroyed Secret without an error
// is module_protocol.
func CopyValues(name string, owner slab.Owner, limits wasmhost.Limits) func(chain.Source) chain.Source {
	return func(s chain.Source) chain.Source { return copying{s, name, owner, limits} }
}

type copying struct {
	chain.Source
	name   string
	owner  slab.Owner
	limits wasmhost.Limits
}

func (c copying) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	v, err := c.Source.Get(ctx, key)
	if err != nil {
		return secret.Secret{}, err
	}
	return c.copy(key, v)
}

// Set does not ask the provider to store a value that Get could not return.
func (c copying) Set(ctx context.Context, key secret.Key, v secret.Secret) error {
	err := v.Expose(func(b []byte) error { return c.fits(b) })
	if e, ok := err.(*secret.Error); ok && e.Code == secret.ErrTooLarge {
		e.Op, e.Key, e.Provider = secret.OpSet, key, c.name
		return e
	}
	return c.Source.Set(ctx, key, v)
}

// fits returns an error if a value exceeds the limit.
func (c copying) fits(b []byte) error {
	if int64(len(b)) > c.limits.Value {
		return &secret.Error{Code: secret.ErrTooLarge, Detail: fmt.Sprintf("the value exceeds %d bytes, limits.value", c.limits.Value)}
	}
	return nil
}

func (c copying) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := c.Source.GetMany(ctx, slices.Clone(keys)) // a copy: the provider may change it
	if len(results) != len(keys) {
		return allFail(keys, func(k secret.Key) error {
			return c.broken(k, fmt.Sprintf("the provider returned %d results for %d keys", len(results), len(keys)))
		})
	}
	out := make([]secret.Result, len(keys))
	for i, k := range keys {
		out[i] = secret.Result{Key: k, Err: results[i].Err}
		if results[i].Key != k {
			out[i].Err = c.broken(k, "the provider returned the result of another key in its place")
		}
		if out[i].Err == nil {
			out[i].Secret, out[i].Err = c.copy(k, results[i].Secret)
		}
	}
	return out
}

// Keys returns the valid keys of the provider that begin with prefix, sorted and
// each once: other names that the provider lists cannot be read.
func (c copying) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	listed, err := c.Source.Keys(ctx, prefix)
	if err != nil {
		return nil, err
	}
	ended := func(err error) error {
		return (&secret.Error{Code: secret.CodeOf(err), Op: secret.OpKeys, Provider: c.name}).Wrap(err)
	}
	keys := make([]secret.Key, 0, len(listed))
	for _, k := range listed {
		if err := ctx.Err(); err != nil {
			return nil, ended(err)
		}
		if strings.HasPrefix(string(k), prefix) && k.Valid() {
			keys = append(keys, k)
		}
	}
	if keys, err = listing.Sort(ctx, keys); err != nil {
		return nil, ended(err)
	}
	size := int64(0)
	for _, k := range keys {
		size += int64(len(k))
	}
	if len(keys) > c.limits.Keys || size > c.limits.Listing {
		return nil, &secret.Error{
			Code: secret.ErrTooLarge, Op: secret.OpKeys, Provider: c.name,
			Detail: "the listing exceeds its limit, limits.keys or limits.listing; use a longer prefix",
		}
	}
	return keys, nil
}

func (c copying) copy(key secret.Key, v secret.Secret) (own secret.Secret, err error) {
	if v.IsZero() {
		return secret.Secret{}, c.broken(key, "the provider returned neither a value nor an error")
	}
	m := v.Meta()
	m.Provider = c.name
	err = v.Expose(func(b []byte) error {
		if err := c.fits(b); err != nil {
			return err
		}
		own, err = Copy(v, c.owner, m)
		return err
	})
	if secret.CodeOf(err) == secret.ErrClosed {
		return secret.Secret{}, c.broken(key, "the provider returned a value that was destroyed")
	}
	if err != nil {
		return secret.Secret{}, c.keyed(err, key)
	}
	return own, nil
}

func (c copying) broken(key secret.Key, detail string) error {
	return &secret.Error{Code: secret.ErrModuleProtocol, Op: secret.OpGet, Key: key, Provider: c.name, Detail: detail}
}

// keyed adds the key to an error of copy.
func (c copying) keyed(err error, key secret.Key) error {
	if e, ok := err.(*secret.Error); ok {
		e.Op, e.Key, e.Provider = secret.OpGet, key, c.name
	}
	return err
}

// Copy returns a copy of v in memory of the owner.
func Copy(v secret.Secret, owner slab.Owner, m secret.Meta) (own secret.Secret, err error) {
	err = v.Expose(func(b []byte) error {
		cell, err := slab.New(owner, b)
		if err != nil {
			return (&secret.Error{Code: secret.ErrInternal, Detail: "no memory for the value"}).Wrap(err)
		}
		own = secret.FromCell(cell, m)
		return nil
	})
	return own, err
}
