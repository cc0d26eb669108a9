package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// A Watch that begins while a Set is under way hears of it.
func TestWatchThatBeginsDuringASetHearsOfIt(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, nil)
	begun, held := make(chan struct{}), make(chan struct{})
	s.asked = func(op secret.Op) {
		if op == secret.OpSet {
			close(begun)
			<-held
		}
	}
	rt := open(t, runtime.Options{Providers: single("own", s)})
	set := make(chan error, 1)
	go func() { set <- rt.Set(context.Background(), "k", made(t, "value-of-k")) }()
	<-begun
	next, stop := iter.Pull2(rt.Watch(t.Context()))
	defer stop()
	if e, err, _ := next(); err != nil || e.Kind != secret.EventResync {
		t.Fatalf("the first event is %+v, %v; want a resync", e, err)
	}
	if _, err := rt.Get(t.Context(), "k"); !errors.Is(err, secret.ErrNotFound) {
		t.Fatalf("Get while the Set is held = %v, want not_found", err)
	}
	close(held)
	if err := <-set; err != nil {
		t.Fatal(err)
	}
	if e, err, _ := next(); err != nil || e.Key != "k" || e.Provider != "own" {
		t.Errorf("the event of the Set is %+v, %v", e, err)
	}
}

// versioned counts the writes of each key: the version of a value says when its
// write took effect.
type versioned struct {
	mu     sync.Mutex
	n      int
	values map[secret.Key]string
}

func (v *versioned) Get(_ context.Context, k secret.Key) (secret.Secret, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text, ok := v.values[k]
	if !ok {
		return secret.Secret{}, secret.ErrNotFound
	}
	s, err := secret.FromString(text)
	return s.WithMeta(secret.Meta{Version: fmt.Sprint(v.n)}), err
}

func (v *versioned) Set(_ context.Context, k secret.Key, s secret.Secret) error {
	text, err := s.ExposeString()
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.n++
	v.values[k] = text
	return nil
}

func (v *versioned) Delete(context.Context, secret.Key) error { return secret.ErrUnsupported }
func (v *versioned) Keys(context.Context, string) ([]secret.Key, error) {
	return nil, secret.ErrUnsupported
}
func (v *versioned) Watch(context.Context) iter.Seq2[secret.Event, error] { return nil }

// The events of concurrent Sets of one key come in the order in which the
// writes took effect: each begins where the one before it ended.
func TestEventsFollowTheOrderOfWrites(t *testing.T) {
	t.Parallel()
	const writers, rounds = 4, 50
	rt := open(t, runtime.Options{Providers: single("own", &versioned{values: map[secret.Key]string{}})})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var versions []string
	watching, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for e, err := range rt.Watch(ctx) {
			switch {
			case err != nil:
				return
			case e.Kind == secret.EventResync:
				close(watching)
			case e.Key == "end":
				cancel()
			case e.Key == "k":
				versions = append(versions, e.Prev, e.Version)
			}
		}
	}()
	<-watching
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range rounds {
				if err := rt.Set(t.Context(), "k", made(t, fmt.Sprintf("value-%d-%d", w, n))); err != nil {
					t.Errorf("Set = %v", err)
				}
			}
		})
	}
	wg.Wait()
	if err := rt.Set(t.Context(), "end", made(t, "end-of-the-test")); err != nil {
		t.Fatal(err)
	}
	<-done
	last := ""
	for i := 0; i < len(versions); i += 2 {
		if versions[i] != last {
			t.Fatalf("event %d leads from version %q to %q, the one before it to %q", i/2, versions[i], versions[i+1], last)
		}
		last = versions[i+1]
	}
	if last != fmt.Sprint(writers*rounds) {
		t.Errorf("the last event leads to version %s, want %d", last, writers*rounds)
	}
}

// A provider that writes the same key through the same runtime does not wait
// for itself, and another writer waits no longer than its context.
func TestWritesOfOneKeyWait(t *testing.T) {
	t.Parallel()
	inner, outer := newGoStore(t, nil), newGoStore(t, nil)
	var rt *runtime.Runtime
	first := true
	begun, held := make(chan struct{}), make(chan struct{})
	outer.asked = func(op secret.Op) {
		if op != secret.OpSet || !first {
			return
		}
		first = false
		close(begun)
		<-held
	}
	rt = open(t, runtime.Options{Providers: append(single("outer", outer), single("inner", inner)...)})
	set := make(chan error, 1)
	go func() { set <- rt.Set(context.Background(), "k", made(t, "value-of-k")) }()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := rt.Set(ctx, "k", made(t, "other-value"))
	var e *secret.Error
	if !errors.As(err, &e) || e.Code != secret.ErrCanceled || e.Key != "k" || e.Provider != "outer" {
		t.Errorf("Set under an ended context = %v, want canceled with key and provider", err)
	}
	if err := rt.Set(t.Context(), "other", made(t, "other-value")); err != nil {
		t.Errorf("Set of another key = %v", err)
	}
	close(held)
	if err := <-set; err != nil {
		t.Error(err)
	}

	again := &selfWriting{goStore: newGoStore(t, nil)}
	again.rt = open(t, runtime.Options{Providers: single("own", again)})
	if err := again.rt.Set(t.Context(), "k", made(t, "value-of-k")); err != nil {
		t.Errorf("Set of a provider that writes again = %v", err)
	}
}

