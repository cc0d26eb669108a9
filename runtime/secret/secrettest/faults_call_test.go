package secrettest_test

import (
	"context"
	"errors"
	"maps"
	goruntime "runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

// listing makes Keys return change of each listing without an error.
func listing(change func(m *memory, names []secret.Key) ([]secret.Key, error)) func(*faulty) {
	return func(p *faulty) {
		p.keys = func(ctx context.Context, prefix string) ([]secret.Key, error) {
			names, err := p.memory.Keys(ctx, prefix)
			if err != nil {
				return nil, err
			}
			return change(p.memory, names)
		}
	}
}

// cached makes Keys return its first listing of a prefix again until a Set or a
// Delete clears the cache, if they are said to.
func cached(forgetSet, forgetDelete, alias bool) func(*faulty) {
	return func(p *faulty) {
		known := map[string][]secret.Key{}
		p.keys = func(ctx context.Context, prefix string) ([]secret.Key, error) {
			names, err := p.memory.Keys(ctx, prefix)
			if err != nil {
				return nil, err
			}
			if known[prefix] == nil {
				known[prefix] = names
			}
			if alias {
				return known[prefix], nil
			}
			return slices.Clone(known[prefix]), nil
		}
		forget := func(yes bool) {
			p.state.Lock()
			defer p.state.Unlock()
			if yes {
				clear(known)
			}
		}
		p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
			forget(forgetSet)
			return p.memory.Set(ctx, key, value)
		}
		p.del = func(ctx context.Context, key secret.Key) error {
			forget(forgetDelete)
			return p.memory.Delete(ctx, key)
		}
	}
}

func listFaults() []fault {
	return []fault{
		{"keys_lists_all", "leaves out empty values", nil, listing(func(m *memory, names []secret.Key) ([]secret.Key, error) {
			return slices.DeleteFunc(names, func(key secret.Key) bool { return m.values[key].text == "" }), nil
		})},
		{"keys_sorted", "lists the last key first", nil, listing(func(_ *memory, names []secret.Key) ([]secret.Key, error) {
			slices.Reverse(names)
			return names, nil
		})},
		{"keys_unique", "lists the first key twice", nil, listing(func(_ *memory, names []secret.Key) ([]secret.Key, error) {
			return append(names[:min(1, len(names)):1], names...), nil
		})},
		{"keys_prefix_is_bytes", "treats a prefix as a folder", nil, func(p *faulty) {
			p.keys = func(ctx context.Context, prefix string) ([]secret.Key, error) {
				names, err := p.memory.Keys(ctx, prefix)
				return slices.DeleteFunc(names, func(key secret.Key) bool {
					return prefix != "" && string(key) != prefix && !strings.HasPrefix(string(key), prefix+"/")
				}), err
			}
		}},
		{"keys_prefix_filters", "ignores the prefix", nil, func(p *faulty) {
			p.keys = func(ctx context.Context, _ string) ([]secret.Key, error) { return p.memory.Keys(ctx, "") }
		}},
		{"keys_of_unused_prefix_is_empty", "reports an empty listing as not found", nil,
			listing(func(_ *memory, names []secret.Key) ([]secret.Key, error) {
				if len(names) == 0 {
					return nil, fail(secret.OpKeys, "", secret.ErrNotFound)
				}
				return names, nil
			})},
		{"keys_are_canonical", "lists folders as keys", nil, listing(func(_ *memory, names []secret.Key) ([]secret.Key, error) {
			for _, key := range slices.Clone(names) {
				if i := strings.LastIndexByte(string(key), '/'); i > 0 {
					names = append(names, key[:i+1])
				}
			}
			slices.Sort(names)
			return slices.Compact(names), nil
		})},
		{"keys_slice_is_callers", "returns its own slice", nil, cached(true, true, true)},
		{"keys_agree_after_set", "keeps a cached listing after a Set", nil, cached(false, true, false)},
		{"keys_agree_after_delete", "keeps a cached listing after a Delete", nil, cached(true, false, false)},
		{"many_keys_are_listed", "lists the first page", func(f *secrettest.Factory) { f.MaxKeys = 0 },
			listing(func(_ *memory, names []secret.Key) ([]secret.Key, error) { return names[:min(len(names), 1000)], nil })},
		{"keys_at_cap_are_listed", "treats the cap as exclusive", nil, listing(func(_ *memory, names []secret.Key) ([]secret.Key, error) {
			if len(names) == maxKeys {
				return nil, fail(secret.OpKeys, "", secret.ErrTooLarge)
			}
			return names, nil
		})},
		{"keys_above_cap_is_too_large", "truncates a listing at the cap", nil, func(p *faulty) {
			p.keys = func(ctx context.Context, prefix string) ([]secret.Key, error) {
				names, err := p.memory.Keys(ctx, prefix)
				if errors.Is(err, secret.ErrTooLarge) {
					return slices.Sorted(maps.Keys(p.values))[:maxKeys], nil
				}
				return names, err
			}
		}},
	}
}

