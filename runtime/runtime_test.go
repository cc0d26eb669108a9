package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// open opens a Runtime that the test closes.
func open(t *testing.T, o runtime.Options) *runtime.Runtime {
	t.Helper()
	o.CompileCache = compiled
	rt, err := runtime.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return rt
}

func env(name string, patterns ...string) runtime.ProviderOptions {
	return runtime.ProviderOptions{Name: name, Module: "env", Grant: runtime.Grant{Env: patterns}}
}

func environ(lines ...string) func() []string { return func() []string { return lines } }

func plain(t *testing.T, s runtime.Secret) string {
	t.Helper()
	text, err := s.ExposeString()
	if err != nil {
		t.Fatalf("ExposeString() = %v", err)
	}
	return text
}

func made(t *testing.T, text string) runtime.Secret {
	t.Helper()
	s, err := secret.FromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMemoryProviderRoundtrip(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "mem", Module: "memory"}}})
	if err := rt.Set(t.Context(), "foo", made(t, "bar")); err != nil {
		t.Fatal(err)
	}
	got, err := rt.Get(t.Context(), "foo")
	if err != nil || plain(t, got) != "bar" {
		t.Errorf("Get(foo) = %v, %v; want bar", got, err)
	}
}

func TestOpenRefusesBadOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]struct {
		options runtime.Options
		want    string
	}{
		"unknown module":   {runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a", Module: "nope"}}}, `no built-in module is named "nope"`},
		"missing file":     {runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a", Module: "./nope.wasm"}}}, `no such file`},
		"folder":           {runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a", Module: "/"}}}, `not a regular file`},
		"bad name":         {runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a/b", Module: "env"}}}, `provider name "a/b"`},
		"long name":        {runtime.Options{Providers: []runtime.ProviderOptions{{Name: strings.Repeat("a", 65), Module: "env"}}}, `provider name "aaa`},
		"name of a line":   {runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a\n", Module: "env"}}}, `provider name "a\n"`},
		"foreign letters":  {runtime.Options{Providers: []runtime.ProviderOptions{{Name: "\u00e9", Module: "env"}}}, `provider name "é"`},
		"no name":          {runtime.Options{Providers: []runtime.ProviderOptions{{Module: "env"}}}, `provider name ""`},
		"twice":            {runtime.Options{Providers: []runtime.ProviderOptions{env("a", "*"), env("a", "*")}}, `two providers`},
		"unknown in chain": {runtime.Options{Providers: []runtime.ProviderOptions{env("a", "*")}, Chain: []runtime.ChainLink{{Name: "b"}}}, `not configured`},
		"twice in chain":   {runtime.Options{Providers: []runtime.ProviderOptions{env("a", "*")}, Chain: []runtime.ChainLink{{Name: "a"}, {Name: "a"}}}, `twice`},
		"bad mode":         {runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a", Module: "memory", Mode: "shared"}}}, `mode "shared"`},
	} {
		_, err := runtime.Open(t.Context(), o.options)
		if !errors.Is(err, secret.ErrLoad) || !strings.Contains(err.Error(), o.want) {
			t.Errorf("%s: Open() = %v, want load_failed with %q", name, err, o.want)
		}
	}
	_, err := runtime.Open(t.Context(), runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a", Module: "env"}}})
	if !errors.Is(err, secret.ErrCapability) || !strings.Contains(err.Error(), "add grant: { env: [NAME] }") {
		t.Errorf("Open() without the grant = %v, want capability and the grant to add", err)
	}
}

func TestKeysAreCheckedAtTheDoor(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{env("a", "*")}})
	for _, key := range []runtime.Key{"", "a//b", "../x", "a b", "ä", "a\x00b"} {
		if _, err := rt.Get(t.Context(), key); !errors.Is(err, secret.ErrInvalidKey) {
			t.Errorf("Get(%q) = %v, want invalid_key", key, err)
		}
		if r := rt.GetMany(t.Context(), []runtime.Key{key}); !errors.Is(r[0].Err, secret.ErrInvalidKey) {
			t.Errorf("GetMany(%q) = %v, want invalid_key", key, r[0].Err)
		}
	}
	if _, err := rt.Keys(t.Context(), "a//"); !errors.Is(err, secret.ErrInvalidKey) {
		t.Errorf("Keys of a prefix that no key has = %v, want invalid_key", err)
	}
}

func TestGetManyKeepsOrderAndRepeats(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{env("a", "*")},
		Environ:   environ("ONE=1", "TWO=2"),
	})
	got := rt.GetMany(t.Context(), []runtime.Key{"TWO", "ONE", "TWO", "THREE"})
	for i, want := range []string{"2", "1", "2"} {
		if got[i].Err != nil || plain(t, got[i].Secret) != want {
			t.Errorf("result %d = %v, want %s", i, got[i].Err, want)
		}
	}
	if !errors.Is(got[3].Err, secret.ErrNotFound) {
		t.Errorf("result 3 = %v, want not_found", got[3].Err)
	}
}

func TestAtAsksOneProvider(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{env("a", "A"), env("b", "B")},
		Environ:   environ("A=1", "B=2"),
	})
	b, err := rt.For(runtime.Caller{}).At("b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), "A"); err == nil {
		t.Error("provider b answered for a variable of provider a")
	}
	if v, err := b.Get(t.Context(), "B"); err != nil || v.Provider() != "b" {
		t.Errorf("Get(B) at b = %v from %q, want b", err, v.Provider())
	}
	if _, err := rt.For(runtime.Caller{}).At("nobody"); !errors.Is(err, secret.ErrLoad) {
		t.Errorf("At(nobody) = %v, want load_failed", err)
	}
}

