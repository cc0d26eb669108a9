package runtime_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

func twoStores(t *testing.T, src string) (rt *runtime.Runtime, first, second *goStore) {
	t.Helper()
	first, second = newGoStore(t, nil), newGoStore(t, nil)
	rt = open(t, runtime.Options{
		Providers:  []runtime.ProviderOptions{{Name: "first", Provider: first}, {Name: "second", Provider: second}},
		PolicyFile: lua(t, src),
	})
	return rt, first, second
}

// TestCreateSparesWhatExists checks both forms of a set on an absent key, on one that
// the writer has, and on one that only a later provider has.
func TestCreateSparesWhatExists(t *testing.T) {
	t.Parallel()
	rt, first, second := twoStores(t, `allow { "c", keys = "inbox/**", ops = "create" } allow { "u", keys = "config/**", ops = "update" }
		allow { "both", keys = "free/**", ops = "set" }`)
	for _, tt := range []struct {
		key  secret.Key
		in   *goStore // who has the key before
		want error
	}{
		{"inbox/new", nil, nil}, {"inbox/old", first, secret.ErrDenied}, {"inbox/later", second, secret.ErrDenied},
		{"config/new", nil, secret.ErrDenied}, {"config/old", first, nil},
		{"free/new", nil, nil}, {"free/old", first, nil}, {"other", nil, secret.ErrDenied},
	} {
		if tt.in != nil {
			if err := tt.in.Set(t.Context(), tt.key, made(t, "old value")); err != nil {
				t.Fatal(err)
			}
		}
		err := rt.Set(t.Context(), tt.key, made(t, "new value"))
		if !errors.Is(err, tt.want) {
			t.Errorf("Set(%s) = %v, want %v", tt.key, err, tt.want)
		}
		got, getErr := first.Get(t.Context(), tt.key)
		text := ""
		if getErr == nil {
			text, _ = got.ExposeString()
		}
		if stored := text == "new value"; stored != (tt.want == nil) {
			t.Errorf("after Set(%s) = %v the writer has %q", tt.key, err, text)
		}
	}
}

// TestDecisionsAnswerAsASetDoes: Decide, Explain and Writers allow what some Set of the
// key is allowed, and name the condition.
func TestDecisionsAnswerAsASetDoes(t *testing.T) {
	t.Parallel()
	rt, _, _ := twoStores(t, `allow { "c", keys = { "inbox/**", "each/**" }, ops = "create" } allow { "u", keys = { "config/**", "each/**" }, ops = "update" }
		allow { "both", keys = "free/**", ops = "set" } deny { "frozen", keys = "free/frozen", ops = "update" }
		allow { "one", keys = "one/**", ops = "set" } deny { "not-there", keys = "one/**", ops = "create" }`)
	second, err := rt.For(runtime.Caller{}).At("second")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		op              secret.Op
		key             secret.Key
		allow           bool
		rule, condition string
	}{
		{secret.OpSet, "inbox/new", true, "c", "if the key does not exist"},
		{secret.OpSet, "config/new", true, "u", "if the key exists"},
		{secret.OpSet, "free/new", true, "both", ""},
		{secret.OpSet, "each/new", true, "u", ""},
		{secret.OpSet, "free/frozen", true, "both", "if the key does not exist"},
		{secret.OpSet, "one/new", true, "one", "if the key exists"},
		{secret.OpSet, "other", false, "", "no policy rule allows this"},
		{"create", "inbox/new", true, "c", ""},
		{"update", "inbox/new", false, "", "no policy rule allows this"},
		{secret.OpDelete, "inbox/new", false, "", "no policy rule allows this"},
	} {
		for name, c := range map[string]*runtime.Client{"chain": rt.For(runtime.Caller{}), "one provider": second} {
			d, x := c.Decide(tt.op, tt.key), c.Explain(tt.op, tt.key)
			if d.Allow != tt.allow || d.Rule != tt.rule || d.Message != tt.condition {
				t.Errorf("%s: Decide(%s, %s) = %v by %q, %q, want %v by %q, %q", name, tt.op, tt.key, d.Allow, d.Rule, d.Message, tt.allow, tt.rule, tt.condition)
			}
			if x.Decision.Allow != d.Allow || x.Decision.Rule != d.Rule || x.Decision.Message != d.Message {
				t.Errorf("%s: Explain(%s, %s) = %+v, but Decide = %+v", name, tt.op, tt.key, x.Decision, d)
			}
			if tt.op == secret.OpSet && (len(c.Writers(tt.op, tt.key)) > 0) != tt.allow {
				t.Errorf("%s: Writers(%s) = %v", name, tt.key, c.Writers(tt.op, tt.key))
			}
			if !tt.allow && len(x.Misses) == 0 {
				t.Errorf("%s: Explain(%s, %s) names no near miss", name, tt.op, tt.key)
			}
		}
	}
}

