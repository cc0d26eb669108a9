package watch_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/internal/watch"
	"github.com/postern-project/postern/runtime/secret"
)

// subscribe begins a watch and takes its Resync.
func subscribe(t *testing.T, h *watch.Hub, ctx context.Context) (next func() (secret.Event, error, bool)) {
	t.Helper()
	next, stop := iter.Pull2(h.Watch(ctx))
	t.Cleanup(stop)
	e, err, ok := next()
	if !ok || err != nil || e.Kind != secret.EventResync || e.Seq != 1 {
		t.Fatalf("first event = %+v, %v; want a resync with seq 1", e, err)
	}
	return next
}

func TestEventsComeInOrderOfTheFirstChange(t *testing.T) {
	h := watch.New(time.Now)
	next := subscribe(t, h, t.Context())
	for _, k := range []secret.Key{"b", "a", "c"} {
		h.Publish(secret.Event{Kind: secret.EventAdded, Key: k})
	}
	for i, want := range []secret.Key{"b", "a", "c"} {
		e, err, _ := next()
		if err != nil || e.Key != want || e.Seq != uint64(i+2) {
			t.Errorf("event %d = %q seq %d, %v; want %q seq %d", i, e.Key, e.Seq, err, want, i+2)
		}
	}
}

// Two changes become one that leads to the same state.
func TestCoalescing(t *testing.T) {
	const added, rotated, removed = secret.EventAdded, secret.EventRotated, secret.EventRemoved
	for _, row := range []struct {
		first, second, want secret.EventKind
	}{
		{added, rotated, added}, {added, removed, removed}, {rotated, rotated, rotated},
		{rotated, removed, removed}, {removed, added, rotated},
	} {
		t.Run(fmt.Sprintf("%s then %s", row.first, row.second), func(t *testing.T) {
			h := watch.New(time.Now)
			next := subscribe(t, h, t.Context())
			h.Publish(secret.Event{Kind: row.first, Key: "k", Prev: "1", Version: "2"})
			h.Publish(secret.Event{Kind: row.second, Key: "k", Prev: "2", Version: "3"})
			h.Publish(secret.Event{Kind: added, Key: "end"})
			e, _, _ := next()
			if e.Kind != row.want || e.Prev != "1" || e.Version != "3" {
				t.Errorf("got %s %s->%s, want %s 1->3", e.Kind, e.Prev, e.Version, row.want)
			}
		})
	}
}

// A subscriber that does not come costs the keys that fit, then nothing, and is
// told how many events it missed.
func TestOverflowIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.New(time.Now)
		next := subscribe(t, h, t.Context())
		const extra = 3
		for i := range watch.MaxPending + extra {
			h.Publish(secret.Event{Kind: secret.EventAdded, Key: secret.Key(fmt.Sprintf("k%d", i))})
		}
		synctest.Wait()
		published, delivered, missed := watch.MaxPending+extra, 0, 0
		var kinds []secret.EventKind
		for delivered+missed < published {
			e, err, _ := next()
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, e.Kind)
			missed += int(e.Missed)
			if e.Key != "" {
				delivered++
			}
		}
		if kinds[0] != secret.EventLagged || kinds[1] != secret.EventResync {
			t.Errorf("the first events are %v, want lagged, resync", kinds[:2])
		}
		if missed != watch.MaxPending+1 || delivered != extra-1 {
			t.Errorf("missed %d, delivered %d; want %d and %d", missed, delivered, watch.MaxPending+1, extra-1)
		}
	})
}

func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.New(time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		ends := make(chan error, 2)
		follow := func(ctx context.Context) {
			var last error
			for _, err := range h.Watch(ctx) {
				last = err
			}
			ends <- last
		}
		go follow(ctx)
		synctest.Wait()
		cancel()
		if err := <-ends; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled watch ends with %v, want context.Canceled", err)
		}
		go follow(t.Context())
		synctest.Wait()
		h.Close()
		if err := <-ends; !errors.Is(err, secret.ErrClosed) {
			t.Errorf("the watch of a closed hub ends with %v, want closed", err)
		}
		if h.Active() {
			t.Error("an ended watch is still subscribed")
		}
		for _, err := range h.Watch(t.Context()) {
			if !errors.Is(err, secret.ErrClosed) {
				t.Errorf("a watch after Close = %v, want closed", err)
			}
		}
	})
}

func TestConsumerThatStopsUnsubscribes(t *testing.T) {
	h := watch.New(time.Now)
	for range h.Watch(t.Context()) {
		break
	}
	if h.Active() {
		t.Error("a watch that was broken off is still subscribed")
	}
}

// Pending notices are merged: a subscriber that does not come costs one of a kind
// and provider.
func TestNoticesAreMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.New(time.Now)
		next := subscribe(t, h, t.Context())
		for range 1000 {
			h.Publish(secret.Event{Kind: secret.EventDegraded, Provider: "a"})
			h.Publish(secret.Event{Kind: secret.EventLagged, Provider: "a", Missed: 2})
			h.Publish(secret.Event{Kind: secret.EventResync, Provider: "a"})
			h.Publish(secret.Event{Kind: secret.EventResync, Provider: "b"})
		}
		h.Publish(secret.Event{Kind: secret.EventAdded, Key: "end"})
		synctest.Wait()
		var got []string
		missed := uint64(0)
		for e, err, _ := next(); e.Key != "end"; e, err, _ = next() {
			if err != nil {
				t.Fatal(err)
			}
			got, missed = append(got, string(e.Kind)+" "+e.Provider), missed+e.Missed
		}
		want := []string{"degraded a", "lagged a", "resync a", "resync b"}
		if !slices.Equal(got, want) || missed != 2000 {
			t.Errorf("notices %q with %d missed, want %q with 2000", got, missed, want)
		}
	})
}