func TestClosedRuntimeWipesItsValues(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{env("a", "*")}, Environ: environ("K=v")})
	v, err := rt.Get(t.Context(), "K")
	if err != nil {
		t.Fatal(err)
	}
	v.Destroy() // the runtime's own: nothing happens
	if plain(t, v) != "v" {
		t.Error("Destroy wiped a value of the runtime")
	}
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.ExposeString(); !errors.Is(err, secret.ErrClosed) {
		t.Errorf("using a value after Close = %v, want closed", err)
	}
	if _, err := rt.Get(t.Context(), "K"); !errors.Is(err, secret.ErrClosed) {
		t.Errorf("Get after Close = %v, want closed", err)
	}
}

func TestWatchSeesOwnWrites(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "mem", Module: "memory"}}})
	next, stop := iter.Pull2(rt.Watch(t.Context()))
	defer stop()
	take := func(kind secret.EventKind) secret.Event {
		t.Helper()
		e, err, ok := next()
		if !ok || err != nil || e.Kind != kind {
			t.Fatalf("event = %+v, %v; want %s", e, err, kind)
		}
		return e
	}
	take(secret.EventResync)
	steps := []func() error{
		func() error { return rt.Set(t.Context(), "k", made(t, "first")) },
		func() error { return rt.Set(t.Context(), "k", made(t, "second")) },
		func() error { return rt.Delete(t.Context(), "k") },
	}
	var versions []string
	for i, kind := range []secret.EventKind{secret.EventAdded, secret.EventRotated, secret.EventRemoved} {
		if err := steps[i](); err != nil {
			t.Fatal(err)
		}
		e := take(kind)
		if e.Key != "k" || e.Provider != "mem" {
			t.Errorf("event %d is about %q of %q", i, e.Key, e.Provider)
		}
		versions = append(versions, e.Prev, e.Version)
	}
	if versions[1] == "" || versions[1] != versions[2] || versions[3] != versions[4] || versions[1] == versions[3] {
		t.Errorf("versions do not follow each other: %q", versions)
	}
}

