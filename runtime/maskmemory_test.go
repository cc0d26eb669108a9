package runtime_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/internal/cputime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// openRandom returns a Runtime with a module that returns another value each time, and
// with a provider that does not.
func openRandom(t *testing.T, now *clock, most int64) *runtime.Runtime {
	t.Helper()
	module, err := filepath.Abs("../testdata/hostile/value_random.wasm")
	if err != nil {
		t.Fatal(err)
	}
	store := newGoStore(t, map[secret.Key]string{"own": "value-of-another-provider"})
	return open(t, runtime.Options{
		Providers: append(single("own", store), runtime.ProviderOptions{Name: "hostile", Module: module, Mode: runtime.Pooled}),
		Now:       now.Now, AllowUnpinned: true, Limits: runtime.Limits{MaskMemory: most},
	})
}

// A module that returns another value each time fills the memory for masking up to
// limits.mask_memory, and takes nothing from other providers.
func TestTM004ModuleFillsNoMemoryForMasking(t *testing.T) {
	t.Parallel()
	const most = 4 << 20
	now := newClock()
	rt := openRandom(t, now, most)
	// fill asks until the module has returned what may be masked, and says how often.
	fill := func() (values int) {
		for ; ; values++ {
			_, err := at(t, rt, "hostile").Get(t.Context(), "k")
			if secret.CodeOf(err) == secret.ErrTooLarge && strings.Contains(err.Error(), "limits.mask_memory") {
				return values
			}
			if err != nil || values > 1000 {
				t.Fatalf("after %d values: %v", values, err)
			}
		}
	}
	first := fill()
	rt.Redactor().String("an innocent line")
	st := rt.Redactor().Status()
	t.Logf("%d values, %d bytes", first, st.Bytes)
	if first < 10 || st.Values > first || st.Bytes > most {
		t.Errorf("%d values were returned, %d are masked, in %d bytes of %d", first, st.Values, st.Bytes, most)
	}
	if _, err := at(t, rt, "own").Get(t.Context(), "own"); err != nil {
		t.Errorf("another provider: %v", err)
	}
	now.add(redact.DefaultGrace / 2)
	if n := fill(); n != 0 {
		t.Errorf("%d values more in the same grace", n)
	}
	about := func(n int) bool { return n*10 > first*9 && n*9 < first*10 } // values with line breaks take more
	now.add(redact.DefaultGrace)
	if n := fill(); !about(n) {
		t.Errorf("a grace later %d values, at first %d", n, first)
	}
	masked(rt, now, 1) // nobody has the values of the module
	if n := fill(); !about(n) {
		t.Errorf("after all graces %d values, at first %d", n, first)
	}
}

// What a module returned under many keys is held within the limit, however long that goes
// on: the limit of ten minutes is not added up.
func TestTM004ManyKeysFillNoMemoryForMasking(t *testing.T) {
	const most = 4 << 20
	now := newClock()
	rt := openRandom(t, now, most)
	hostile, n := at(t, rt, "hostile"), 0
	for range 6 {
		for {
			n++
			_, err := hostile.Get(t.Context(), secret.Key(fmt.Sprint("k", n)))
			if secret.CodeOf(err) == secret.ErrTooLarge {
				break
			}
			if err != nil || n > 2000 {
				t.Fatalf("after %d values: %v", n, err)
			}
		}
		masked(rt, now, 1)
		rt.Redactor().Compact() // or the patterns of values that are gone may still be there
		if st := rt.Redactor().Status(); st.Bytes > most {
			t.Errorf("%d values take %d bytes, want at most %d", st.Values, st.Bytes, most)
		}
	}
}

