package runtime_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/internal/goroutine"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// TestCleanupsCallNothing: a value that nobody has any more is let go by a cleanup of
// the collector, which runs no code of the embedder: a panic there would end the process,
// and a wait would stop all cleanups. The value stays masked for the grace that follows.
func TestCleanupsCallNothing(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	var calls, ahead atomic.Int64
	var value atomic.Value
	value.Store("value-one-of-environ")
	r := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "m", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}}},
		Environ:   func() []string { return []string{"E=" + value.Load().(string)} },
		Now: func() time.Time {
			if armed.Load() {
				calls.Add(1)
			}
			return time.Now().Add(time.Duration(ahead.Load()))
		},
	})
	for _, v := range []string{"value-one-of-environ", "value-two-of-environ"} {
		value.Store(v)
		if _, err := r.Get(t.Context(), "E"); err != nil {
			t.Fatal(err)
		}
	}
	armed.Store(true)
	for range 20 {
		collected := make(chan struct{})
		func() {
			b := new([64]byte)
			goruntime.AddCleanup(b, func(c chan struct{}) { close(c) }, collected)
		}()
		for done := false; !done; {
			goruntime.GC()
			select {
			case <-collected:
				done = true
			default:
				goruntime.Gosched()
			}
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("the clock was called %d times by cleanups", n)
	}
	masked := func(when, want string) {
		t.Helper()
		r.Redactor().Len()
		if got := r.Redactor().String("value-one-of-environ"); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	masked("let go", "[REDACTED:E]")
	ahead.Store(int64(9 * time.Minute))
	masked("in the grace", "[REDACTED:E]")
	ahead.Store(int64(11 * time.Minute))
	masked("after the grace", "value-one-of-environ")
}

// TestGoroutinesOutliveTheEmbedder: a clock and a log handler that panic where a policy
// file is followed do not end the process, and the next change is seen.
func TestGoroutinesOutliveTheEmbedder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(privateFolder(t), "policy.lua")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`allow { "all", keys = "**", ops = "*" }`)
	var armed atomic.Bool
	var panics atomic.Int64
	fail := func() {
		if armed.Load() {
			panics.Add(1)
			panic("code of the embedder")
		}
	}
	r := open(t, runtime.Options{
		Providers:  []runtime.ProviderOptions{{Name: "go", Provider: newGoStore(t, nil)}},
		PolicyFile: runtime.PolicyFile{Path: path},
		Logger:     slog.New(&handler{on: fail}),
		Now:        func() time.Time { fail(); return time.Now() },
	})
	was := r.Policy().Revision()
	armed.Store(true)
	write(`allow { "all", keys = `)
	until(t, "the malformed policy", r, func(s policy.Status) bool { return s.LastError != nil })
	write(`allow { "more", keys = "**", ops = "*" }`)
	until(t, "the next policy", r, func(s policy.Status) bool { return s.LastError == nil && r.Policy().Revision() != was })
	armed.Store(false)
	if panics.Load() == 0 {
		t.Error("nothing panicked")
	}
}

func until(t *testing.T, what string, r *runtime.Runtime, seen func(policy.Status) bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if s, ok := r.PolicyStatus(); ok && seen(s) {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%s was not seen", what)
		}
	}
}

// TestProviderWatchOutlivesTheClock: a clock that ends its goroutine, or panics, wherever a
// watch of a provider asks it, costs neither an event nor the next attempt.
func TestProviderWatchOutlivesTheClock(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(){"Goexit": goruntime.Goexit, "panic": func() { panic("code of the embedder") }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{goStore: newGoStore(t, nil)}
				for range 3 {
					f.script = append(f.script, func(_ context.Context, yield func(secret.Event, error) bool) {
						yield(secret.Event{Kind: secret.EventAdded, Key: "k"}, nil)
					})
				}
				consumer := goroutine.ID()
				rt := open(t, runtime.Options{Providers: single("own", f), Now: func() time.Time {
					if goroutine.ID() != consumer {
						leave()
					}
					return time.Now()
				}})
				kinds := map[secret.EventKind]int{}
				for e, err := range rt.Watch(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					if time.Since(e.At) < 0 || time.Since(e.At) > time.Second {
						t.Errorf("%s is of %v", e.Kind, e.At)
					}
					if kinds[e.Kind]++; kinds[secret.EventAdded] == 3 && kinds[secret.EventDegraded] == 3 {
						break
					}
				}
			})
		})
	}
}