// selfWriting stores each value twice, the second time through its runtime.
type selfWriting struct {
	*goStore
	rt     *runtime.Runtime
	nested bool
}

func (s *selfWriting) Set(ctx context.Context, k secret.Key, v secret.Secret) error {
	if s.nested {
		return s.goStore.Set(ctx, k, v)
	}
	s.nested = true
	return s.rt.Set(ctx, k, v)
}

// flaky watches as each entry of its script says.
type flaky struct {
	*goStore
	mu     sync.Mutex
	script []func(ctx context.Context, yield func(secret.Event, error) bool)
}

func (f *flaky) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.script) == 0 {
		return nil
	}
	next := f.script[0]
	f.script = f.script[1:]
	return func(yield func(secret.Event, error) bool) { next(ctx, yield) }
}

// The watch of a provider written in Go is merged with the runtime's own events.
// When it fails or panics, subscribers hear of it, and it is begun again later.
func TestProviderWatchIsMerged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		event := func(key secret.Key) secret.Event {
			return secret.Event{Kind: secret.EventRotated, Key: key, Provider: "a lie"}
		}
		f := &flaky{goStore: newGoStore(t, nil)}
		f.script = []func(context.Context, func(secret.Event, error) bool){
			func(_ context.Context, yield func(secret.Event, error) bool) {
				yield(secret.Event{Kind: secret.EventResync}, nil)
				yield(event("one"), nil)
				yield(secret.Event{}, secret.ErrUnavailable)
			},
			func(_ context.Context, yield func(secret.Event, error) bool) {
				yield(event("two"), nil)
				panic("canary")
			},
			func(ctx context.Context, yield func(secret.Event, error) bool) {
				yield(event("three"), nil)
				<-ctx.Done()
				yield(secret.Event{}, ctx.Err())
			},
		}
		rt, err := runtime.Open(t.Context(), runtime.Options{Providers: single("own", f)})
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for e, err := range rt.Watch(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, fmt.Sprintf("%s %s %s", e.Kind, e.Key, e.Provider))
			if e.Key == "three" {
				break
			}
		}
		want := []string{
			"resync  ", "resync  own", "rotated one own", "degraded  own", "rotated two own", "degraded  own", "rotated three own",
		}
		slices.Sort(want)
		if slices.Sort(seen); !slices.Equal(seen, want) {
			t.Errorf("events %q, want %q", seen, want)
		}
		if err := rt.Close(); err != nil { // ends the watch of the provider, else the bubble deadlocks
			t.Error(err)
		}
	})
}

// What concerns a provider as a whole reaches only callers with a route to it, and
// carries nothing but its kind.
func TestEventsWithoutKeyAreRouted(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, map[secret.Key]string{"k": "value-of-k"})
	s.events = make(chan secret.Event, 4)
	rt := open(t, runtime.Options{Providers: append(single("hidden", s), single("own", newGoStore(t, nil))...), PolicyFile: lua(t, `
allow { "all", callers = "web", keys = "**", ops = "*" }
allow { "own", callers = "app", keys = "own/**", ops = "*" }
chain { "own", keys = "own/**", providers = { "own" } }
chain { "rest", keys = "**", providers = { "hidden" } }`)})
	if _, err := rt.For(runtime.Caller{Name: "web"}).Get(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	watch := func(caller string, until func(secret.Event) bool) []secret.Event {
		var seen []secret.Event
		first := true
		for e, err := range rt.For(runtime.Caller{Name: caller}).Watch(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if first {
				first = false
				s.events <- secret.Event{Kind: secret.EventRotated, Version: "value-of-k"} // no key: not an event
				s.events <- secret.Event{Kind: secret.EventResync, Version: "value-of-k", Prev: "value-of-k"}
				s.events <- secret.Event{Kind: secret.EventAdded, Key: "own/x"} // of a provider that has no such route
				if err := rt.For(runtime.Caller{Name: "web"}).Set(t.Context(), "own/end", made(t, "value-of-end")); err != nil {
					t.Fatal(err)
				}
			}
			if seen = append(seen, e); until(e) {
				break
			}
		}
		return seen
	}
	for _, e := range watch("app", func(e secret.Event) bool { return e.Key == "own/end" }) {
		if e.Provider == "hidden" {
			t.Errorf("a caller without a route to the provider got %+v", e)
		}
	}
	for _, e := range watch("web", func(e secret.Event) bool { return e.Kind == secret.EventResync && e.Provider == "hidden" }) {
		if e.Key == "" && (e.Version != "" || e.Prev != "" || e.Kind == secret.EventRotated) {
			t.Errorf("an event without a key is %+v", e)
		}
	}
}

