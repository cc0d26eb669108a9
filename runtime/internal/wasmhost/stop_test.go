package wasmhost_test

import (
	"bytes"
	"context"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/testdata/hostile"
)

// endless returns the guests that never return by themselves.
func endless(t testing.TB) []hostile.Case {
	t.Helper()
	cases, err := hostile.Cases()
	if err != nil {
		t.Fatal(err)
	}
	var out []hostile.Case
	for _, c := range cases {
		if c.Threat == "TM-001" {
			out = append(out, c)
		}
	}
	return out
}

// A guest that logs a line in each pass of its loop is stopped after about as many
// passes as it has fuel for: one unit for the loop and ten for the line. What host
// functions cost is paid in parts of 1,024 units.
func TestTM001FuelIsCounted(t *testing.T) {
	t.Parallel()
	c := find(t, "loop_log")
	for _, fuel := range []int64{16 << 10, 100_000, 1_000_000} {
		log := new(bytes.Buffer)
		o := options(t, c, log)
		o.Fuel, o.Mode = fuel, wasmhost.Pooled // no warm-up
		p := open(t, o)
		if got := ask(t.Context(), p, c); got.detail != "the call's fuel is used up" {
			t.Errorf("fuel %d: %+v", fuel, got)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		_, text, _ := strings.Cut(log.String(), `"dropped":`)
		dropped, err := strconv.ParseInt(strings.TrimRight(text, "}\n"), 10, 64)
		if n := dropped + 64; err != nil || n*11 > fuel+1024 || n*11 < fuel-1100 {
			t.Errorf("fuel %d: %d passes, %v", fuel, n, err)
		}
	}
	if wasmbin.Stretch > 128 {
		t.Errorf("one unit pays for %d instructions", wasmbin.Stretch)
	}
}

// Endless guests without a fuel limit leave the only processor to other goroutines:
// the garbage collector runs three times, and then the call can be cancelled. Not
// parallel, because the number of processors is a setting of the process.
func TestTM001OneProcessorAndTheCollector(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	for _, c := range endless(t) {
		o := options(t, c, new(bytes.Buffer))
		o.Fuel, o.Limits.Call = 0, time.Hour
		p := open(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		collected := make(chan struct{})
		go func() {
			defer close(collected)
			for range 3 {
				goruntime.GC()
			}
			cancel()
		}()
		if got := ask(ctx, p, c); got.code != "canceled" {
			t.Errorf("%s: %+v", c.Name, got)
		}
		<-collected
		if p.Idle() != 0 {
			t.Errorf("%s: an interrupted instance is idle", c.Name)
		}
	}
}

func TestTM001DeadlineOfTheCaller(t *testing.T) {
	t.Parallel()
	for _, c := range endless(t) {
		o := options(t, c, new(bytes.Buffer))
		o.Fuel, o.Limits.Call = 0, time.Hour
		p := open(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if got := ask(ctx, p, c); got.code != "timeout" {
			t.Errorf("%s: %+v", c.Name, got)
		}
		cancel()
	}
}

// The time limit of a call covers everything: instantiating, opening, warming up
// and the call itself, each of which would last an hour here.
func TestTM001OneLimitForAll(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"init_loop", "open_loop", "start_loop", "loop_empty", "sleep_hour"} {
		c := find(t, name)
		o := options(t, c, new(bytes.Buffer))
		o.Fuel, o.Limits.Call = 0, 5*time.Millisecond
		p := open(t, o)
		if got := ask(t.Context(), p, c); got.code != "timeout" || strings.Contains(got.detail, "fuel") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A guest is cancelled while it sleeps: the test cancels the call when the guest
// reads the clock before it sleeps.
func TestTM009CancelInSleep(t *testing.T) {
	t.Parallel()
	c := find(t, "sleep_hour")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := options(t, c, new(bytes.Buffer))
	o.Limits.Call, o.Mode = time.Hour, wasmhost.Pooled
	var calling atomic.Bool
	o.Now = func() time.Time {
		if calling.Load() {
			go cancel()
		}
		return time.Time{}
	}
	p := open(t, o)
	calling.Store(true)
	if got := ask(ctx, p, c); got.code != "canceled" {
		t.Errorf("%+v", got)
	}
}

// A call whose context is over before it begins does not cost an instance.
func TestFinishedContextCostsNothing(t *testing.T) {
	t.Parallel()
	p := newHealthy(t)
	wantHealthy(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := ask(ctx, p, hostile.Case{}); got.code != "canceled" || p.Idle() != 1 {
		t.Errorf("%+v, %d idle instances", got, p.Idle())
	}
}

// A caller that waits for an instance waits no longer than a call may last.
func TestTM032WaitingForAnInstanceEnds(t *testing.T) {
	t.Parallel()
	c := find(t, "sleep_hour")
	o := options(t, c, new(bytes.Buffer))
	o.Mode, o.Limits.Call = wasmhost.Serial, time.Hour
	asleep := make(chan struct{})
	var calling atomic.Bool
	o.Now = func() time.Time {
		if calling.CompareAndSwap(true, false) {
			close(asleep)
		}
		return time.Time{}
	}
	p := open(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan outcome)
	calling.Store(true)
	go func() { first <- ask(ctx, p, c) }()
	<-asleep
	short, done := context.WithTimeout(t.Context(), time.Millisecond)
	defer done()
	if got := ask(short, p, c); got.code != "timeout" {
		t.Errorf("the waiting caller: %+v", got)
	}
	cancel()
	if got := <-first; got.code != "canceled" {
		t.Errorf("the sleeping caller: %+v", got)
	}
}