func contextFaults() []fault {
	return []fault{
		{"canceled_before_call", "ignores a context that was canceled", nil, func(p *faulty) {
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				if ctx.Err() == context.Canceled {
					ctx = context.WithoutCancel(ctx)
				}
				return p.memory.Get(ctx, key)
			}
		}},
		{"deadline_is_timeout", "reports a passed deadline as an outage", nil, func(p *faulty) {
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				s, err := p.memory.Get(ctx, key)
				if errors.Is(err, context.DeadlineExceeded) {
					err = fail(secret.OpGet, key, secret.ErrUnavailable)
				}
				return s, err
			}
		}},
		{"canceled_set_changes_nothing", "checks its context only after it has stored", nil, func(p *faulty) {
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				err := p.memory.Set(context.WithoutCancel(ctx), key, value)
				if ctx.Err() != nil {
					return fail(secret.OpSet, key, ctx.Err())
				}
				return err
			}
		}},
		{"canceled_mid_call", "waits for the store and ignores its context", nil, func(p *faulty) {
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				s, err := p.memory.Get(context.WithoutCancel(ctx), key)
				if ctx.Err() != nil {
					return secret.Secret{}, fail(secret.OpGet, key, ctx.Err())
				}
				return s, err
			}
		}},
		{"cancel_does_not_poison", "fails after a call was canceled", nil, func(p *faulty) {
			poisoned := false
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				live := ctx.Err() == nil
				s, err := p.memory.Get(ctx, key)
				if live && poisoned {
					return secret.Secret{}, fail(secret.OpGet, key, secret.ErrModuleCrashed)
				}
				if live && ctx.Err() != nil {
					poisoned = true
				}
				return s, err
			}
		}},
		{"context_is_not_kept", "keeps using the context of its first call", nil, func(p *faulty) {
			var kept context.Context
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				p.state.Lock()
				if kept == nil {
					kept = ctx
				}
				first := kept
				p.state.Unlock()
				if first.Err() != nil && ctx.Err() == nil {
					return secret.Secret{}, fail(secret.OpGet, key, first.Err())
				}
				return p.memory.Get(ctx, key)
			}
		}},
	}
}

func concurrencyFaults() []fault {
	return []fault{
		{"concurrent_gets_are_not_mixed_up", "swaps the results of two concurrent calls", nil, func(p *faulty) {
			pair := make(chan secret.Key)
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				select {
				case pair <- key:
				case key = <-pair:
				case <-time.After(time.Millisecond): // no other call
				}
				return p.memory.Get(ctx, key)
			}
		}},
		{"concurrent_sets_lose_none", "writes back everything that it read before", nil, func(p *faulty) {
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				p.mu.Lock()
				all := maps.Clone(p.values)
				p.mu.Unlock()
				<-time.After(time.Millisecond) // lets others read
				err := p.memory.Set(ctx, key, value)
				p.mu.Lock()
				defer p.mu.Unlock()
				if err == nil {
					all[key] = p.values[key]
					p.values = all
				}
				return err
			}
		}},
		{"concurrent_get_set_no_torn_values", "writes a value in two halves", nil, func(p *faulty) {
			var reads atomic.Int64
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				defer reads.Add(1)
				return p.memory.Get(ctx, key)
			}
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				s, before := text(value), p.half(key, text(value))
				if ctx.Err() == nil && before != "" {
					half, _ := secret.FromString(s[:len(s)/2] + before[len(s)/2:])
					_ = p.memory.Set(ctx, key, half)
					for i, seen := 0, reads.Load(); i < 10_000 && reads.Load() < seen+2; i++ {
						goruntime.Gosched()
					}
				}
				return p.memory.Set(ctx, key, value)
			}
		}},
	}
}

// half returns the value of key if it is large and as long as text, else "".
func (m *memory) half(key secret.Key, text string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.values[key]; len(e.text) > 1000 && len(e.text) == len(text) {
		return e.text
	}
	return ""
}