// doubtful stores a value and returns an error that does not say whether it did.
type doubtful struct {
	*goStore
	err error
}

func (d doubtful) Set(ctx context.Context, k secret.Key, v secret.Secret) error {
	if err := d.goStore.Set(ctx, k, v); err != nil {
		return err
	}
	return d.err
}

// Watchers hear of a write whose outcome is unknown: it may have taken effect.
func TestUnknownOutcomeIsAnEvent(t *testing.T) {
	t.Parallel()
	for err, code := range map[error]secret.Code{
		secret.ErrOutcomeUnknown: secret.ErrOutcomeUnknown,
		context.Canceled:         secret.ErrUnavailable,
	} {
		rt := open(t, runtime.Options{Providers: single("own", doubtful{newGoStore(t, nil), err})})
		for e, err := range rt.Watch(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Key == "k" {
				break
			}
			if err := rt.Set(t.Context(), "k", made(t, "value-of-k")); !errors.Is(err, code) {
				t.Fatalf("Set = %v, want %s", err, code)
			}
		}
	}
}

// Without a policy too, watchers hear only of providers that they may ask.
func TestEventsWithoutKeyAreOfProvidersThatAreAsked(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, nil)
	s.events = make(chan secret.Event, 4)
	rt := open(t, runtime.Options{
		Providers: append(single("own", newGoStore(t, nil)), single("other", s)...), Chain: []runtime.ChainLink{{Name: "own"}},
	})
	for name, c := range map[string]*runtime.Client{"": rt.For(runtime.Caller{}), "own": at(t, rt, "own"), "other": at(t, rt, "other")} {
		heard := false
		end := secret.Key("end-" + name) // an earlier one may still come
		for e, err := range c.Watch(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Provider == "" { // the first one
				s.events <- secret.Event{Kind: secret.EventDegraded}
				s.events <- secret.Event{Kind: secret.EventRotated, Key: "k"}
				go func() { _ = at(t, rt, "own").Set(t.Context(), end, made(t, "value-of-end")) }()
				go func() { s.events <- secret.Event{Kind: secret.EventRotated, Key: end} }()
				continue
			}
			heard = heard || e.Provider == "other" && e.Key == ""
			if e.Provider == "other" && name != "other" || e.Provider == "own" && name == "other" {
				t.Errorf("At(%q) hears %+v", name, e)
			}
			if e.Key == end {
				break
			}
		}
		if heard != (name == "other") {
			t.Errorf("At(%q) heard that the provider other is degraded: %v", name, heard)
		}
	}
}

// Watchers hear of a write of a module that failed without saying that nothing was
// written.
func TestModulesThatFailInAWriteAreHeardOf(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]secret.Code{
		"set_status": secret.ErrModuleProtocol, "set_memory": secret.ErrTooLarge, "set_conflict": "",
	} {
		module, err := filepath.Abs("../testdata/hostile/" + name + ".wasm")
		if err != nil {
			t.Fatal(err)
		}
		rt := open(t, runtime.Options{
			Providers: append([]runtime.ProviderOptions{{Name: "m", Module: module}}, single("own", newGoStore(t, nil))...), AllowUnpinned: true,
		})
		begun := false
		for e, err := range rt.Watch(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Key != "" {
				if (e.Key == "k") != (code != "") {
					t.Errorf("%s: heard %+v", name, e)
				}
				break
			}
			if begun {
				continue
			}
			begun = true
			if err := at(t, rt, "m").Set(t.Context(), "k", made(t, "value-of-k")); secret.CodeOf(err) != code && code != "" || err == nil {
				t.Errorf("%s: Set = %v, want %s", name, err, code)
			}
			if err := at(t, rt, "own").Set(t.Context(), "end", made(t, "value-of-end")); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSetOfADestroyedSecret(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: single("own", newGoStore(t, nil))})
	v := made(t, "value-of-k")
	v.Destroy()
	var e *secret.Error
	if err := rt.Set(t.Context(), "k", v); !errors.As(err, &e) || e.Code != secret.ErrClosed || e.Op != secret.OpSet || e.Key != "k" {
		t.Errorf("Set = %v, want closed with operation and key", err)
	}
}

