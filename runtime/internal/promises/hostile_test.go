package promises_test

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// ceiling is what the process may hold in memory while the whole zoo is open, in
// MiB. Each guest may have 16 of its own; the most by far is for those that call
// themselves until their stack ends, which is on the heap of Go and takes about
// 165 MiB with the copies that it grows by.
const ceiling = 1536

// kept opens each module of the zoo once and keeps it open, as a host would.
type kept struct {
	t    *testing.T
	dir  string
	fuel int64

	mu      sync.Mutex
	all     map[string]*wasmhost.Provider // guarded by mu
	refused map[string]wasmhost.Options   // guarded by mu
}

func newKept(t *testing.T, fuel int64) *kept {
	return &kept{t: t, dir: folder(t), fuel: fuel, all: map[string]*wasmhost.Provider{}, refused: map[string]wasmhost.Options{}}
}

// meet makes one call of the case, or has it refused once more, and returns the
// code of what came of it.
func (k *kept) meet(ctx context.Context, c hostile.Case) string {
	if c.Fate == "refused" {
		p, err := wasmhost.Open(k.options(c))
		if err == nil {
			p.Close()
			return "ok"
		}
		return string(secret.CodeOf(err))
	}
	p, err := k.provider(c)
	if err != nil {
		k.t.Errorf("%s: %v", c.Name, err)
		return ""
	}
	code, _ := ask(ctx, p, c)
	return string(code)
}

func (k *kept) provider(c hostile.Case) (*wasmhost.Provider, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.all[c.Name]; p != nil {
		return p, nil
	}
	o := options(k.t, c, k.dir, slog.New(slog.DiscardHandler))
	o.Fuel, o.Limits.Call = cmp.Or(o.Fuel, k.fuel), time.Minute
	p, err := wasmhost.Open(o)
	if err == nil {
		k.all[c.Name] = p
	}
	return p, err
}

// options returns those of a case that is refused; its bytes are made once.
func (k *kept) options(c hostile.Case) wasmhost.Options {
	k.mu.Lock()
	defer k.mu.Unlock()
	o, ok := k.refused[c.Name]
	if !ok {
		o = options(k.t, c, k.dir, slog.New(slog.DiscardHandler))
		k.refused[c.Name] = o
	}
	return o
}

func (k *kept) close() {
	for _, p := range k.all {
		p.Close()
	}
}

// TestP5HostStaysUp makes hostile calls in random order on several goroutines,
// beside callers of a healthy provider. That the test comes to its end is the
// first half of the promise; that nobody notices is the second.
func TestP5HostStaysUp(t *testing.T) {
	t.Parallel()
	n := times(300, 10_000)
	cases, random := zoo(t), source("P5")
	order := make([]hostile.Case, n)
	for i := range order {
		order[i] = cases[random.IntN(len(cases))]
	}
	k := newKept(t, 1<<22)
	defer k.close()
	next := neighbour(t)

	var hostileDone atomic.Bool
	var normal, wrong, peak atomic.Int64
	var load, attack sync.WaitGroup
	for range 2 {
		load.Go(func() {
			for !hostileDone.Load() {
				normal.Add(1)
				if err := healthy(context.Background(), next); err != nil {
					wrong.Add(1)
					t.Errorf("the neighbour: %v", err)
					return
				}
			}
		})
	}
	var at atomic.Int64
	for range 4 {
		attack.Go(func() {
			for {
				i := int(at.Add(1)) - 1
				if i >= n {
					return
				}
				ctx, cancel := context.Background(), context.CancelFunc(func() {})
				if order[i].Given["call"] != "" {
					ctx, cancel = context.WithTimeout(ctx, 5*time.Millisecond)
				}
				if code := k.meet(ctx, order[i]); code != order[i].Want {
					t.Errorf("%s = %s, want %s", order[i].Name, code, order[i].Want)
				}
				cancel()
				if mib := int64(resident()); mib > peak.Load() {
					peak.Store(mib)
				}
			}
		})
	}
	attack.Wait()
	hostileDone.Store(true)
	load.Wait()
	if peak.Load() > ceiling && !testing.Short() {
		t.Errorf("%d MiB resident, the ceiling is %d", peak.Load(), ceiling)
	}
	figure("P5", "hostile calls: %d of %d kinds beside %d normal ones; exits 0, wrong answers %d, memory at most %d MiB (ceiling %d)",
		n, len(cases), normal.Load(), wrong.Load(), peak.Load(), ceiling)
}

// TestP6DeadlinesHold gives endless guests, with no end to their fuel, short
// deadlines. The test asserts that each call ends as a timeout; the figure says
// how late, which is a matter of the machine as well.
func TestP6DeadlinesHold(t *testing.T) {
	n, random := times(100, 2_000), source("P6")
	var cases []hostile.Case
	for _, c := range zoo(t) {
		if c.Ran() && c.Want == "timeout" {
			delete(c.Given, "fuel")
			cases = append(cases, c)
		}
	}
	k := newKept(t, 0)
	defer k.close()
	late := make([]time.Duration, 0, n)
	names := make(map[time.Duration]string, n)
	for i := range n + len(cases) {
		c := cases[i%len(cases)]
		if i >= len(cases) {
			c = cases[random.IntN(len(cases))]
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(20))*time.Millisecond)
		code := k.meet(ctx, c)
		end, _ := ctx.Deadline()
		over := time.Since(end)
		cancel()
		if code != "timeout" {
			t.Errorf("%s = %s, want timeout", c.Name, code)
		}
		if i >= len(cases) { // the first call of each compiles
			late = append(late, over)
			names[over] = c.Name
		}
	}
	slices.Sort(late)
	worst := late[len(late)-1]
	figure("P6", "deadlines: %d calls of %d endless guests; late by %v at the median, %v at the 99th percentile, %v at worst (%s)", n, len(cases),
		late[len(late)/2].Round(time.Microsecond), late[len(late)*99/100].Round(time.Microsecond), worst.Round(time.Microsecond), names[worst])
}
