package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// wantMasked fails if the registry lets the value pass.
func wantMasked(t *testing.T, reg *redact.Registry, value, why string) {
	t.Helper()
	if got := reg.String("x " + value + " x"); strings.Contains(got, value) {
		t.Errorf("%q is not masked although %s", value, why)
	}
}

func TestFailedSetChangesNothingThatIsMasked(t *testing.T) {
	t.Parallel()
	c := newClock()
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{env("env", "*")}, Environ: environ("DB=correct-horse-live"), Now: c.Now,
	})
	if _, err := rt.Get(t.Context(), "DB"); err != nil {
		t.Fatal(err)
	}
	if err := rt.Set(t.Context(), "DB", made(t, "new-value-that-fails")); err == nil {
		t.Fatal("Set of a provider that is not writable succeeded")
	}
	s := newGoStore(t, map[secret.Key]string{"DB": "correct-horse-live"})
	s.setErr = secret.ErrUnavailable
	own := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "own", Provider: s}}, Now: c.Now})
	if _, err := own.Get(t.Context(), "DB"); err != nil {
		t.Fatal(err)
	}
	if err := own.Set(t.Context(), "DB", made(t, "new-value-that-fails")); !errors.Is(err, secret.ErrUnavailable) {
		t.Fatalf("Set = %v, want unavailable", err)
	}
	wantMasked(t, own.Redactor(), "new-value-that-fails", "the write may have reached the store")
	c.add(11 * time.Minute)
	wantMasked(t, rt.Redactor(), "correct-horse-live", "the Set that followed failed")
	wantMasked(t, own.Redactor(), "correct-horse-live", "the Set that followed failed")
}

func TestOneKeyOfTwoProvidersHoldsTwoValues(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := newGoStore(t, map[secret.Key]string{"DB": "prod-value-aaaa"})
	b := newGoStore(t, map[secret.Key]string{"DB": "staging-value-bbbb"})
	providers := []runtime.ProviderOptions{{Name: "a", Provider: a}, {Name: "b", Provider: b}}
	for name, read := range map[string]func(*runtime.Runtime){
		"At": func(rt *runtime.Runtime) {
			for _, p := range []string{"a", "b"} {
				if _, err := must(rt.For(runtime.Caller{}).At(p)).Get(t.Context(), "DB"); err != nil {
					t.Fatal(err)
				}
			}
		},
		"a chain for each role": func(rt *runtime.Runtime) {
			for _, role := range []string{"prod", "dev"} {
				if _, err := rt.For(runtime.Caller{Roles: []string{role}}).Get(t.Context(), "DB"); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		rt := open(t, runtime.Options{Providers: providers, Now: c.Now, PolicyFile: lua(t, `
allow { "all", keys = "**" }
chain { "prod", keys = "**", roles = "prod", providers = { "a" } }
chain { "other", keys = "**", providers = { "b", "a" } }`)})
		read(rt)
		c.add(11 * time.Minute)
		wantMasked(t, rt.Redactor(), "prod-value-aaaa", name+" read it from provider a")
		wantMasked(t, rt.Redactor(), "staging-value-bbbb", name+" read it from provider b")
	}
}

// slow answers its first Get with the old value, after the second Get was
// answered with the new one.
type slow struct {
	*goStore
	calls       chan int
	begun, held chan struct{}
	old         secret.Secret
}

func (s *slow) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	if <-s.calls == 1 {
		close(s.begun)
		<-s.held
		return s.old, nil
	}
	return s.goStore.Get(ctx, k)
}

func TestSlowGetDoesNotEndTheNewValue(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := &slow{
		goStore: newGoStore(t, map[secret.Key]string{"DB": "new-value-22222"}), calls: make(chan int, 2),
		begun: make(chan struct{}), held: make(chan struct{}), old: made(t, "old-value-11111"),
	}
	p.calls <- 1
	p.calls <- 2
	rt := open(t, runtime.Options{Now: c.Now, Providers: []runtime.ProviderOptions{{Name: "p", Provider: p}}})
	done := make(chan struct{})
	go func() { defer close(done); rt.Get(context.Background(), "DB") }()
	<-p.begun
	if _, err := rt.Get(t.Context(), "DB"); err != nil {
		t.Fatal(err)
	}
	close(p.held)
	<-done
	c.add(11 * time.Minute)
	wantMasked(t, rt.Redactor(), "new-value-22222", "it is what the store holds")
}

func TestClosingOneRuntimeLeavesTheValuesOfAnother(t *testing.T) {
	t.Parallel()
	c := newClock()
	reg := redact.New(redact.Options{Now: c.Now})
	opened := func() *runtime.Runtime {
		return open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{env("env", "*")}, Environ: environ("DB=correct-horse-live"), Redactor: reg, Now: c.Now,
		})
	}
	a, b := opened(), opened()
	for _, rt := range []*runtime.Runtime{a, b} {
		if _, err := rt.Get(t.Context(), "DB"); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	wantMasked(t, reg, "correct-horse-live", "the other runtime holds it")
	c.add(11 * time.Minute)
	wantMasked(t, reg, "correct-horse-live", "the other runtime holds it")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	wantMasked(t, reg, "correct-horse-live", "the grace has just begun")
	c.add(10 * time.Minute)
	if n := reg.Len(); n != 0 {
		t.Errorf("%d values are registered 10 minutes after the last runtime closed, want none", n)
	}
}