// A trusted provider of the embedder takes part in a chain, and its panic costs
// one call.
func TestGoProviders(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "own", Provider: panicking{}}, env("env", "*")},
		Environ:   environ("K=v"),
	})
	_, err := rt.Get(t.Context(), "K")
	if !errors.Is(err, secret.ErrInternal) || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "canary") {
		t.Errorf("Get through a provider that panics = %v, want internal without its words", err)
	}
}

// panickingOnce panics for one key.
type panickingOnce struct{ *goStore }

func (p panickingOnce) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	if k == "bad" {
		panic("canary")
	}
	return p.goStore.Get(ctx, k)
}

// A provider that panics for one key fails a request for several in that key alone.
func TestPanicForOneKeyFailsNoOther(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: single("own", panickingOnce{newGoStore(t, map[secret.Key]string{"a": "value-a", "z": "value-z"})})})
	r := rt.GetMany(t.Context(), []secret.Key{"a", "bad", "none", "z"})
	for i, want := range []secret.Code{"", secret.ErrInternal, secret.ErrNotFound, ""} {
		if secret.CodeOf(r[i].Err) != want {
			t.Errorf("GetMany: %q has %v, want %q", r[i].Key, r[i].Err, want)
		}
	}
}

type panicking struct{}

func (panicking) Get(context.Context, secret.Key) (secret.Secret, error) { panic("canary") }
func (panicking) Set(context.Context, secret.Key, secret.Secret) error   { panic("canary") }
func (panicking) Delete(context.Context, secret.Key) error               { panic("canary") }
func (panicking) Keys(context.Context, string) ([]secret.Key, error)     { panic("canary") }
func (panicking) Watch(context.Context) iter.Seq2[secret.Event, error]   { panic("canary") }

