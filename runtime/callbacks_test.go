package runtime_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// methods call every method of a Runtime and of a Client.
func methods(t *testing.T) map[string]func(*runtime.Runtime) {
	ctx := t.Context()
	value := made(t, "value-of-the-callback")
	client := func(rt *runtime.Runtime) *runtime.Client { return rt.For(runtime.Caller{Name: "x"}) }
	watch := func(events iter.Seq2[secret.Event, error]) {
		for range events {
			return
		}
	}
	return map[string]func(*runtime.Runtime){
		"Runtime.Get":              func(rt *runtime.Runtime) { _, _ = rt.Get(ctx, "k") },
		"Runtime.GetMany":          func(rt *runtime.Runtime) { rt.GetMany(ctx, []runtime.Key{"k", "l"}) },
		"Runtime.Set":              func(rt *runtime.Runtime) { _ = rt.Set(ctx, "k", value) },
		"Runtime.Delete":           func(rt *runtime.Runtime) { _ = rt.Delete(ctx, "k") },
		"Runtime.DeleteAll":        func(rt *runtime.Runtime) { _ = rt.DeleteAll(ctx, "k") },
		"Runtime.Keys":             func(rt *runtime.Runtime) { _, _ = rt.Keys(ctx, "") },
		"Runtime.Watch":            func(rt *runtime.Runtime) { watch(rt.Watch(ctx)) },
		"Runtime.For":              func(rt *runtime.Runtime) { client(rt) },
		"Runtime.Status":           func(rt *runtime.Runtime) { rt.Status() },
		"Runtime.Redactor":         func(rt *runtime.Runtime) { rt.Redactor().String("value"); rt.Redactor().Len() },
		"Runtime.Providers":        func(rt *runtime.Runtime) { rt.Providers() },
		"Runtime.Probe":            func(rt *runtime.Runtime) { rt.Probe(ctx, "m"); rt.Probe(ctx, "go") },
		"Runtime.Policy":           func(rt *runtime.Runtime) { rt.Policy() },
		"Runtime.ReloadPolicy":     func(rt *runtime.Runtime) { _ = rt.ReloadPolicy() },
		"Runtime.PolicyStatus":     func(rt *runtime.Runtime) { rt.PolicyStatus() },
		"Runtime.DecisionsDropped": func(rt *runtime.Runtime) { rt.DecisionsDropped() },
		"Runtime.Memory":           func(rt *runtime.Runtime) { rt.Memory() },
		"Runtime.Close":            func(rt *runtime.Runtime) { _ = rt.Close() },
		"Client.Get":               func(rt *runtime.Runtime) { _, _ = client(rt).Get(ctx, "k") },
		"Client.GetMany":           func(rt *runtime.Runtime) { client(rt).GetMany(ctx, []runtime.Key{"k", "k"}) },
		"Client.Set":               func(rt *runtime.Runtime) { _ = client(rt).Set(ctx, "k", value) },
		"Client.Delete":            func(rt *runtime.Runtime) { _ = client(rt).Delete(ctx, "k") },
		"Client.DeleteAll":         func(rt *runtime.Runtime) { _ = client(rt).DeleteAll(ctx, "k") },
		"Client.Keys":              func(rt *runtime.Runtime) { _, _ = client(rt).Keys(ctx, "") },
		"Client.List":              func(rt *runtime.Runtime) { _, _ = client(rt).List(ctx, "") },
		"Client.Names":             func(rt *runtime.Runtime) { _, _ = client(rt).Names(ctx, "") },
		"Client.Watch":             func(rt *runtime.Runtime) { watch(client(rt).Watch(ctx)) },
		"Client.At":                func(rt *runtime.Runtime) { _, _ = client(rt).At("go") },
		"Client.Caller":            func(rt *runtime.Runtime) { client(rt).Caller() },
		"Client.Writer":            func(rt *runtime.Runtime) { client(rt).Writer() },
		"Client.Writers":           func(rt *runtime.Runtime) { client(rt).Writers(secret.OpSet, "k") },
		"Client.Decide":            func(rt *runtime.Runtime) { client(rt).Decide(secret.OpGet, "k") },
		"Client.Explain":           func(rt *runtime.Runtime) { client(rt).Explain(secret.OpGet, "k") },
	}
}

// calling are the options of an embedder whose every callback calls on.
func calling(t *testing.T, callback string, on func()) runtime.Options {
	store := newGoStore(t, map[secret.Key]string{"k": "value-one", "l": "value-two"})
	o := runtime.Options{
		Providers: []runtime.ProviderOptions{
			{Name: "go", Provider: store},
			{Name: "m", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}},
		},
		Environ: environ("E=value-of-environ"),
		Limits:  runtime.Limits{Call: 5 * time.Second},
	}
	writer := writing(func(b []byte) (int, error) { on(); return len(b), nil })
	switch callback {
	case "provider":
		store.asked = func(secret.Op) { on() }
	case "watch":
		store.events = make(chan secret.Event, 1)
		o.Providers[0].Provider = callingWatch{store, on}
	case "log":
		o.Logger = slog.New(&handler{on: on})
	case "now":
		o.Now = func() time.Time { on(); return time.Now() }
	case "now of a failed watch":
		w := failingWatch{store, make(chan struct{}), new(atomic.Bool)}
		o.Providers[0].Provider = w
		o.Now = func() time.Time {
			if w.failed.Load() {
				on()
			}
			return time.Now()
		}
	case "environ":
		o.Environ = func() []string { on(); return []string{"E=value-of-environ"} }
	case "environ of a serial module":
		o.Environ = func() []string { on(); return []string{"E=value-of-environ"} }
		o.Providers[1].Mode, o.Limits.Call = runtime.Serial, 100*time.Millisecond
	case "decide":
		o.Policy = deciding(func(policy.Request) { on() })
	case "decision log":
		o.DecisionLog.Writer = writer
	case "required decision log":
		o.DecisionLog = runtime.DecisionLog{Writer: writer, Options: audit.Options{Required: true}}
	}
	return o
}

