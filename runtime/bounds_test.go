package runtime_test

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// minting is a provider that has every key.
type minting struct{ *goStore }

func (minting) Get(_ context.Context, k secret.Key) (secret.Secret, error) {
	return secret.FromString("value-of-" + string(k))
}

// TestReadingManyKeysHoldsABoundedNumber: who reads a key of each of many users
// leaves no value of each behind, and what is still held stays masked.
func TestReadingManyKeysHoldsABoundedNumber(t *testing.T) {
	var now atomic.Int64
	rt := open(t, runtime.Options{Providers: single("own", minting{newGoStore(t, nil)}), Now: func() time.Time { return time.Unix(0, now.Load()) }})
	kept, err := rt.Get(t.Context(), "user/first/token")
	if err != nil {
		t.Fatal(err)
	}
	const n = 60_000
	for i := range n {
		if _, err := rt.Get(t.Context(), runtime.Key(fmt.Sprintf("user/%d/token", i))); err != nil {
			t.Fatal(err)
		}
		if i%5_000 == 0 {
			now.Add(int64(11 * 60 * 1e9)) // the grace is over
			goruntime.GC()
		}
	}
	for range 20 { // cleanups run some time after a collection
		goruntime.GC()
		now.Add(int64(11 * 60 * 1e9))
		if rt.Redactor().Len() < n/2 {
			break
		}
	}
	if held := rt.Redactor().Len(); held >= n/2 {
		t.Errorf("%d of %d values are held", held, n)
	}
	if got := rt.Redactor().String("value-of-user/first/token"); strings.Contains(got, "value") {
		t.Errorf("a value that is held is shown: %q", got)
	}
	goruntime.KeepAlive(kept)
}

// TestProvidersOwnCancellationIsNotTheCallers: the caller's context did not end.
func TestProvidersOwnCancellationIsNotTheCallers(t *testing.T) {
	t.Parallel()
	for _, own := range []error{context.Canceled, secret.ErrCanceled, fmt.Errorf("dial: %w", context.Canceled), &secret.Error{Code: secret.ErrCanceled}} {
		s := newGoStore(t, nil)
		s.getErr = own
		rt := open(t, runtime.Options{Providers: single("own", s)})
		_, err := rt.Get(t.Context(), "k")
		if errors.Is(err, context.Canceled) || secret.CodeOf(err) != secret.ErrUnavailable {
			t.Errorf("Get = %v for the provider's %v, want unavailable", err, own)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := rt.Get(ctx, "k"); !errors.Is(err, context.Canceled) {
			t.Errorf("Get under a canceled context = %v, want canceled", err)
		}
	}
}

// TestPanicOfEnvironIsNotTheModules: nor does what it panicked with appear.
func TestPanicOfEnvironIsNotTheModules(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{env("env", "*")},
		Environ:   func() []string { panic("s3cret") },
	})
	_, err := rt.Get(t.Context(), "K")
	if secret.CodeOf(err) != secret.ErrInternal || !strings.Contains(err.Error(), "Options.Environ panicked") || strings.Contains(fmt.Sprintf("%+v", err), "s3cret") {
		t.Errorf("Get = %v, want internal that names Options.Environ", err)
	}
	if !errors.Is(err, secret.ErrInternal) || errors.Is(err, secret.ErrBackend) {
		t.Errorf("Get = %v is blamed on the module", err)
	}
}

// TestGoexitOfAProvider ends its own goroutine and nothing else, however often.
func TestGoexitOfAProvider(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, map[secret.Key]string{"k": "value-of-k"})
	var exits atomic.Bool
	s.asked = func(secret.Op) {
		if exits.Load() {
			goruntime.Goexit()
		}
	}
	rt := open(t, runtime.Options{Providers: single("own", s)})
	exits.Store(true)
	for range 3 {
		for _, call := range []func(){
			func() { _, _ = rt.Get(t.Context(), "k") },
			func() { rt.GetMany(t.Context(), []runtime.Key{"k", "l"}) },
			func() { _ = rt.Set(t.Context(), "k", made(t, "new")) },
			func() { _ = rt.Delete(t.Context(), "k") },
			func() { _, _ = rt.Keys(t.Context(), "") },
			func() { rt.Probe(t.Context(), "own") },
		} {
			done := make(chan struct{})
			go func() { defer close(done); call() }()
			<-done
		}
	}
	exits.Store(false)
	if v, err := rt.Get(t.Context(), "k"); err != nil || plain(t, v) != "value-of-k" {
		t.Errorf("Get afterwards = %v", err)
	}
	if err := rt.Set(t.Context(), "k", made(t, "new")); err != nil {
		t.Errorf("Set afterwards = %v", err)
	}
	within(t, "Close", func() { _ = rt.Close() })
}

// TestEventsOfProvidersAreChecked: what no key or no kind of event is, is not
// passed on.
func TestEventsOfProvidersAreChecked(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, nil)
	s.events = make(chan secret.Event, 10)
	for _, e := range []secret.Event{
		{Kind: "made-up", Key: "k1"}, {Kind: secret.EventAdded, Key: "a//b"}, {Kind: secret.EventAdded}, {Key: "k2"},
		{Kind: secret.EventRotated, Key: "last"},
	} {
		s.events <- e
	}
	rt := open(t, runtime.Options{Providers: single("own", s)})
	for e, err := range rt.Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == secret.EventResync {
			continue
		}
		if e.Key != "last" || e.Kind != secret.EventRotated {
			t.Errorf("event %q of %q was passed on", e.Kind, e.Key)
		}
		break
	}
}