func TestPolicyComesFirst(t *testing.T) {
	t.Parallel()
	rules, err := policy.Parse("policy.lua", []byte(`
chain { "prod", keys = "prod/**", providers = { "second" } }
chain { "rest", keys = "**", providers = { "first", "second" } }
allow { "readers", roles = "reader", ops = "read", keys = { "open", "prod/**" } }
deny  { "frozen", ops = "write", keys = "**", reason = "nothing is written today" }
`), policy.Options{Providers: []string{"first", "second"}, Chain: []string{"first", "second"}})
	if err != nil {
		t.Fatal(err)
	}
	first, second := &spy{}, &spy{}
	rt := open(t, runtime.Options{
		Policy:    rules,
		Providers: []runtime.ProviderOptions{{Name: "first", Provider: first}, {Name: "second", Provider: second}},
	})
	reader := rt.For(runtime.Caller{Name: "web", Roles: []string{"reader"}})

	_, err = rt.Get(t.Context(), "open")
	if !errors.Is(err, secret.ErrDenied) || first.total()+second.total() != 0 {
		t.Errorf("Get without a role = %v after %d calls of providers, want denied after none", err, first.total()+second.total())
	}
	err = reader.Set(t.Context(), "open", made(t, "v"))
	if !errors.Is(err, secret.ErrDenied) || !strings.Contains(err.Error(), "nothing is written today") || first.total()+second.total() != 0 {
		t.Errorf("Set = %v after %d calls of providers, want the rule's reason after none", err, first.total()+second.total())
	}
	if v, err := reader.Get(t.Context(), "prod/db"); err != nil || v.Provider() != "second" || first.total() != 0 {
		t.Errorf("Get(prod/db) = %v from %q, want second alone", err, v.Provider())
	}
	if _, err := must(reader.At("first")).Get(t.Context(), "prod/db"); !errors.Is(err, secret.ErrDenied) || first.total() != 0 {
		t.Errorf("Get(prod/db) at a provider outside of the rule's chain = %v, want denied", err)
	}
	keys, err := reader.Keys(t.Context(), "")
	if err != nil || !slices.Equal(keys, []runtime.Key{"open", "prod/db"}) {
		t.Errorf("Keys = %v, %v; want the two that the caller may list", keys, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// spy has every key and counts how often it is asked.
type spy struct {
	mu    sync.Mutex
	calls int
}

func (s *spy) count() { s.mu.Lock(); s.calls++; s.mu.Unlock() }

func (s *spy) total() int { s.mu.Lock(); defer s.mu.Unlock(); return s.calls }

func (s *spy) Get(context.Context, secret.Key) (secret.Secret, error) {
	s.count()
	return secret.FromString("value-of-the-spy")
}

func (s *spy) Set(context.Context, secret.Key, secret.Secret) error { s.count(); return nil }
func (s *spy) Delete(context.Context, secret.Key) error             { s.count(); return nil }

func (s *spy) Keys(context.Context, string) ([]secret.Key, error) {
	return []secret.Key{"open", "hidden", "prod/db"}, nil
}

func (s *spy) Watch(context.Context) iter.Seq2[secret.Event, error] { return nil }

// What a runtime has released is masked in the program's own log as well.
func TestReleasedValuesAreMasked(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{env("a", "*")},
		Environ:   environ("K=correct-horse-battery"),
	})
	if _, err := rt.Get(t.Context(), "K"); err != nil {
		t.Fatal(err)
	}
	w := rt.Redactor().Writer(&out, redact.WriterOptions{})
	slog.New(slog.NewTextHandler(w, nil)).Info("careless", "value", "correct-horse-battery")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Contains(got, "horse") || !strings.Contains(got, "[REDACTED:K]") {
		t.Errorf("the log shows %q", got)
	}
}

// How much of a value a log may show is the policy's to say, per key.
func TestLogsMaskAsThePolicySays(t *testing.T) {
	t.Parallel()
	rules, err := policy.Parse("policy.lua", []byte(`
allow { "all", ops = "*", keys = "**" }
redact { "tokens", keys = "*TOKEN", mode = "first", keep = 4 }
redact { "open", keys = "OPEN", mode = "none" }
`), policy.Options{Providers: []string{"a"}, Chain: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	rt := open(t, runtime.Options{
		Policy: rules, Providers: []runtime.ProviderOptions{env("a", "*")},
		Environ: environ("A_TOKEN=ghp_correct-horse", "PW=battery-staple", "OPEN=not-so-secret"),
	})
	for _, r := range rt.GetMany(t.Context(), []runtime.Key{"A_TOKEN", "PW", "OPEN"}) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	got := rt.Redactor().String("ghp_correct-horse battery-staple not-so-secret")
	if want := "[REDACTED:A_TOKEN:ghp_] [REDACTED:PW] [REDACTED:OPEN]"; got != want {
		t.Errorf("the log shows %q, want %q", got, want)
	}
}

// Many callers, one module, writes in between: every value is whole and of the
// right key, and nobody waits forever.
func TestConcurrentCallers(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "mem", Module: "memory"}},
		Limits:    runtime.Limits{Instances: 2, Call: time.Minute},
	})
	const keys, rounds = 4, 50
	value := func(k, n int) string { return strings.Repeat(fmt.Sprintf("%d-%d;", k, n%10), 40) }
	var wg sync.WaitGroup
	for k := range keys {
		key := runtime.Key(fmt.Sprintf("key/%d", k))
		if err := rt.Set(t.Context(), key, made(t, value(k, 0))); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for n := range rounds {
				if err := rt.Set(t.Context(), key, made(t, value(k, n))); err != nil {
					t.Errorf("Set(%q) = %v", key, err)
				}
			}
		})
		wg.Go(func() {
			for range rounds {
				v, err := rt.Get(t.Context(), key)
				if err != nil {
					t.Errorf("Get(%q) = %v", key, err)
					continue
				}
				text, _ := v.ExposeString()
				piece, _, _ := strings.Cut(text, ";")
				if !strings.HasPrefix(text, fmt.Sprintf("%d-", k)) || text != strings.Repeat(piece+";", 40) {
					t.Errorf("Get(%q) is torn or of another key: %.20q", key, text)
				}
			}
		})
	}
	wg.Wait()
}
