package runtime

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// decorator adds one behaviour to a source. openSource stacks them; nothing else
// knows which ones a source has.
type decorator func(chain.Source) chain.Source

// stack applies decorators, the first one innermost.
func stack(s chain.Source, decorators ...decorator) chain.Source {
	for _, d := range decorators {
		s = d(s)
	}
	return s
}

// recoverPanics keeps a panic of an embedder's provider, or of an error that it
// returned, from ending the process. What it panicked with is dropped: it may
// hold a value.
func recoverPanics(s chain.Source) chain.Source { return recovering{s} }

type recovering struct{ s chain.Source }

func (r recovering) Get(ctx context.Context, key Key) (v Secret, err error) {
	defer recovered(&err, secret.OpGet, key)
	v, err = r.s.Get(ctx, key)
	return v, judged(ctx, err, secret.OpGet, key)
}

func (r recovering) GetMany(ctx context.Context, keys []Key) (results []secret.Result) {
	defer func() {
		if recover() != nil {
			results = allFail(keys, func(k Key) error { return panicked(secret.OpGet, k) })
		}
	}()
	results = slices.Clone(r.s.GetMany(ctx, keys))
	for i := range results {
		results[i].Err = judged(ctx, results[i].Err, secret.OpGet, results[i].Key)
	}
	return results
}

func (r recovering) Set(ctx context.Context, key Key, value Secret) (err error) {
	defer recovered(&err, secret.OpSet, key)
	return judged(ctx, r.s.Set(ctx, key, value), secret.OpSet, key)
}

func (r recovering) Delete(ctx context.Context, key Key) (err error) {
	defer recovered(&err, secret.OpDelete, key)
	return judged(ctx, r.s.Delete(ctx, key), secret.OpDelete, key)
}

func (r recovering) Keys(ctx context.Context, prefix string) (keys []Key, err error) {
	defer recovered(&err, secret.OpKeys, "")
	keys, err = r.s.Keys(ctx, prefix)
	return keys, judged(ctx, err, secret.OpKeys, "")
}

// Watch yields what s yields. A panic of s ends the watch with an error; one of
// the consumer passes through.
func (r recovering) Watch(ctx context.Context) iter.Seq2[SecretEvent, error] {
	return func(yield func(SecretEvent, error) bool) {
		var mu sync.Mutex // a provider may yield from another goroutine, even when its watch is over
		consuming, stopped, over := false, false, false
		err := func() (err error) {
			defer func() {
				if !consuming && recover() != nil {
					err = panicked(secret.OpWatch, "")
				}
			}()
			events := r.s.Watch(ctx)
			if events == nil {
				return &secret.Error{Code: secret.ErrUnsupported, Op: secret.OpWatch, Detail: "the provider returned no watch"}
			}
			defer func() { mu.Lock(); over = true; mu.Unlock() }()
			events(func(e SecretEvent, err error) bool {
				mu.Lock()
				defer mu.Unlock()
				if stopped || over {
					return false
				}
				err = judged(ctx, err, secret.OpWatch, "")
				consuming = true
				stopped = !yield(e, err)
				consuming = false
				return !stopped
			})
			return nil
		}()
		if err != nil && !stopped {
			yield(SecretEvent{}, err)
		}
	}
}

func recovered(err *error, op secret.Op, key Key) {
	if recover() != nil {
		*err = panicked(op, key)
	}
}

func panicked(op secret.Op, key Key) error {
	return &secret.Error{Code: secret.ErrInternal, Op: op, Key: key, Detail: "the provider panicked"}
}

func allFail(keys []Key, why func(Key) error) []secret.Result {
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		results[i] = secret.Result{Key: k, Err: why(k)}
	}
	return results
}

// copyValues returns copies, owned by the runtime, of the values of an embedder's
// provider. The provider keeps its own values, which the callers of the runtime
// cannot destroy, and Close wipes the copies. A value or a listing above the limits
// is too_large; a zero or destroyed Secret without an error is module_protocol.
func copyValues(name string, owner slab.Owner, limits wasmhost.Limits) decorator {
	return func(s chain.Source) chain.Source { return copying{s, name, owner, limits} }
}

type copying struct {
	chain.Source
	name   string
	owner  slab.Owner
	limits wasmhost.Limits
}

func (c copying) Get(ctx context.Context, key Key) (Secret, error) {
	v, err := c.Source.Get(ctx, key)
	if err != nil {
		return Secret{}, err
	}
	return c.copy(key, v)
}

func (c copying) GetMany(ctx context.Context, keys []Key) []secret.Result {
	results := c.Source.GetMany(ctx, slices.Clone(keys)) // what it does to them is its own affair
	if len(results) != len(keys) {
		return allFail(keys, func(k Key) error {
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
// each once: what else it lists cannot be got.
func (c copying) Keys(ctx context.Context, prefix string) ([]Key, error) {
	listed, err := c.Source.Keys(ctx, prefix)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, 0, len(listed))
	for _, k := range listed {
		if strings.HasPrefix(string(k), prefix) && k.Check() == nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	size := int64(0)
	for _, k := range keys {
		size += int64(len(k))
	}
	if len(keys) > c.limits.Keys || size > c.limits.Listing {
		return nil, &secret.Error{
			Code: secret.ErrTooLarge, Op: secret.OpKeys, Provider: c.name,
			Detail: "the listing exceeds its limit; use a longer prefix",
		}
	}
	return keys, nil
}

func (c copying) copy(key Key, v Secret) (own Secret, err error) {
	if v.IsZero() {
		return Secret{}, c.broken(key, "the provider returned neither a value nor an error")
	}
	m := v.Meta()
	m.Provider = c.name
	err = v.Expose(func(b []byte) error {
		if int64(len(b)) > c.limits.Value {
			return &secret.Error{Code: secret.ErrTooLarge, Detail: fmt.Sprintf("the value exceeds %d bytes", c.limits.Value)}
		}
		own, err = copyOf(v, c.owner, m)
		return err
	})
	if secret.CodeOf(err) == secret.ErrClosed {
		return Secret{}, c.broken(key, "the provider returned a value that was destroyed")
	}
	if err != nil {
		return Secret{}, c.keyed(err, key)
	}
	return own, nil
}

func (c copying) broken(key Key, detail string) error {
	return &secret.Error{Code: secret.ErrModuleProtocol, Op: secret.OpGet, Key: key, Provider: c.name, Detail: detail}
}

// keyed returns an error that copy made as that of a key.
func (c copying) keyed(err error, key Key) error {
	if e, ok := err.(*secret.Error); ok {
		e.Op, e.Key, e.Provider = secret.OpGet, key, c.name
	}
	return err
}
