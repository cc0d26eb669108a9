package runtime_test

import (
	"bytes"
	"context"
	"iter"
	goruntime "runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// telling is a store whose Set yields an event to its watch itself.
type telling struct {
	*goStore
	yield atomic.Pointer[func(secret.Event, error) bool]
}

func (s *telling) tell(key secret.Key) { s.told(secret.EventRotated, key) }

func (s *telling) told(kind secret.EventKind, key secret.Key) {
	if yield := s.yield.Load(); yield != nil {
		(*yield)(secret.Event{Kind: kind, Key: key}, nil)
	}
}

func (s *telling) Set(ctx context.Context, key secret.Key, v secret.Secret) error {
	defer s.tell(key)
	return s.goStore.Set(ctx, key, v)
}

func (s *telling) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		s.yield.Store(&yield)
		yield(secret.Event{Kind: secret.EventResync}, nil)
		<-ctx.Done()
	}
}

// A provider may yield an event from any goroutine, one of its Set included: the clock that
// is asked for the event runs in another one, which it may end, and in which it may write.
func TestEventsOfGoProvidersAskTheClockApart(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*runtime.Runtime){
		"ends the goroutine": func(*runtime.Runtime) { goruntime.Goexit() },
		"panics":             func(*runtime.Runtime) { panic("canary") },
		"sets": func(rt *runtime.Runtime) {
			v, err := secret.FromString("value-of-the-clock")
			if err != nil {
				panic(err)
			}
			rt.Set(context.Background(), "clock", v)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var armed atomic.Bool
			var rt *runtime.Runtime
			now := func() time.Time {
				if armed.Load() && bytes.Contains(debug.Stack(), []byte("(*Hub).stamp(")) && armed.CompareAndSwap(true, false) {
					act(rt)
				}
				return time.Now()
			}
			s := &telling{goStore: newGoStore(t, nil)}
			rt = open(t, runtime.Options{Now: now, Providers: single("own", s)})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			waiting := map[secret.Key]bool{"one": true, "two": true}
			if name == "sets" {
				waiting["clock"] = true
			}
			for e, err := range rt.Watch(ctx) {
				if err != nil {
					t.Fatalf("without the events of %v: %v", waiting, err)
				}
				if e.Kind == secret.EventResync && e.Provider == "own" {
					armed.Store(true)
					go func() { s.tell("one"); s.tell("two") }()
				}
				if delete(waiting, e.Key); len(waiting) == 0 {
					break
				}
			}
		})
	}
}

// A caller cannot count the events that it may not see.
func TestEventsAreNumberedForTheirCaller(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: single("own", newGoStore(t, nil)), PolicyFile: lua(t, `
allow { "all", callers = "web", keys = "**", ops = "*" }
allow { "own", callers = "app", keys = "own/**", ops = "*" }`)})
	web := rt.For(runtime.Caller{Name: "web"})
	seq := uint64(0)
	for e, err := range rt.For(runtime.Caller{Name: "app"}).Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if seq++; e.Seq != seq {
			t.Errorf("event %d of a caller has the number %d", seq, e.Seq)
		}
		if e.Key == "own/end" {
			break
		}
		if e.Kind == secret.EventResync && e.Provider == "" {
			for _, k := range []secret.Key{"hidden/a", "hidden/b", "own/end"} {
				if err := web.Set(t.Context(), k, made(t, "value-of-a-key")); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// An event of a provider comes before that of a Set which began later.
func TestEventsOfGoProvidersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	s := &telling{goStore: newGoStore(t, nil)}
	rt := open(t, runtime.Options{Providers: single("own", s)})
	var last secret.EventKind // of k
	for e, err := range rt.Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case e.Kind == secret.EventResync && e.Provider == "own":
			go func() {
				for range 100 {
					s.told(secret.EventRemoved, "k")
					if err := rt.Set(context.Background(), "k", made(t, "value-of-k")); err != nil {
						t.Error(err)
					}
				}
				s.tell("end")
			}()
		case e.Key == "k":
			last = e.Kind
		}
		if e.Key == "end" {
			break
		}
	}
	if last == "" || last == secret.EventRemoved {
		t.Errorf("the last event of a key that was set is %q", last)
	}
}
