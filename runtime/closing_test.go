package runtime_test

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// Code of the embedder that runs inside Close may itself call Close, panic, or end its
// goroutine: nobody waits without end, and a later Close returns.
func TestCallbacksOfCloseMayCloseOrFail(t *testing.T) {
	t.Parallel()
	for _, callback := range []string{"clock of the runtime", "clock of a registry", "both clocks", "log", "decision log"} {
		for what, act := range map[string]func(*runtime.Runtime){
			"closes": func(r *runtime.Runtime) { _ = r.Close() },
			"panics": func(*runtime.Runtime) { panic("a callback") },
			"ends":   func(*runtime.Runtime) { goruntime.Goexit() },
		} {
			t.Run(callback+" "+what, func(t *testing.T) {
				t.Parallel()
				var rt atomic.Pointer[runtime.Runtime]
				var acted atomic.Bool
				on := func() {
					if r := rt.Load(); r != nil && acted.CompareAndSwap(false, true) {
						act(r)
					}
				}
				clock := func() time.Time { on(); return time.Now() }
				o := runtime.Options{Providers: single("go", newGoStore(t, map[secret.Key]string{"k": "value-one"}))}
				switch callback {
				case "clock of the runtime":
					o.Now = clock
				case "clock of a registry":
					o.Redactor = redact.New(redact.Options{Now: clock})
				case "both clocks":
					o.Now, o.Redactor = clock, redact.New(redact.Options{Now: clock})
				case "log":
					o.Logger = slog.New(&handler{on: on})
				case "decision log":
					o.DecisionLog.Writer = writing(func(b []byte) (int, error) { on(); return len(b), nil })
				}
				r, err := runtime.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Get(t.Context(), "k"); err != nil {
					t.Fatal(err)
				}
				rt.Store(r)
				within(t, "Close", func() {
					defer func() { _ = recover() }()
					_ = r.Close()
				})
				within(t, "a second Close", func() { _ = r.Close() })
				if _, err := r.Get(t.Context(), "k"); secret.CodeOf(err) != secret.ErrClosed {
					t.Errorf("Get after Close = %v", err)
				}
			})
		}
	}
}

// TestCloseInsideARequestOfAnotherRuntime: it waits for the decision log, as elsewhere, if no
// request of the Runtime is under way.
func TestCloseInsideARequestOfAnotherRuntime(t *testing.T) {
	t.Parallel()
	for _, callback := range []string{"provider", "now", "log", "environ", "decide"} {
		t.Run(callback, func(t *testing.T) {
			t.Parallel()
			inside := func() {
				lines := 0
				inner := open(t, runtime.Options{
					Providers:   single("go", newGoStore(t, map[secret.Key]string{"k": "value-one"})),
					DecisionLog: runtime.DecisionLog{Writer: writing(func(b []byte) (int, error) { lines++; return len(b), nil })},
				})
				if _, err := inner.Get(t.Context(), "k"); err != nil {
					t.Error(err)
				}
				if err := inner.Close(); err != nil || lines != 2 {
					t.Errorf("Close = %v after %d lines, want 2", err, lines)
				}
			}
			var once sync.Once
			var outer atomic.Pointer[runtime.Runtime]
			called := false
			o := calling(t, callback, func() {
				if outer.Load() != nil {
					once.Do(func() { called = true; inside() })
				}
			})
			o.CompileCache = compiled
			rt := open(t, o)
			outer.Store(rt)
			within(t, "the requests", func() {
				_, _ = rt.Get(t.Context(), "k")
				_, _ = rt.Get(t.Context(), "E")
			})
			if !called && callback != "log" {
				t.Error("the callback did not run")
			}
		})
	}
}

// Log handlers and Writers ask no clock when they search: they hold locks of the program
// then.
func TestHandlersAndWritersAskNoClock(t *testing.T) {
	t.Parallel()
	var searching atomic.Bool
	now := func() time.Time {
		if searching.Load() {
			t.Error("the clock was asked")
		}
		return time.Now()
	}
	reg := redact.New(redact.Options{Now: now})
	log := slog.New(redact.NewHandler(io.Discard, reg, func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }))
	rt := open(t, runtime.Options{Redactor: reg, Providers: single("go", newGoStore(t, map[secret.Key]string{"k": "value-one", "l": "value-two"}))})
	for _, key := range []secret.Key{"k", "l"} {
		if _, err := rt.Get(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		searching.Store(true)
		log.Info("value-one")
		w := reg.Writer(io.Discard, redact.WriterOptions{})
		_, _ = io.WriteString(w, "value-two")
		_ = w.Close()
		searching.Store(false)
	}
}