// A long value of any bytes costs a bounded time and memory to mask, which is what a
// line of a module's log waits for.
func TestTM004LongValueIsMaskedInBoundedMemory(t *testing.T) {
	module, err := filepath.Abs("../testdata/hostile/value_random_long.wasm")
	if err != nil {
		t.Fatal(err)
	}
	var log lines
	rt, err := runtime.Open(t.Context(), runtime.Options{
		Providers:     []runtime.ProviderOptions{{Name: "hostile", Module: module}},
		AllowUnpinned: true, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	if _, err := rt.Get(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	goruntime.ReadMemStats(&after)
	if !strings.Contains(log.String(), "guest log") {
		t.Errorf("the module's line was not written: %q", log.String())
	}
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 256 {
		t.Errorf("a value of 256 KiB made the host allocate %d MiB", n)
	}
}

// What masking the values of a module takes counts as time of the request that gets them,
// which ends at limits.call and with its context; others need not wait for it.
func TestTM009MaskingIsTimeOfTheRequest(t *testing.T) {
	t.Parallel()
	module, err := filepath.Abs("../testdata/hostile/value_random_many.wasm")
	if err != nil {
		t.Fatal(err)
	}
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "hostile", Module: module}}, AllowUnpinned: true})
	var keys []secret.Key
	for i := range 1500 {
		keys = append(keys, secret.Key(fmt.Sprint(i)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	used := cputime.Used()
	var codes []secret.Code
	for _, r := range at(t, rt, "hostile").GetMany(ctx, keys) {
		if code := secret.CodeOf(r.Err); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	asked := cputime.Used() - used
	used = cputime.Used()
	rt.Redactor().String("an innocent line")
	searched := cputime.Used() - used
	t.Logf("%q, %v of processor time, and %v for the next line", codes, asked, searched)
	if !slices.Contains(codes, secret.ErrTimeout) {
		t.Errorf("the results are %q, want some timeout", codes)
	}
}

// A request that ends while the search for a large value is prepared returns its error, and
// gives back what the value would have taken: other requests are not refused for it.
func TestTM009RequestsThatEndTakeNoMaskMemory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.env")
	foreign, err := filepath.Abs("../modules/dotenv/dotenv.wasm")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("LARGE='")
	for i := range 3000 {
		fmt.Fprintf(&text, "line-%d-of  a\tvalue-%d\n", i, i*7919)
	}
	text.WriteString("'\nSMALL=value-of-small\n")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var asked, endAt atomic.Int64
	var end atomic.Pointer[context.CancelFunc]
	now := func() time.Time {
		if asked.Add(1) == endAt.Load() {
			(*end.Load())()
		}
		return time.Unix(1_800_000_000, 0)
	}
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "f", Module: foreign, Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": path}}},
		Now:       now, Limits: runtime.Limits{MaskMemory: 4 << 20}, AllowUnpinned: true,
	})
	ended := 0
	for i := int64(0); i < 64; i++ {
		ctx, cancel := context.WithCancel(t.Context())
		end.Store(&cancel)
		endAt.Store(asked.Load() + 1 + i/8) // each time the clock is asked, eight times
		_, err := rt.Get(ctx, "LARGE")
		cancel()
		switch code := secret.CodeOf(err); {
		case err == nil: // the clock is not asked so often
			i = 64
		case code != secret.ErrCanceled:
			t.Fatalf("ended when the clock was asked for the %dth time: %v", 1+i/8, err)
		default:
			ended++
		}
	}
	endAt.Store(0)
	if ended < 8 {
		t.Errorf("%d requests ended early", ended)
	}
	if v, err := rt.Get(t.Context(), "LARGE"); err != nil || !strings.HasPrefix(plain(t, v), "line-0-of") {
		t.Errorf("after requests that ended: %v", err)
	}
	if got := rt.Redactor().String("a line-17-of  a\tvalue-134623 b"); got != "a [REDACTED:LARGE] b" {
		t.Errorf("a line of the value is printed as %q", got)
	}
}

// Requests of one large value at a time prepare the search for it within their own time:
// one that ends leaves the work to no search.
func TestTM009OneLargeValueForSeveralRequests(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.env")
	foreign, err := filepath.Abs("../modules/dotenv/dotenv.wasm")
	if err != nil {
		t.Fatal(err)
	}
	text := "LARGE='"
	for i := range 3000 {
		text += fmt.Sprintf("line-%d-of  a\tvalue-%d\n", i, i*7919)
	}
	if err := os.WriteFile(path, []byte(text+"'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rt := open(t, runtime.Options{
		Providers:     []runtime.ProviderOptions{{Name: "f", Module: foreign, Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": path}}},
		AllowUnpinned: true,
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*i)*time.Millisecond)
			defer cancel()
			v, err := rt.Get(ctx, "LARGE")
			if err != nil {
				return
			}
			size := rt.Redactor().Status().Patterns
			if got := rt.Redactor().String("a line-17-of  a\tvalue-134623 b"); got != "a [REDACTED:LARGE] b" || size == 0 {
				t.Errorf("released with %d patterns, and a line is printed as %q", size, got)
			}
			goruntime.KeepAlive(v)
		})
	}
	wg.Wait()
	if v, err := rt.Get(t.Context(), "LARGE"); err != nil || v.IsZero() {
		t.Errorf("Get = %v", err)
	}
}

// The clock may get another large value of the same module, whenever it is asked: nothing is
// held meanwhile that its request waits for.
func TestTM009TheClockGetsLargeValues(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.env")
	foreign, err := filepath.Abs("../modules/dotenv/dotenv.wasm")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range []string{"LARGE", "OTHER"} {
		fmt.Fprintf(&text, "%s='", name)
		for i := range 2000 {
			fmt.Fprintf(&text, "line-%d-of  %s\tvalue-%d\n", i, name, i*7919)
		}
		text.WriteString("'\n")
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for when, asked := int64(1), int64(1); when <= asked; when++ {
		var rt *runtime.Runtime
		var left atomic.Int64 // how often the clock is asked until it gets OTHER
		now := func() time.Time {
			if left.Add(-1) == 0 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				if _, err := rt.Get(ctx, "OTHER"); err != nil {
					t.Errorf("in the clock, asked for the %dth time: %v", when, err)
				}
			}
			return time.Unix(1_800_000_000, 0)
		}
		rt = open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{{Name: "f", Module: foreign, Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": path}}},
			Now:       now, AllowUnpinned: true,
		})
		left.Store(when)
		if _, err := rt.Get(t.Context(), "LARGE"); err != nil {
			t.Fatal(err)
		}
		if rest := left.Load(); rest <= 0 {
			asked = when + 1 // more may come
		}
		if when > 50 {
			t.Fatal("the clock is asked more than 50 times")
		}
		left.Store(0)
	}
}
