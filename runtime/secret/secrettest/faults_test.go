package secrettest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

// faulty is a memory with one fault: a function that is set replaces the memory's
// method.
type faulty struct {
	*memory
	h     *secrettest.Harness
	get   func(context.Context, secret.Key) (secret.Secret, error)
	set   func(context.Context, secret.Key, secret.Secret) error
	del   func(context.Context, secret.Key) error
	keys  func(context.Context, string) ([]secret.Key, error)
	watch func(context.Context) iter.Seq2[secret.Event, error]

	state sync.Mutex    // guards the variables of a fault
	over  chan struct{} // closed when the test is done
}

func (p *faulty) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	if p.get != nil {
		return p.get(ctx, key)
	}
	return p.memory.Get(ctx, key)
}

func (p *faulty) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	if p.set != nil {
		return p.set(ctx, key, value)
	}
	return p.memory.Set(ctx, key, value)
}

func (p *faulty) Delete(ctx context.Context, key secret.Key) error {
	if p.del != nil {
		return p.del(ctx, key)
	}
	return p.memory.Delete(ctx, key)
}

func (p *faulty) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	if p.keys != nil {
		return p.keys(ctx, prefix)
	}
	return p.memory.Keys(ctx, prefix)
}

func (p *faulty) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	if p.watch != nil {
		return p.watch(ctx)
	}
	return p.memory.Watch(ctx)
}

// fault is a provider that breaks one rule.
type fault struct {
	rule  string
	why   string                    // what such a provider does
	tweak func(*secrettest.Factory) // nil for the abilities of full
	spoil func(*faulty)
}

// bareOnly leaves Get as the only operation.
func bareOnly(f *secrettest.Factory) {
	f.Writable, f.Deletable, f.Listable, f.Watchable = false, false, false, false
}

// factory opens faulty memories until over is closed.
func (ft fault) factory(over chan struct{}, opened func(*memory)) secrettest.Factory {
	f := full()
	if ft.tweak != nil {
		ft.tweak(&f)
	}
	f.Open = func(_ context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
		p := &faulty{memory: newMemory(seed, caps{f.MaxValue, f.MaxKeys}), over: over}
		opened(p.memory)
		if !f.Writable {
			g := getter{p.memory}
			p.set, p.del, p.keys, p.watch = g.Set, g.Delete, g.Keys, g.Watch
		}
		p.h = harness(p, p.memory)
		ft.spoil(p)
		return p.h, nil
	}
	return f
}

func faults() []fault {
	return slices.Concat(getFaults(), valueFaults(), keyFaults(), setFaults(), deleteFaults(), listFaults(),
		contextFaults(), concurrencyFaults(), watchFaults(), versionFaults(), errorFaults(), verbFaults(), lifeFaults())
}

// For every rule there is a provider that breaks this rule and no other. Time in
// the synctest bubble is fake, so a provider that never returns costs none.
func TestEachFaultBreaksItsRuleAlone(t *testing.T) {
	t.Parallel()
	for _, ft := range faults() {
		t.Run(ft.rule, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				over := make(chan struct{})
				var opened []*memory
				failures := secrettest.Check(t.Context(), ft.factory(over, func(m *memory) { opened = append(opened, m) }))
				close(over)
				for _, m := range opened { // ends the goroutines that a fault left waiting
					_ = m.Close()
				}
				if got := brokenRules(failures); !slices.Equal(got, []string{ft.rule}) {
					t.Errorf("a provider that %s breaks %q, want this rule only: %v", ft.why, got, failures)
				}
			})
		})
	}
}

func TestEveryRuleHasAFault(t *testing.T) {
	t.Parallel()
	var covered []string
	for _, ft := range faults() {
		covered = append(covered, ft.rule)
	}
	if rules := secrettest.Rules(); !slices.Equal(covered, rules) {
		t.Errorf("faults and rules differ\nfaults: %q\nrules:  %q", covered, rules)
	}
}

// text returns the plaintext of s.
func text(s secret.Secret) string {
	plain, _ := s.ExposeString()
	return plain
}

// returning makes Get return change(v) for each value v.
func returning(change func(text string) string) func(*faulty) {
	return func(p *faulty) {
		p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
			s, err := p.memory.Get(ctx, key)
			if err != nil {
				return s, err
			}
			changed, err := secret.FromString(change(text(s)))
			return changed.WithMeta(s.Meta()), err
		}
	}
}

// absent makes Get return change(err) for each err that Is ErrNotFound.
func absent(change func(key secret.Key, err error) error) func(*faulty) {
	return func(p *faulty) {
		p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
			s, err := p.memory.Get(ctx, key)
			if errors.Is(err, secret.ErrNotFound) {
				err = change(key, err)
			}
			return s, err
		}
	}
}

// storing makes Set store change(v) for each value v.
func storing(change func(text string) string) func(*faulty) {
	return func(p *faulty) {
		p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
			changed, err := secret.FromString(change(text(value)))
			if err != nil {
				return err
			}
			return p.memory.Set(ctx, key, changed)
		}
	}
}

// finding makes Get look up change(k) for each key k.
func finding(change func(m *memory, key secret.Key) secret.Key) func(*faulty) {
	return func(p *faulty) {
		p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
			other := change(p.memory, key)
			s, err := p.memory.Get(ctx, other)
			if err != nil && other != key {
				return s, fail(secret.OpGet, key, secret.CodeOf(err))
			}
			return s, err
		}
	}
}

// firstOr returns the first key of m, in order, that same accepts, else key.
func (m *memory) firstOr(key secret.Key, same func(other secret.Key) bool) secret.Key {
	names, _ := m.Keys(context.Background(), "")
	if i := slices.IndexFunc(names, same); i >= 0 {
		return names[i]
	}
	return key
}

func getFaults() []fault {
	return []fault{
		{"get_absent_is_not_found", "reports an absent key as an outage", nil, absent(func(key secret.Key, _ error) error {
			return fail(secret.OpGet, key, secret.ErrUnavailable)
		})},
		{"error_comes_with_zero_secret", "returns an empty value with its error", nil, func(p *faulty) {
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				s, err := p.memory.Get(ctx, key)
				if err != nil {
					s, _ = secret.FromString("")
				}
				return s, err
			}
		}},
		{"destroy_of_a_result_is_harmless", "returns the same Secret to every caller", nil, func(p *faulty) {
			held := map[string]secret.Secret{}
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				p.state.Lock()
				defer p.state.Unlock()
				s, err := p.memory.Get(ctx, key)
				if err != nil {
					return s, err
				}
				id := fmt.Sprint(key, s.Version())
				if _, ok := held[id]; !ok {
					held[id] = s
				}
				return held[id], nil
			}
		}},
		{"result_outlives_set", "destroys the values that it returned when the key is set", nil, func(p *faulty) {
			given := map[secret.Key][]secret.Secret{}
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				p.state.Lock()
				defer p.state.Unlock()
				s, err := p.memory.Get(ctx, key)
				given[key] = append(given[key], s)
				return s, err
			}
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				p.state.Lock()
				defer p.state.Unlock()
				for _, s := range given[key] {
					s.Destroy()
				}
				return p.memory.Set(ctx, key, value)
			}
		}},
	}
}