// TestCreateSparesWhatAReadFinds writes to a named provider, and by a route that is
// not that of reads, while the other provider has the key.
func TestCreateSparesWhatAReadFinds(t *testing.T) {
	t.Parallel()
	const both = `allow { "r", ops = "read", keys = "**" } `
	for name, tt := range map[string]struct {
		src   string
		named bool
	}{
		"named":                  {both + `allow { "c", ops = "create", keys = "**" }`, true},
		"named without get":      {`allow { "c", ops = "create", keys = "**" }`, true},
		"writes are routed":      {both + `allow { "c", ops = "create", keys = "**" } chain { "w", ops = "set", keys = "**", providers = { "first" } } chain { "r", keys = "**", providers = { "first", "second" } }`, false},
		"routed and named":       {both + `allow { "c", ops = "create", keys = "**" } chain { "w", ops = "set", keys = "**", providers = { "first" } } chain { "r", keys = "**", providers = { "first", "second" } }`, true},
		"routed without get":     {`allow { "c", ops = "create", keys = "**" } chain { "w", ops = "set", keys = "**", providers = { "first" } } chain { "r", keys = "**", providers = { "first", "second" } }`, false},
		"update forbids, create": {both + `allow { "w", ops = "set", keys = "**" } deny { "u", ops = "update", keys = "**" }`, true},
	} {
		rt, first, second := twoStores(t, tt.src)
		c, key := rt.For(runtime.Caller{}), secret.Key("k")
		if tt.named {
			var err error
			if c, err = c.At("first"); err != nil {
				t.Fatal(err)
			}
		}
		if err := second.Set(t.Context(), key, made(t, "old value")); err != nil {
			t.Fatal(err)
		}
		if err := c.Set(t.Context(), key, made(t, "new value")); err == nil {
			t.Errorf("%s: a create of a key that second has was stored", name)
		}
		if _, err := first.Get(t.Context(), key); !errors.Is(err, secret.ErrNotFound) {
			t.Errorf("%s: first has the key: %v", name, err)
		}
		if err := c.Set(t.Context(), "absent", made(t, "new value")); err != nil {
			t.Errorf("%s: Set of an absent key = %v", name, err)
		}
	}
}

// unmade is a store that does not exist until something is written to it.
type unmade struct {
	*goStore
	made atomic.Bool
}

func (u *unmade) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	if !u.made.Load() {
		return secret.Secret{}, &secret.Error{Code: secret.ErrNotConfigured, Op: secret.OpGet, Key: key}
	}
	return u.goStore.Get(ctx, key)
}

func (u *unmade) Set(ctx context.Context, key secret.Key, v secret.Secret) error {
	u.made.Store(true)
	return u.goStore.Set(ctx, key, v)
}

