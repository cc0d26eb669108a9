package wasmhost_test

import (
	"bytes"
	"context"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
)

// Of the guests of one provider that have used up a slice, as many run as there are
// processors but one: the others wait between two slices.
func TestTM032OneProviderLeavesAProcessor(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(3))
	c := find(t, "loop_clock")
	o := options(t, c, new(bytes.Buffer))
	o.Fuel, o.Mode, o.Limits.Call = 8*16<<10, wasmhost.Pooled, time.Minute
	var running, most, looks atomic.Int64
	var first int64 // looks in the first slice
	look := func(own *atomic.Int64) {
		if own.Add(1) <= 2*first || first == 0 {
			return // perhaps in its first slice, for which it needs no seat
		}
		now := running.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		if looks.Add(1)%8 == 0 {
			goruntime.Gosched() // another guest runs in the meantime, if any may
		}
		running.Add(-1)
	}
	call := func(p *wasmhost.Provider) *atomic.Int64 {
		own := new(atomic.Int64)
		ctx := looked{t.Context(), func() { look(own) }}
		if got := ask(ctx, p, c); got.detail != "the call's fuel is used up" {
			t.Errorf("%+v", got)
		}
		return own
	}
	short := o
	short.Fuel = 16 << 10
	if first = call(open(t, short)).Load(); first == 0 {
		t.Fatal("the host did not look at the context")
	}
	p := open(t, o)
	var callers sync.WaitGroup
	for range 6 {
		callers.Go(func() { call(p) })
	}
	callers.Wait()
	if n := most.Load(); n > 2 || looks.Load() == 0 {
		t.Errorf("%d guests of one provider ran at a time on 3 processors, want at most 2; %d looks", n, looks.Load())
	}
}

// looked is a context that calls f when the host looks at it on behalf of a guest that
// runs.
type looked struct {
	context.Context
	f func()
}

func (l looked) Err() error {
	callers := make([]uintptr, 8)
	frames := goruntime.CallersFrames(callers[:goruntime.Callers(2, callers)])
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		if strings.HasSuffix(frame.Function, "wasmhost.(*budget).Err") {
			l.f()
			break
		}
	}
	return l.Context.Err()
}

// Guests that sleep do not keep others of the same provider from running.
func TestTM032SleepingGuestsHaveNoSeat(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(2))
	c := find(t, "sleep_hour")
	o := options(t, c, new(bytes.Buffer))
	o.Mode, o.Limits.Call, o.Limits.Instances = wasmhost.Pooled, time.Hour, 4
	asleep := make(chan struct{}, 100)
	o.Now = func() time.Time {
		asleep <- struct{}{}
		return time.Time{}
	}
	p := open(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			if got := ask(ctx, p, c); got.code != "canceled" {
				t.Errorf("%+v", got)
			}
		})
	}
	for range 4 {
		<-asleep
	}
	cancel()
	callers.Wait()
}

// A caller that waits for a seat obeys its own context, although the guest that has
// the seat never ends.
func TestTM032WaitingForASeatObeysTheCaller(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	c := find(t, "loop_empty")
	o := options(t, c, new(bytes.Buffer))
	o.Fuel, o.Limits.Call = 0, time.Hour
	p := open(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 3 {
		callers.Go(func() {
			if got := ask(ctx, p, c); got.code != "canceled" {
				t.Errorf("%+v", got)
			}
		})
	}
	short, done := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer done()
	if got := ask(short, p, c); got.code != "timeout" {
		t.Errorf("the last: %+v", got)
	}
	cancel()
	callers.Wait()
}

// Callers whose calls are all short let other goroutines run about as often as one whose
// call is long.
func TestTM032ShortCallsLetOthersRun(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	c := find(t, "kv_fill")
	o := options(t, c, new(bytes.Buffer))
	o.Mode = wasmhost.Pooled
	p := open(t, o)
	ask(t.Context(), p, c) // compiles
	var calls, turns atomic.Int64
	var callers, other sync.WaitGroup
	other.Go(func() {
		for calls.Load() < 2_000 {
			turns.Add(1)
			goruntime.Gosched()
		}
	})
	for range 4 {
		callers.Go(func() {
			for calls.Add(1) <= 2_000 {
				if got := ask(t.Context(), p, c); got.code != "ok" {
					t.Errorf("%+v", got)
				}
			}
		})
	}
	callers.Wait()
	other.Wait()
	// Of the 2,000 calls with 180 puts, each takes 20 us at least. The four callers yield after
	// 250 us of them, and between two turns of the other goroutine each of them yields once.
	// Unless they yield, it has one turn in 40 ms.
	if want := int64(20); turns.Load() < want {
		t.Errorf("another goroutine ran %d times during 2,000 calls, want at least %d", turns.Load(), want)
	}
}