// That a provider fails to read a key does not hide from a slow subscriber that the key
// changed.
func TestFailureDoesNotHideAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.New(time.Now)
		next := subscribe(t, h, t.Context())
		for _, kind := range []secret.EventKind{secret.EventRotated, secret.EventDegraded, secret.EventRotated, secret.EventDegraded} {
			h.Publish(secret.Event{Kind: kind, Provider: "a", Key: "k"})
		}
		h.Publish(secret.Event{Kind: secret.EventAdded, Key: "end"})
		synctest.Wait()
		var got []secret.EventKind
		for e, err, _ := next(); e.Key != "end"; e, err, _ = next() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Kind)
		}
		if want := []secret.EventKind{secret.EventRotated, secret.EventDegraded}; !slices.Equal(got, want) {
			t.Errorf("events %q, want %q", got, want)
		}
	})
}

// A watch ends with its context although events keep coming.
func TestWatchEndsWhileEventsCome(t *testing.T) {
	h := watch.New(time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range h.Watch(ctx) {
		if n++; n > 10 {
			t.Fatal("the watch goes on after its context ended")
		}
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the watch ended with %v, want canceled", err)
			}
			break
		}
		cancel()
		h.Publish(secret.Event{Kind: secret.EventAdded, Key: secret.Key(fmt.Sprint("k", n))})
	}
	if n != 2 {
		t.Errorf("%d events and errors, want one event and the error", n)
	}
}

// Events come in the order in which they are published: a Resync after the changes before
// it, and the last of a failure and a change of one key after the other.
func TestEventsKeepTheirOrder(t *testing.T) {
	for name, c := range map[string]struct{ published, want []secret.Event }{
		"resync": {
			[]secret.Event{{Kind: secret.EventRemoved, Key: "k"}, {Kind: secret.EventResync}, {Kind: secret.EventAdded, Key: "l"}},
			[]secret.Event{{Kind: secret.EventRemoved, Key: "k"}, {Kind: secret.EventResync}, {Kind: secret.EventAdded, Key: "l"}},
		},
		"a later resync": {
			[]secret.Event{{Kind: secret.EventResync}, {Kind: secret.EventRemoved, Key: "k"}, {Kind: secret.EventResync}},
			[]secret.Event{{Kind: secret.EventRemoved, Key: "k"}, {Kind: secret.EventResync}},
		},
		"recovered": {
			[]secret.Event{{Kind: secret.EventRotated, Key: "k"}, {Kind: secret.EventDegraded, Key: "k"}, {Kind: secret.EventRotated, Key: "k"}},
			[]secret.Event{{Kind: secret.EventDegraded, Key: "k"}, {Kind: secret.EventRotated, Key: "k"}},
		},
		"overflow of two providers": {
			append(many("a", watch.MaxPending-1), secret.Event{Kind: secret.EventDegraded, Provider: "a"}, secret.Event{Kind: secret.EventAdded, Key: "x", Provider: "b"}, secret.Event{Kind: secret.EventAdded, Key: "y", Provider: "b"}),
			[]secret.Event{
				{Kind: secret.EventDegraded, Provider: "a"},
				{Kind: secret.EventLagged, Provider: "b", Missed: 2}, {Kind: secret.EventResync, Provider: "b"},
				{Kind: secret.EventLagged, Provider: "a", Missed: watch.MaxPending - 1}, {Kind: secret.EventResync, Provider: "a"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := watch.New(time.Now)
				next := subscribe(t, h, t.Context())
				for _, e := range c.published {
					h.Publish(e)
				}
				synctest.Wait()
				h.Close()
				var got []secret.Event
				for e, err, ok := next(); ok && err == nil; e, err, ok = next() {
					got = append(got, secret.Event{Kind: e.Kind, Key: e.Key, Provider: e.Provider, Missed: e.Missed})
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%d events:\n%v\nwant\n%v", len(got), got, c.want)
				}
			})
		})
	}
}

// many returns n events of different keys.
func many(provider string, n int) []secret.Event {
	events := make([]secret.Event, n)
	for i := range events {
		events[i] = secret.Event{Kind: secret.EventAdded, Provider: provider, Key: secret.Key(fmt.Sprint("k", i))}
	}
	return events
}

// Events come in the order in which they are published while the clock is asked for them,
// which may take long, and Close delivers them although the clock does not answer.
func TestPublishDoesNotWaitForTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := 0
		never := make(chan struct{})
		defer close(never)
		h := watch.New(func() time.Time {
			mu.Lock()
			asked++
			first := asked == 1 // of the Resync
			mu.Unlock()
			if !first {
				<-never
			}
			return time.Now()
		})
		next := subscribe(t, h, t.Context())
		for _, k := range []secret.Key{"a", "b"} {
			h.Publish(secret.Event{Kind: secret.EventAdded, Key: k})
		}
		synctest.Wait()
		h.Close()
		for _, want := range []secret.Key{"a", "b"} {
			if e, err, _ := next(); err != nil || e.Key != want {
				t.Errorf("event %q, %v; want %q", e.Key, err, want)
			}
		}
	})
}