// A provider written in Go keeps its own values, whatever is done with the
// copies that the runtime hands out.
func TestValuesOfGoProvidersAreCopies(t *testing.T) {
	t.Parallel()
	own := newGoStore(t, map[secret.Key]string{"DB": "correct-horse-live"})
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "own", Provider: own}}})
	v, err := rt.Get(t.Context(), "DB")
	if err != nil {
		t.Fatal(err)
	}
	v.Destroy()
	wantMasked(t, rt.Redactor(), "correct-horse-live", "Destroy of what a runtime returned does nothing")
	if _, err := rt.Get(t.Context(), "DB"); err != nil {
		t.Errorf("Get after Destroy = %v", err)
	}
	many := rt.GetMany(t.Context(), []runtime.Key{"DB", "none"})
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	for i, s := range []secret.Secret{v, many[0].Secret} {
		if _, err := s.ExposeString(); !errors.Is(err, secret.ErrClosed) {
			t.Errorf("value %d after Close = %v, want closed", i, err)
		}
	}
	if held, _ := own.Get(t.Context(), "DB"); plain(t, held) != "correct-horse-live" {
		t.Error("the provider's own value is gone")
	}
}

// odd answers as no provider should.
type odd struct {
	*goStore
	answer  secret.Secret
	results []secret.Result
}

func (o odd) Get(context.Context, secret.Key) (secret.Secret, error) { return o.answer, nil }

func (o odd) GetMany(_ context.Context, keys []secret.Key) []secret.Result { return o.results }

func TestOddAnswersOfGoProviders(t *testing.T) {
	t.Parallel()
	gone := made(t, "value")
	gone.Destroy()
	for name, c := range map[string]struct {
		answer secret.Secret
		want   secret.Code
	}{
		"no value":  {secret.Secret{}, secret.ErrModuleProtocol},
		"destroyed": {gone, secret.ErrModuleProtocol},
		"too large": {made(t, strings.Repeat("x", 101)), secret.ErrTooLarge},
		"just fits": {made(t, strings.Repeat("x", 100)), ""},
	} {
		rt := open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{{Name: "odd", Provider: odd{answer: c.answer}}},
			Limits:    runtime.Limits{Value: 100},
		})
		_, err := rt.Get(t.Context(), "k")
		var e *secret.Error
		if secret.CodeOf(err) != c.want || err != nil && (!errors.As(err, &e) || e.Provider != "odd" || e.Key != "k") {
			t.Errorf("%s: Get = %v, want %q with provider and key", name, err, c.want)
		}
		for _, r := range rt.GetMany(t.Context(), []runtime.Key{"k", "l"}) {
			if !errors.Is(r.Err, secret.ErrModuleProtocol) {
				t.Errorf("%s: GetMany with no results = %v, want module_protocol", name, r.Err)
			}
		}
	}
	_, err := runtime.Open(t.Context(), runtime.Options{Providers: []runtime.ProviderOptions{{Name: "both", Module: "env", Provider: odd{}}}})
	if !errors.Is(err, secret.ErrLoad) {
		t.Errorf("Open with Module and Provider = %v, want load_failed", err)
	}
}

func TestOpenUnderAnEndedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := runtime.Open(ctx, runtime.Options{})
	var e *secret.Error
	if !errors.As(err, &e) || e.Code != secret.ErrCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want an Error with the code canceled", err)
	}
}

// What is called inside Expose returns: Close does not wait for readers, and
// the reader keeps its bytes.
func TestEverythingReturnsInsideExpose(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "own", Provider: newGoStore(t, map[secret.Key]string{"K": "value-of-k"})}}})
	v, err := rt.Get(t.Context(), "K")
	if err != nil {
		t.Fatal(err)
	}
	mine := made(t, "mine")
	err = v.Expose(func(b []byte) error {
		if _, err := rt.Get(t.Context(), "K"); err != nil {
			t.Errorf("Get = %v", err)
		}
		if !v.Equal(v) {
			t.Error("Equal = false")
		}
		v.Destroy()
		if err := rt.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		if err := rt.Close(); err != nil {
			t.Errorf("second Close = %v", err)
		}
		if v.Equal(v) {
			t.Error("a closed value equals itself")
		}
		if string(b) != "value-of-k" {
			t.Errorf("the value changed under its reader: %q", b)
		}
		return mine.Expose(func(own []byte) error {
			mine.Destroy()
			if string(own) != "mine" {
				t.Errorf("the value changed under its reader: %q", own)
			}
			return nil
		})
	})
	if err != nil {
		t.Errorf("Expose = %v", err)
	}
	if _, err := v.ExposeString(); !errors.Is(err, secret.ErrClosed) {
		t.Errorf("Expose after Close = %v, want closed", err)
	}
}