// Errors that a decision log returns may panic, as a nil pointer does, and its log handler
// may panic or never return: requests fail and Close returns, and nothing stays masked.
func TestDecisionLogsMayFailInAnyWay(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	defer close(stop)
	for name, fail := range map[string]error{"nil pointer": (*fs.PathError)(nil), "error": io.ErrClosedPipe} {
		for what, on := range map[string]func(){"returns": func() {}, "panics": func() { panic("a handler") }, "hangs": func() { <-stop }} {
			for _, required := range []bool{false, true} {
				clock := newClock()
				o := runtime.Options{
					Providers: single("go", newGoStore(t, map[secret.Key]string{"k": "value-one"})), Logger: slog.New(&handler{on: on}), Now: clock.Now,
					DecisionLog: runtime.DecisionLog{Writer: writing(func(b []byte) (int, error) { return 0, fail }), Options: audit.Options{Required: required}},
				}
				r, err := runtime.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.Get(t.Context(), "k")
				if required != (secret.CodeOf(err) == secret.ErrAuditUnavailable) {
					t.Errorf("%s, required %v: Get = %v", name, required, err)
				}
				within(t, "Close, if the handler "+what, func() { _ = r.Close() })
				clock.add(redact.DefaultGrace + time.Minute)
				if n := r.Redactor().Len(); n != 0 {
					t.Errorf("%s, required %v, the handler %s: %d values are left", name, required, what, n)
				}
			}
		}
	}
}

// Closing a Runtime unmasks nothing that the program may still print: what another
// Runtime gives out that has the same registry, what an Expose under way reads, and what the
// program has read. After the grace nothing is left, also of what Options.Mask registered.
func TestClosingUnmasksNothing(t *testing.T) {
	t.Parallel()
	clock := newClock()
	store := newGoStore(t, map[secret.Key]string{"k": "value-kkkkkkkk", "l": "value-llllllll"})
	a := open(t, runtime.Options{Providers: single("go", store), Mask: []string{"l"}, Now: clock.Now})
	b := open(t, runtime.Options{Providers: single("go", store), Redactor: a.Redactor(), Now: clock.Now})
	other, err := b.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	const text, want = "dsn=value-kkkkkkkk, value-llllllll", "dsn=[REDACTED:k], [REDACTED:l]"
	check := func(when string) {
		t.Helper()
		if got := a.Redactor().String(text); got != want {
			t.Errorf("%s: %q", when, got)
		}
	}
	if err := v.Expose(func([]byte) error {
		_ = a.Close()
		check("inside Expose")
		return nil
	}); err != nil {
		t.Error(err)
	}
	check("after Close")
	clock.add(redact.DefaultGrace + time.Minute)
	a.Redactor().Len() // searches ask no clock
	if got := a.Redactor().String(text); got != "dsn=[REDACTED:k], value-llllllll" {
		t.Errorf("after the grace, with a Runtime that is open: %q", got)
	}
	goruntime.KeepAlive(other)
	_ = b.Close()
	a.Redactor().Len() // the grace begins
	clock.add(redact.DefaultGrace + time.Minute)
	if n := a.Redactor().Len(); n != 0 {
		t.Errorf("after all Runtimes were closed and the grace, %d values are left", n)
	}
}

// A Secret that was set through a Runtime keeps only its own value masked, not all that the
// Runtime has read: programs open one Runtime after the other.
func TestASecretThatWasSetKeepsNoRegistry(t *testing.T) {
	values := map[secret.Key]string{}
	var keys []secret.Key
	for i := range 500 {
		keys = append(keys, secret.Key(fmt.Sprintf("k%d", i)))
		values[keys[i]] = fmt.Sprintf("value-of-key-%d-%d", i, i*7919)
	}
	store, long := newGoStore(t, values), made(t, "a-token-of-the-program")
	var freed atomic.Int32
	const times = 5
	for range times {
		func() {
			rt, err := runtime.Open(t.Context(), runtime.Options{Providers: append(single("go", store), single("mem", newGoStore(t, nil))...)})
			if err != nil {
				t.Fatal(err)
			}
			rt.GetMany(t.Context(), keys)
			rt.Redactor().String("a line")
			if err := at(t, rt, "mem").Set(t.Context(), "token", long); err != nil {
				t.Fatal(err)
			}
			goruntime.AddCleanup(rt.Redactor(), func(n *atomic.Int32) { n.Add(1) }, &freed)
			if err := rt.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	for try := 0; freed.Load() < times-1 && try < 100; try++ { // the last one may still be on the stack
		goruntime.GC()
		for range 100 {
			goruntime.Gosched() // cleanups run in a goroutine of their own
		}
	}
	if n := freed.Load(); n < times-1 {
		t.Errorf("%d of %d registries are free", n, times)
	}
	goruntime.KeepAlive(long)
}

// A program that goes on logging after Close, and asks nothing, lets go of the values when
// the grace is over.
func TestValuesEndAfterCloseWithSearchesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rt, err := runtime.Open(t.Context(), runtime.Options{
			Providers: single("go", newGoStore(t, map[secret.Key]string{"k": "value-kkkkkkkk", "l": "value-llllllll"})), Mask: []string{"l"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rt.Get(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		const text = "value-kkkkkkkk value-llllllll"
		time.Sleep(redact.DefaultGrace - time.Second)
		if got := rt.Redactor().String(text); got != "[REDACTED:k] [REDACTED:l]" {
			t.Errorf("before the grace is over: %q", got)
		}
		time.Sleep(2 * time.Second)
		if got := rt.Redactor().String(text); got != text {
			t.Errorf("after the grace: %q", got)
		}
		if s := rt.Redactor().Status(); s.Values != 0 || s.Patterns != 0 {
			t.Errorf("left: %+v", s)
		}
	})
}
