package runtime_test

import (
	"context"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// stalling is a store that calls back after a write took effect and before it
// returns.
type stalling struct {
	*goStore
	wrote func(context.Context, secret.Op, secret.Key)
}

func (s *stalling) Set(ctx context.Context, k secret.Key, v secret.Secret) error {
	err := s.goStore.Set(ctx, k, v)
	s.wrote(ctx, secret.OpSet, k)
	return err
}

func (s *stalling) Delete(ctx context.Context, k secret.Key) error {
	err := s.goStore.Delete(ctx, k)
	s.wrote(ctx, secret.OpDelete, k)
	return err
}

func nothing(context.Context, secret.Op, secret.Key) {}

// pair is a runtime over two stores, a and b.
func pair(t *testing.T) (rt *runtime.Runtime, a, b *stalling, at func(string) *runtime.Client) {
	a, b = &stalling{newGoStore(t, nil), nothing}, &stalling{newGoStore(t, nil), nothing}
	rt, err := runtime.Open(t.Context(), runtime.Options{Providers: append(single("a", a), single("b", b)...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Close() })
	return rt, a, b, func(name string) *runtime.Client { return must(rt.For(runtime.Caller{}).At(name)) }
}

// TestANestedWriteWaitsForOtherWrites: a write that a provider makes inside one
// comes after a write of its place that is under way, and so do its events.
func TestANestedWriteWaitsForOtherWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rt, a, b, at := pair(t)
		b.put("k", made(t, "value-old"))
		gate := make(chan struct{})
		b.wrote = func(_ context.Context, op secret.Op, _ secret.Key) {
			if op == secret.OpDelete {
				<-gate
			}
		}
		a.wrote = func(ctx context.Context, _ secret.Op, k secret.Key) {
			if err := at("b").Set(ctx, k, made(t, "value-new")); err != nil {
				t.Errorf("the nested Set = %v", err)
			}
		}
		next, stop := iter.Pull2(rt.Watch(t.Context()))
		defer stop()
		next()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := at("b").Delete(t.Context(), "k"); err != nil {
				t.Errorf("Delete = %v", err)
			}
		})
		synctest.Wait()
		wg.Go(func() { _ = at("a").Set(t.Context(), "k", made(t, "value-new")) })
		synctest.Wait()
		close(gate)
		wg.Wait()
		a.wrote = nothing
		if err := at("a").Set(t.Context(), "end", made(t, "value-of-end")); err != nil {
			t.Fatal(err)
		}
		var last secret.EventKind // of the key at b; the watch may merge several
		for e, _, _ := next(); e.Key != "end"; e, _, _ = next() {
			if e.Provider == "b" {
				last = e.Kind
			}
		}
		if _, err := b.peek("k"); err != nil || last == secret.EventRemoved || last == "" {
			t.Errorf("the last event is %q, and the store says %v; want the event of the nested Set", last, err)
		}
	})
}

// TestANestedWriteDoesNotWaitForItself: writes that providers make inside each
// other end, in whatever order they wait.
func TestANestedWriteDoesNotWaitForItself(t *testing.T) {
	t.Parallel()
	for name, pass := range map[string]func(context.Context) context.Context{
		"with its context":    func(ctx context.Context) context.Context { return ctx },
		"without its context": func(context.Context) context.Context { return context.Background() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, a, b, at := pair(t)
				var depth sync.Map // the writes of each value so far
				mirror := func(self *stalling, other string) {
					self.wrote = func(ctx context.Context, _ secret.Op, k secret.Key) {
						if n, _ := depth.LoadOrStore(other, new(int)); *n.(*int) < 3 {
							*n.(*int)++
							time.Sleep(time.Millisecond) // of the bubble: both writes are under way
							if err := at(other).Set(pass(ctx), k, made(t, "value-new")); err != nil {
								t.Errorf("the nested Set = %v", err)
							}
						}
					}
				}
				mirror(a, "b")
				mirror(b, "a")
				var wg sync.WaitGroup
				wg.Go(func() { _ = at("a").Set(t.Context(), "k", made(t, "value-a")) })
				wg.Go(func() { _ = at("b").Set(t.Context(), "k", made(t, "value-b")) })
				wg.Wait() // synctest fails when it cannot end
			})
		})
	}
}

// TestDeeplyNestedWritesDoNotWait: a write knows all writes that it is nested in, without
// their context too.
func TestDeeplyNestedWritesDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 30 { // which of several locks is found first is by chance
			_, a, _, at := pair(t)
			keys := []secret.Key{"k", "l", "l", "m", "k", "m", "l", "n", "n"}
			began := time.Now()
			a.wrote = func(context.Context, secret.Op, secret.Key) {
				if len(keys) > 0 {
					k := keys[0]
					keys = keys[1:]
					if err := at("a").Set(context.Background(), k, made(t, "value-new")); err != nil {
						t.Errorf("the nested Set of %s = %v", k, err)
					}
				}
			}
			if err := at("a").Set(t.Context(), "k", made(t, "value-a")); err != nil || len(keys) > 0 || time.Since(began) > 0 {
				t.Errorf("Set = %v after %v, with %v left", err, time.Since(began), keys)
			}
		}
	})
}

// TestTheContextOfAWriteThatIsOverIsLikeAnyOther: a provider that keeps it waits
// for its turn as all do.
func TestTheContextOfAWriteThatIsOverIsLikeAnyOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, a, b, at := pair(t)
		var kept context.Context
		a.wrote = func(ctx context.Context, _ secret.Op, _ secret.Key) { kept = ctx }
		if err := at("a").Set(t.Context(), "k", made(t, "value-a")); err != nil {
			t.Fatal(err)
		}
		gate, entered := make(chan struct{}), 0
		b.wrote = func(context.Context, secret.Op, secret.Key) { entered++; <-gate }
		var wg sync.WaitGroup
		for _, ctx := range []context.Context{t.Context(), kept} {
			wg.Go(func() { _ = at("b").Set(ctx, "k", made(t, "value-b")) })
			synctest.Wait()
		}
		if entered != 1 {
			t.Errorf("%d writes of a key at once, want 1", entered)
		}
		close(gate)
		wg.Wait()
	})
}

// TestTM009AWriteWaitsNoLongerThanACall: a write that waits for another one ends when a
// call would, although its caller gave it no deadline.
func TestTM009AWriteWaitsNoLongerThanACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, a, _, at := pair(t)
		gate := make(chan struct{})
		a.wrote = func(context.Context, secret.Op, secret.Key) { <-gate }
		first := make(chan error)
		go func() { first <- at("a").Set(context.Background(), "k", made(t, "value-one")) }()
		synctest.Wait()
		start := time.Now()
		err := at("a").Set(context.Background(), "k", made(t, "value-two"))
		if took := time.Since(start); secret.CodeOf(err) != secret.ErrTimeout || took != 10*time.Second {
			t.Errorf("the second write = %v after %v, want %v after 10s", err, took, secret.ErrTimeout)
		}
		if err == nil || !strings.Contains(err.Error(), "10s, limits.call") {
			t.Errorf("the second write = %v, want limits.call in it", err)
		}
		close(gate)
		<-first
	})
}
