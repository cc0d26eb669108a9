package promises_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// ceiling is how many MiB of memory the process may hold while all hostile modules
// are open. Each guest may have 16 MiB of its own. Most of the rest is for guests
// that recurse until their stack overflows: that stack is on the Go heap and takes
// about 165 MiB with the copies that are made when it grows.
const ceiling = 1536

// openModules opens each hostile module once and keeps it open, as a host would.
type openModules struct {
	t    *testing.T
	dir  string
	fuel int64
	most int // modules that are open at a time; 0 is all

	mu      sync.Mutex
	all     map[string]*openModule      // guarded by mu
	refused map[string]wasmhost.Options // guarded by mu
}

// openModule is a provider and how many calls of it are running.
type openModule struct {
	*wasmhost.Provider
	calls int
}

func newOpenModules(t *testing.T, fuel int64) *openModules {
	return &openModules{t: t, dir: folder(t), fuel: fuel, all: map[string]*openModule{}, refused: map[string]wasmhost.Options{}}
}

// meet makes one call of the case, or loads it again if it is refused, and returns
// the resulting code.
func (k *openModules) meet(ctx context.Context, c hostile.Case) string {
	if c.Fate == "refused" {
		p, err := wasmhost.Open(context.Background(), k.options(c))
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
	defer k.release(p)
	code, _ := ask(ctx, p.Provider, c)
	return string(code)
}

// provider returns the module of a case. The caller calls release.
func (k *openModules) provider(c hostile.Case) (*openModule, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.all[c.Name]; p != nil {
		p.calls++
		return p, nil
	}
	o := options(k.t, c, k.dir, slog.New(slog.DiscardHandler))
	o.Fuel, o.Limits.Call = cmp.Or(o.Fuel, k.fuel), time.Minute
	p, err := wasmhost.Open(k.t.Context(), o)
	if err != nil {
		return nil, err
	}
	k.all[c.Name] = &openModule{p, 1}
	return k.all[c.Name], nil
}

// release ends the use of p, and closes modules without calls if too many are open.
func (k *openModules) release(p *openModule) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p.calls--
	for name, p := range k.all {
		if k.most == 0 || len(k.all) <= k.most {
			return
		}
		if p.calls == 0 {
			p.Close()
			delete(k.all, name)
		}
	}
}

// options returns the options of a case that is refused. Its bytes are made once.
func (k *openModules) options(c hostile.Case) wasmhost.Options {
	k.mu.Lock()
	defer k.mu.Unlock()
	o, ok := k.refused[c.Name]
	if !ok {
		o = options(k.t, c, k.dir, slog.New(slog.DiscardHandler))
		k.refused[c.Name] = o
	}
	return o
}

func (k *openModules) close() {
	for _, p := range k.all {
		p.Close()
	}
}

// TestP5HostStaysUp makes hostile calls in random order on several goroutines,
// beside callers of a healthy provider. The first half of the promise is that the
// test ends at all, the second that the healthy provider keeps answering.
func TestP5HostStaysUp(t *testing.T) {
	t.Parallel()
	n := times(300, 10_000)
	cases, random := zoo(t), source("P5")
	order := make([]hostile.Case, n)
	for i := range order {
		order[i] = cases[random.IntN(len(cases))]
	}
	k := newOpenModules(t, 1<<22)
	if *ceilinged {
		k.most = 16
	}
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
					t.Errorf("the healthy provider: %v", err)
					return
				}
				goruntime.Gosched() // on one processor, let the attack continue
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

// dataCeiling is how many MiB of writable memory the system gives a process that is
// tested under a ceiling: each of 16 modules has 16 MiB for each of 2 instances, and the
// Go heap keeps the address space of its largest extent, about 1,100 MiB after four
// guests have overflowed their stacks at once. It does not grow after that.
const dataCeiling = 2048

// TestP5MemoryCeiling repeats TestP5HostStaysUp, on one and on two processors, in a
// process that the system refuses more memory than that: the runtime would end it.
func TestP5MemoryCeiling(t *testing.T) {
	if goruntime.GOOS != "linux" || *ceilinged {
		t.Skip("needs the limit RLIMIT_DATA of Linux, and a process of its own")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2} {
		//nolint:gosec // the test binary itself
		c := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -d "$1" && shift && exec "$@"`, "sh", strconv.Itoa(dataCeiling<<10),
			program, "-test.run=^TestP5HostStaysUp$", "-ceiling", fmt.Sprintf("-long=%t", *long), fmt.Sprintf("-seed=%d", *seed))
		c.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(n))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("on %d processors, with %d MiB: %v\n%s", n, dataCeiling, err, out)
		}
		for line := range strings.Lines(string(out)) {
			if rest, ok := strings.CutPrefix(line, "P5 "); ok {
				figure("P5", "with a ceiling of %d MiB on %d processors: %s", dataCeiling, n, strings.TrimSpace(rest))
			}
		}
	}
}

// TestP6DeadlinesHold gives endless guests, without a fuel limit, short deadlines.
// The test asserts that each call ends as a timeout; the figure says how late, which
// also depends on the machine.
func TestP6DeadlinesHold(t *testing.T) {
	for _, n := range []int{1, 2} {
		deadlinesHold(t, n)
	}
}

func deadlinesHold(t *testing.T, processors int) {
	t.Helper()
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(processors))
	n, random := times(100, 2_000), source("P6")
	var cases []hostile.Case
	for _, c := range zoo(t) {
		if c.Ran() && c.Want == "timeout" {
			delete(c.Given, "fuel")
			cases = append(cases, c)
		}
	}
	k := newOpenModules(t, 0)
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
	figure("P6", "deadlines on %d processors: %d calls of %d endless guests; late by %v at the median, %v at the 99th percentile, %v at worst (%s)", processors, n, len(cases),
		late[len(late)/2].Round(time.Microsecond), late[len(late)*99/100].Round(time.Microsecond), worst.Round(time.Microsecond), names[worst])
}