type writing func([]byte) (int, error)

func (w writing) Write(b []byte) (int, error) { return w(b) }

var _ io.Writer = writing(nil)

type deciding func(policy.Request)

func (d deciding) Decide(r policy.Request) policy.Decision {
	d(r)
	return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"go", "m"}}
}

func (d deciding) Routes(r policy.Request) policy.Routes {
	d(r)
	return policy.Routes{Providers: []string{"go", "m"}}
}

// callingWatch is a store whose Watch calls back.
type callingWatch struct {
	*goStore
	on func()
}

func (w callingWatch) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		w.on()
		yield(secret.Event{Kind: secret.EventResync}, nil)
		w.on()
	}
}

// failingWatch is a store whose Watch fails when it is let.
type failingWatch struct {
	*goStore
	let    chan struct{}
	failed *atomic.Bool
}

func (w failingWatch) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		<-w.let
		w.failed.Store(true)
		yield(secret.Event{}, secret.ErrUnavailable)
	}
}

// letFail lets the watch fail while nobody makes a request, and waits for what follows.
func (w failingWatch) letFail(ctx context.Context, r *runtime.Runtime) {
	for e := range r.Watch(ctx) {
		switch e.Kind {
		case secret.EventResync:
			close(w.let)
		case secret.EventDegraded:
			return
		}
	}
}

// TestCallbacksMayCallEverything: code of the embedder runs without any lock, so
// that it may call every method.
func TestCallbacksMayCallEverything(t *testing.T) {
	t.Parallel()
	all := methods(t)
	for _, of := range []reflect.Type{reflect.TypeFor[*runtime.Runtime](), reflect.TypeFor[*runtime.Client]()} {
		for m := range of.Methods() {
			if name := of.Elem().Name() + "." + m.Name; all[name] == nil {
				t.Errorf("%s is not in the table", name)
			}
		}
	}
	callbacks := []string{"provider", "watch", "log", "now", "now of a failed watch", "environ", "environ of a serial module", "decide", "decision log", "required decision log"}
	for _, callback := range callbacks {
		for name, call := range all {
			if testing.Short() && callback == "environ of a serial module" {
				continue
			}
			t.Run(callback+" calls "+name, func(t *testing.T) {
				t.Parallel()
				callsBack(t, callback, call)
			})
		}
	}
}

func callsBack(t *testing.T, callback string, call func(*runtime.Runtime)) {
	var rt atomic.Pointer[runtime.Runtime]
	var busy sync.Mutex
	called := false // guarded by busy
	on := func() {
		if r := rt.Load(); r != nil && busy.TryLock() {
			defer busy.Unlock()
			call(r)
			called = true
		}
	}
	o := calling(t, callback, on)
	o.CompileCache = compiled
	r, err := runtime.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rt.Store(r)
	within(t, "the requests", func() {
		if w, ok := o.Providers[0].Provider.(failingWatch); ok {
			w.letFail(t.Context(), r)
		}
		for range 2 { // cold and warm
			_, _ = r.Get(t.Context(), "k")
			_, _ = r.Get(t.Context(), "E")
			r.GetMany(t.Context(), []runtime.Key{"k", "absent"})
			_ = r.Set(t.Context(), "k", made(t, "new-value"))
			_, _ = r.Keys(t.Context(), "")
			for range r.Watch(t.Context()) {
				break
			}
			r.Probe(t.Context(), "go")
			_ = r.Delete(t.Context(), "k")
		}
	})
	within(t, "Close", func() { _ = r.Close() })
	within(t, "the callback", busy.Lock)
	if !called && !slices.Contains([]string{"log", "watch"}, callback) {
		t.Error("the callback did not run")
	}
}

// within fails when f does not return.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		panic(fmt.Sprintf("%s of %s do not return", what, t.Name()))
	}
}

// TestLogHandlerMayCallEverything: of a changed policy, a module without a cache, and
// names that are not keys.
func TestLogHandlerMayCallEverything(t *testing.T) {
	t.Parallel()
	for name, call := range methods(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "policy.lua")
			write := func(text string) {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(`allow { "all", keys = "**", ops = "*" }`)
			var rt atomic.Pointer[runtime.Runtime]
			var busy, called atomic.Bool
			h := &handler{on: func() {
				if r := rt.Load(); r != nil && busy.CompareAndSwap(false, true) {
					call(r)
					called.Store(true)
					busy.Store(false)
				}
			}}
			o := calling(t, "", nil)
			o.Logger, o.PolicyFile.Path = slog.New(h), path
			o.Environ = environ("E=value-of-environ", "not a key=x")
			r := open(t, o)
			rt.Store(r)
			write(`allow { "more", keys = "**", ops = "*" }`)
			within(t, "the requests", func() {
				_ = r.ReloadPolicy()
				_, _ = r.Keys(t.Context(), "")
				r.Probe(t.Context(), "m")
			})
			within(t, "Close", func() { _ = r.Close() })
			if !called.Load() {
				t.Error("the handler was not called")
			}
		})
	}
}