// blocked holds a Get until it is released.
type blocked struct {
	*goStore
	begun, held chan struct{}
}

func (b *blocked) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	close(b.begun)
	<-b.held
	return b.goStore.Get(ctx, k)
}

// A second Close returns once nothing can be read any more, although the first
// still waits for a request; what that request found is not handed out.
func TestSecondCloseWaitsForTheWipeOnly(t *testing.T) {
	t.Parallel()
	p := &blocked{goStore: newGoStore(t, map[secret.Key]string{"K": "value-of-k"}), begun: make(chan struct{}), held: make(chan struct{})}
	other := newGoStore(t, map[secret.Key]string{"K": "other-value"})
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "p", Provider: p}, {Name: "other", Provider: other}}})
	v, err := must(rt.For(runtime.Caller{}).At("other")).Get(t.Context(), "K")
	if err != nil {
		t.Fatal(err)
	}
	late := make(chan error, 1)
	go func() {
		v, err := rt.Get(context.Background(), "K")
		if !v.IsZero() {
			err = fmt.Errorf("a value was handed out after Close, with error %w", err)
		}
		late <- err
	}()
	<-p.begun
	first := make(chan error, 2)
	for range 2 {
		go func() { first <- rt.Close() }()
	}
	if err := <-first; err != nil { // one of them is the second
		t.Errorf("Close = %v", err)
	}
	if _, err := v.ExposeString(); !errors.Is(err, secret.ErrClosed) {
		t.Errorf("a value after the second Close = %v, want closed", err)
	}
	close(p.held)
	if err := <-late; !errors.Is(err, secret.ErrClosed) {
		t.Errorf("the request under way = %v, want closed", err)
	}
	if err := <-first; err != nil {
		t.Errorf("the first Close = %v", err)
	}
}

// A result is never taken for that of another key.
func TestGetManyChecksTheKeysOfResults(t *testing.T) {
	t.Parallel()
	a, b := made(t, "value-of-a"), made(t, "value-of-b")
	sorted := []secret.Result{{Key: "a", Secret: a}, {Key: "b", Secret: b}}
	for name, results := range map[string][]secret.Result{
		"another order": sorted, "no keys": {{Secret: b}, {Secret: a}}, "one key twice": {sorted[1], sorted[1]},
	} {
		rt := open(t, runtime.Options{Providers: single("odd", odd{results: results})})
		for i, r := range rt.GetMany(t.Context(), []runtime.Key{"b", "a"}) {
			if name == "one key twice" && i == 0 {
				continue // it is the right one
			}
			if !errors.Is(r.Err, secret.ErrModuleProtocol) || !r.Secret.IsZero() {
				t.Errorf("%s: GetMany gives %q the result %v, want module_protocol", name, r.Key, r.Err)
			}
		}
	}
}

// A registry that its owner closed and uses again masks what is read again.
func TestReadAgainAfterTheRegistryWasClosed(t *testing.T) {
	t.Parallel()
	reg := redact.New(redact.Options{})
	rt := open(t, runtime.Options{Redactor: reg, Providers: single("own", newGoStore(t, map[secret.Key]string{"K": "value-of-k-long"}))})
	for range 2 {
		if _, err := rt.Get(t.Context(), "K"); err != nil {
			t.Fatal(err)
		}
		wantMasked(t, reg, "value-of-k-long", "it was just read")
		reg.Close()
	}
}

// A Secret that is set again and again is held once.
func TestSecretThatIsSetTwiceIsLetGo(t *testing.T) {
	t.Parallel()
	for name, setErr := range map[string]error{"stored": nil, "refused": secret.ErrUnavailable} {
		c := newClock()
		s := newGoStore(t, nil)
		s.setErr = setErr
		reg := redact.New(redact.Options{Now: c.Now})
		rt := open(t, runtime.Options{Providers: single("own", s), Now: c.Now, Redactor: reg})
		v := made(t, "my-own-value-that-lives")
		for range 3 {
			if err := rt.Set(t.Context(), "k", v); !errors.Is(err, setErr) {
				t.Fatal(err)
			}
		}
		wantMasked(t, reg, "my-own-value-that-lives", "its Secret lives")
		v.Destroy()
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		c.add(10 * time.Minute)
		if n := reg.Len(); n != 0 {
			t.Errorf("%s: %d values are registered 10 minutes after the last holder", name, n)
		}
	}
}
