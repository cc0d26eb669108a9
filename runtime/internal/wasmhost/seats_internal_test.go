package wasmhost

import (
	"context"
	"errors"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// later is a deadline that no test reaches.
func later() time.Time { return time.Now().Add(time.Hour) }

func testSeats(limit int64) *seats {
	p := newSeats()
	p.limit.Store(limit)
	return p
}

// As many guests run as there are processors, but one, and at least one. The rest
// queue, and are served in their order.
func TestTM032SeatsAreServedInOrder(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(4))
	synctest.Test(t, func(t *testing.T) {
		p := newSeats()
		for range 3 {
			if err := p.take(t.Context(), later()); err != nil {
				t.Fatal(err)
			}
		}
		var order []int
		for n := range 5 {
			go func() {
				if err := p.take(t.Context(), later()); err != nil {
					t.Error(err)
				}
				order = append(order, n) // one at a time has a seat
			}()
			synctest.Wait()
		}
		if len(order) != 0 || !p.crowded() {
			t.Fatalf("%v run beside three others on four processors", order)
		}
		for n := range 5 {
			p.give()
			synctest.Wait()
			if len(order) != n+1 || order[n] != n {
				t.Fatalf("after %d seats became free, %v run", n+1, order)
			}
		}
		for range 3 {
			p.give()
		}
		if s := p.state.Load(); s != 0 {
			t.Errorf("state %#x when all have left", s)
		}
	})
}

func TestTM032WaitingForASeatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testSeats(1)
		_ = p.take(t.Context(), later())
		ctx, cancel := context.WithCancel(t.Context())
		start, first, second := time.Now(), make(chan error, 1), make(chan error, 1)
		go func() { first <- p.take(ctx, later()) }()
		go func() { second <- p.take(t.Context(), start.Add(time.Second)) }()
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) || time.Since(start) != 0 {
			t.Errorf("the canceled one got %v", err)
		}
		if err := <-second; !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %v of a second: %v", time.Since(start), err)
		}
		p.give()
		if s := p.state.Load(); s != 0 {
			t.Errorf("state %#x when all have left", s)
		}
	})
}

// Many guests come, wait, yield and give up at any moment: never do more run than
// there are seats, and no seat is lost.
func TestTM032SeatsAreNeitherLostNorDoubled(t *testing.T) {
	t.Parallel()
	p := testSeats(3)
	var running, most atomic.Int64
	var all sync.WaitGroup
	for c := range 16 {
		all.Go(func() {
			for n := range 500 {
				s := seat{seats: p, long: true}
				ctx, cancel := context.WithCancel(t.Context())
				if (n+c)%7 == 0 {
					go cancel()
				}
				err := s.enter(ctx, later())
				for range n % 3 {
					if err != nil {
						break
					}
					now := running.Add(1)
					for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
					}
					goruntime.Gosched()
					running.Add(-1)
					err = s.yield(ctx, later())
				}
				s.leave()
				cancel()
			}
		})
	}
	all.Wait()
	if p.state.Load() != 0 || most.Load() > 3 {
		t.Errorf("state %#x when all have left; %d ran at a time in 3 seats", p.state.Load(), most.Load())
	}
	longRunning.mu.Lock()
	defer longRunning.mu.Unlock()
	if longRunning.busy < 0 {
		t.Errorf("%d processors are busy", longRunning.busy)
	}
}

// A provider with many guests that run for long gets as many turns as one with a
// single guest.
func TestTM032ProvidersTakeTurns(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		var q processors
		many, one := testSeats(100), testSeats(100)
		turns := map[*seats]int{}
		ctx, cancel := context.WithCancel(t.Context())
		guest := func(p *seats) {
			for q.take(ctx, later(), p) == nil {
				turns[p]++ // one at a time has the processor
				if turns[many]+turns[one] == 1_000 {
					cancel()
				}
				q.give()
			}
		}
		_ = q.take(ctx, later(), testSeats(1))
		for range 20 {
			go guest(many)
		}
		go guest(one)
		synctest.Wait()
		q.give()
		synctest.Wait()
		if turns[one] < 400 || turns[many] < 400 {
			t.Errorf("%d turns of one guest, %d of 20", turns[one], turns[many])
		}
		if q.busy != 0 || len(q.waiting) != 0 {
			t.Errorf("%d busy, %d waiting when all have left", q.busy, len(q.waiting))
		}
	})
}

