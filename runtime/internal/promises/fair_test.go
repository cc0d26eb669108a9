package promises_test

import (
	"context"
	"log/slog"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/testdata/hostile"
)

// attackers is how many callers an attacking module has, and crowd how many one has
// whose calls cost the host much.
const (
	attackers = 8
	crowd     = 1_000
)

// attack is a hostile module and its callers.
type attack struct {
	hostile.Case
	callers int
}

// costly are modules that end by themselves, after much work for the host.
var costly = []string{"grow", "kv_fill", "keys_million", "log_flood", "log_stderr", "value_vast", "recursion_direct", "recursion_wide",
	"dirty_pages", "dirty_pages_trap", "dirty_pages_grown", "record_cut_values"}

// attacks returns the modules that keep a processor busy, and the costly ones.
func attacks(t *testing.T) (out []attack) {
	t.Helper()
	for _, c := range zoo(t) {
		if c.Ran() && (c.Want == "timeout" || slices.Contains(costly, c.Name)) {
			delete(c.Given, "fuel")
			out = append(out, attack{c, attackers})
		}
		if c.Name == "grow_loop" || c.Name == "grow" {
			out = append(out, attack{c, crowd})
		}
	}
	return out
}

// latencies makes gets for some time, with a pause after each, and returns how long
// half and 99 of 100 of them take.
func latencies(t *testing.T, p *wasmhost.Provider, last time.Duration) (median, p99 time.Duration) {
	t.Helper()
	var all []time.Duration
	pause := time.NewTicker(time.Millisecond / 2)
	defer pause.Stop()
	for end := time.Now().Add(last); time.Now().Before(end); <-pause.C {
		start := time.Now()
		if err := healthy(t.Context(), p); err != nil {
			t.Fatalf("the healthy provider: %v", err)
		}
		all = append(all, time.Since(start))
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

// beside is the latency of a healthy provider beside an attack, and alone in the same
// minute.
type beside struct {
	name       string
	callers    int
	alone, p99 time.Duration
}

// under runs the attack while it measures the healthy provider.
func (a attack) under(t *testing.T, p *wasmhost.Provider, last time.Duration) beside {
	t.Helper()
	o := options(t, a.Case, folder(t), slog.New(slog.DiscardHandler))
	o.Fuel, o.Limits.Call, o.Limits.Instances = 0, time.Second, attackers
	q, err := wasmhost.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	defer q.Close()
	first, cancelFirst := context.WithTimeout(t.Context(), 20*time.Millisecond)
	ask(first, q, a.Case) // compiles
	cancelFirst()
	r := beside{name: a.Name, callers: a.callers}
	_, before := latencies(t, p, last/2)
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range a.callers {
		callers.Go(func() {
			for ctx.Err() == nil {
				ask(ctx, q, a.Case)
			}
		})
	}
	_, r.p99 = latencies(t, p, last)
	cancel()
	callers.Wait()
	_, after := latencies(t, p, last/2)
	r.alone = max(before, after)
	return r
}

// TestP6InnocentBesideAttackers measures how long the gets of a healthy provider take
// while many callers of a hostile one keep the processors busy. It asserts that they
// succeed; the figures are times, which also depend on the machine.
func TestP6InnocentBesideAttackers(t *testing.T) {
	counts, last := []int{2}, 100*time.Millisecond
	if *long {
		counts, last = []int{1, 2}, 400*time.Millisecond
	}
	list := attacks(t)
	if *only != "" {
		list = slices.DeleteFunc(list, func(a attack) bool { return !slices.Contains(strings.Split(*only, ","), a.Name) })
	} else if !*long {
		list = slices.DeleteFunc(list, func(a attack) bool { return source("fair "+a.Name).IntN(4) != 0 })
	}
	for _, n := range counts {
		func() {
			defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(n))
			p := neighbour(t)
			latencies(t, p, last)
			var results []beside
			for _, a := range list {
				results = append(results, a.under(t, p, last))
			}
			slices.SortFunc(results, func(a, b beside) int { return int(b.p99 - a.p99) })
			over := 0
			for _, r := range results {
				if r.p99 > 20*time.Millisecond || r.p99 > 10*r.alone && r.p99 > time.Millisecond {
					over++
				}
			}
			figure("P6", "fairness: %d attacks on %d processors; %d of them slow an innocent get down beyond 20 ms or 10 times at the 99th percentile", len(results), n, over)
			for _, r := range results[:min(len(results), 20)] {
				figure("P6", "  beside %-24s %4d callers: %s, alone %s, %.1f times", r.name, r.callers,
					r.p99.Round(time.Microsecond), r.alone.Round(time.Microsecond), float64(r.p99)/float64(r.alone))
			}
		}()
	}
}