// TestCreateMakesTheFirstKeyOfAStore: a store that does not exist has no key.
func TestCreateMakesTheFirstKeyOfAStore(t *testing.T) {
	t.Parallel()
	for op, want := range map[string]error{"create": nil, "set": nil, "update": secret.ErrDenied} {
		for _, named := range []bool{false, true} {
			store, other := &unmade{goStore: newGoStore(t, nil)}, &unmade{goStore: newGoStore(t, nil)}
			rt := open(t, runtime.Options{
				Providers:  []runtime.ProviderOptions{{Name: "store", Provider: store}, {Name: "other", Provider: other}},
				PolicyFile: lua(t, `allow { "w", keys = "**", ops = "`+op+`" }`),
			})
			c := rt.For(runtime.Caller{})
			if got := c.Writers(secret.OpSet, "first"); !slices.Equal(got, []string{"store", "other"}) {
				t.Errorf("%s: Writers = %q", op, got)
			}
			if named {
				var err error
				if c, err = c.At("store"); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Set(t.Context(), "first", made(t, "a value")); !errors.Is(err, want) || store.made.Load() != (want == nil) {
				t.Errorf("%s, named %v: Set = %v, stored %v; want %v", op, named, err, store.made.Load(), want)
			}
		}
	}
}

// TestCreateAsksWhomReadsAsk: of a caller who may get nothing, a create asks the
// providers to which the policy routes reads of the key, and no others.
func TestCreateAsksWhomReadsAsk(t *testing.T) {
	t.Parallel()
	rt, first, second := twoStores(t, `allow { "c", keys = "**", ops = "create" } chain { "rest", keys = "**", providers = { "second" } }`)
	if err := first.Set(t.Context(), "new", made(t, "not asked for")); err != nil {
		t.Fatal(err)
	}
	before := first.total()
	if err := rt.Set(t.Context(), "new", made(t, "a value")); err != nil {
		t.Errorf("Set = %v", err)
	}
	if _, err := second.Get(t.Context(), "new"); err != nil {
		t.Errorf("second does not have the key: %v", err)
	}
	if n := first.total() - before; n != 0 {
		t.Errorf("a provider that no rule routes to was asked %d times", n)
	}
}

// TestBlindCreateHearsNothing: what a provider says whom the caller may not read is
// not told.
func TestBlindCreateHearsNothing(t *testing.T) {
	t.Parallel()
	broken := newGoStore(t, nil)
	broken.getErr = &secret.Error{Code: secret.ErrUnavailable, Detail: "inner word"}
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "inbox", Provider: newGoStore(t, nil)}, {Name: "vault", Provider: broken}},
		PolicyFile: lua(t, `allow { "c", keys = "**", ops = "create" }
			chain { "w", ops = "set", keys = "**", providers = { "inbox" } } chain { "r", keys = "**", providers = { "inbox", "vault" } }`),
	})
	err := rt.Set(t.Context(), "k", made(t, "a value"))
	if !errors.Is(err, secret.ErrUnavailable) || strings.Contains(err.Error(), "vault") || strings.Contains(err.Error(), "inner word") {
		t.Errorf("Set = %v; want unavailable without the provider's name and words", err)
	}
}

// TestOnlyOneCreateWins starts several creates of one key at the same time.
func TestOnlyOneCreateWins(t *testing.T) {
	t.Parallel()
	rt, _, _ := twoStores(t, `allow { "c", keys = "inbox/**", ops = "create" }`)
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch err := rt.Set(t.Context(), "inbox/x", made(t, "a value")); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, secret.ErrDenied):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d creates won", won.Load())
	}
}

// TestPresenceIsAskedOnlyIfItMatters checks that a policy which does not distinguish
// create from update costs no further call.
func TestPresenceIsAskedOnlyIfItMatters(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]int{
		`allow { "a", keys = "**" }`: 1,
		`allow { "a", keys = "**" } deny { "b", keys = "other/**", ops = "create" }`: 1,
		`allow { "a", keys = "**" } deny { "b", keys = "x/**", ops = "create" }`:     2,
	} {
		s := &spy{}
		rt := open(t, runtime.Options{Providers: spied(s), PolicyFile: lua(t, src)})
		_ = rt.Set(t.Context(), "x/y", made(t, "a value"))
		if want == 2 && s.total() == 0 || want == 1 && s.total() != 1 {
			t.Errorf("%s: %d calls", src, s.total())
		}
	}
}