// Slices that take long get shorter at once, and grow back only with time.
func TestTM001SlicesAreMeasured(t *testing.T) {
	t.Parallel()
	p := newSeats()
	s := seat{seats: p, long: true}
	now := time.Now()
	after := func(took time.Duration) int64 {
		s.since = now
		now = now.Add(took)
		s.used(now)
		return s.slice()
	}
	if n := after(3 * time.Millisecond); n != slice {
		t.Errorf("after 3 ms: %d units", n)
	}
	if n := after(8 * time.Millisecond); n != slice/8 {
		t.Errorf("after 8 ms: %d units, want %d", n, slice/8)
	}
	if n := after(time.Second); n != leastSlice {
		t.Errorf("after 1 s: %d units, want %d", n, leastSlice)
	}
	for range 100 { // quick ones, to get a long slice again
		after(time.Microsecond)
	}
	if n := s.slice(); n > leastSlice+300 {
		t.Errorf("after 100 us: %d units", n)
	}
	for range 130 {
		after(time.Millisecond)
	}
	if n := s.slice(); n != slice {
		t.Errorf("after 130 ms: %d units", n)
	}
}

// Guests that hand over a seat again and again, without using up a slice, let other
// goroutines run.
func TestTM032HandingOverASeatLetsOthersRun(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	p := newSeats()
	const guests, times = 4, 2_000
	take := func() {
		if err := p.take(t.Context(), later()); err != nil {
			t.Error(err)
		}
	}
	take()
	var all sync.WaitGroup
	for range guests {
		all.Go(func() {
			take()
			for range times {
				p.give()
				take()
			}
			p.give()
		})
	}
	for p.state.Load() < guests*oneWaiting {
		goruntime.Gosched()
	}
	var over atomic.Bool
	turns, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		for !over.Load() {
			turns++
			goruntime.Gosched()
		}
	}()
	p.give()
	all.Wait()
	over.Store(true)
	<-done
	if turns < times/2 {
		t.Errorf("another goroutine ran %d times while a seat was handed over, want at least %d", turns, times/2)
	}
}

// A provider of which a call made the system give it many pages needs a seat for each call
// of the next seconds, in which it may do so again before it has used up a slice.
func TestTM032ManyPagesNeedASeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testSeats(1)
		p.ended(0, slice/pageUnits)
		var s seat
		if err := s.begin(t.Context(), later(), p); err != nil || s.seated || s.processor {
			t.Errorf("a call of few pages: %v, seated %v", err, s.seated)
		}
		p.ended(0, slice/pageUnits+1)
		if err := s.begin(t.Context(), later(), p); err != nil || !s.seated || !s.processor {
			t.Errorf("a call of many pages: %v, seated %v", err, s.seated)
		}
		var second seat
		if err := second.begin(t.Context(), time.Now().Add(time.Second), p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second call at the same time: %v", err)
		}
		second.leave()
		s.leave()
		time.Sleep(costlyTime)
		if err := s.begin(t.Context(), later(), p); err != nil || s.seated {
			t.Errorf("later: %v, seated %v", err, s.seated)
		}
		if p.state.Load() != 0 || longRunning.busy != 0 {
			t.Errorf("%d seats and %d processors were lost", p.state.Load(), longRunning.busy)
		}
	})
}

// The calls of a provider that keep all processors from others yield by the time that they
// take, with what the host does after the guest has returned. Calls that leave a processor to
// others do not, and neither do those of a provider that is rarely called.
func TestTM032ShortCallsYieldByTheirTime(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	for _, c := range []struct {
		name      string
		underWay  int64
		took      time.Duration
		pause     time.Duration
		low, high int64 // of the turns of another goroutine in 1,000 calls
	}{
		{"short ones", 1, yieldAfter / 10, 0, 90, 110},
		{"long ones", 1, time.Second, 0, 0, 10}, // by the time the next one ends, the provider is not busy
		{"as long as a slice", 1, aimedSlice, 0, 900, 1100},
		{"beside a free processor", 0, aimedSlice, 0, 0, 10},
		{"rare ones", 1, yieldAfter / 10, yieldTime, 0, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			longRunning.calls.Add(c.underWay)
			defer longRunning.calls.Add(-c.underWay)
			p := newSeats()
			p.spent.Store(-int64(time.Hour))
			var turns, over atomic.Int64
			go func() {
				for ; over.Load() == 0; turns.Add(1) {
					goruntime.Gosched()
				}
			}()
			for range 1_000 {
				start := p.start()
				p.began = p.began.Add(-c.took) // time that passes without letting others run
				p.ended(start, 0)
				p.began = p.began.Add(-c.pause)
			}
			n := turns.Load()
			over.Store(1)
			if n < c.low || n > c.high {
				t.Errorf("%s: another goroutine ran %d times, want %d to %d", c.name, n, c.low, c.high)
			}
		})
	}
}