// A watch that worked once is begun again whatever ends it, ever more slowly, and
// Close may be called from inside it.
func TestProviderWatchIsBegunAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{goStore: newGoStore(t, nil)}
		var rt *runtime.Runtime
		attempts := 0
		failing := func(_ context.Context, yield func(secret.Event, error) bool) {
			attempts++
			if yield(secret.Event{Kind: secret.EventResync}, nil) {
				yield(secret.Event{}, secret.ErrUnavailable)
			}
		}
		f.script = []func(context.Context, func(secret.Event, error) bool){
			failing,
			func(context.Context, func(secret.Event, error) bool) {}, // ends without a word
			func(_ context.Context, yield func(secret.Event, error) bool) {
				yield(secret.Event{}, secret.ErrUnsupported)
			},
			func(context.Context, func(secret.Event, error) bool) { goruntime.Goexit() },
		}
		for range 20 {
			f.script = append(f.script, failing)
		}
		begun := time.Now()
		f.script = append(f.script, func(_ context.Context, yield func(secret.Event, error) bool) {
			if err := rt.Close(); err != nil {
				t.Errorf("Close from inside a watch = %v", err)
			}
		})
		rt, err := runtime.Open(t.Context(), runtime.Options{Providers: single("own", f)})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range rt.Watch(t.Context()) {
			if err != nil && !errors.Is(err, secret.ErrClosed) {
				t.Fatal(err)
			}
		}
		if took := time.Since(begun); attempts != 21 || took < time.Hour {
			t.Errorf("%d attempts within %s, want 21 with growing pauses", attempts, took)
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A watch that a proxy ends every minute has worked each time: the pauses stay short.
func TestProviderWatchOfShortStreamsIsNotPausedForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{goStore: newGoStore(t, nil)}
		for range 30 {
			f.script = append(f.script, func(ctx context.Context, yield func(secret.Event, error) bool) {
				if yield(secret.Event{Kind: secret.EventResync}, nil) {
					time.Sleep(time.Minute)
					yield(secret.Event{}, secret.ErrUnavailable)
				}
			})
		}
		begun := time.Now()
		f.script = append(f.script, func(ctx context.Context, yield func(secret.Event, error) bool) {
			yield(secret.Event{Kind: secret.EventRotated, Key: "end"}, nil)
			<-ctx.Done()
		})
		rt, err := runtime.Open(t.Context(), runtime.Options{Providers: single("own", f)})
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range rt.Watch(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Key == "end" {
				break
			}
		}
		if paused := time.Since(begun) - 30*time.Minute; paused > time.Minute {
			t.Errorf("30 streams of a minute took %s more", paused)
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A write that passes through a second runtime and back does not wait for itself.
func TestWriteThroughTwoRuntimes(t *testing.T) {
	t.Parallel()
	s := &selfWriting{goStore: newGoStore(t, nil)}
	inner := open(t, runtime.Options{Providers: single("own", s)})
	outer := open(t, runtime.Options{Providers: single("inner", inner)})
	s.rt = outer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := outer.Set(ctx, "k", made(t, "value-of-k")); err != nil {
		t.Errorf("Set = %v", err)
	}
}

// A provider that ends its goroutine leaves no lock behind, and one that yields
// after its watch is over ends nothing.
func TestGoProvidersThatLeaveEarly(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, nil)
	var once sync.Once
	s.asked = func(op secret.Op) {
		if op == secret.OpGet {
			once.Do(goruntime.Goexit)
		}
	}
	late := make(chan struct{})
	f := &flaky{goStore: s}
	f.script = []func(context.Context, func(secret.Event, error) bool){
		func(_ context.Context, yield func(secret.Event, error) bool) {
			yield(secret.Event{Kind: secret.EventResync}, nil)
			go func() {
				defer close(late)
				for yield(secret.Event{Kind: secret.EventRotated, Key: "late"}, nil) {
				}
			}()
		},
	}
	rt := open(t, runtime.Options{Providers: single("own", f)})
	for range rt.Watch(t.Context()) {
		gone := make(chan struct{})
		go func() { defer close(gone); rt.Set(context.Background(), "k", made(t, "value-of-k")) }()
		<-gone
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := rt.Set(ctx, "k", made(t, "value-of-k")); err != nil {
			t.Errorf("Set after a provider ended its goroutine = %v", err)
		}
		break
	}
	<-late
}
