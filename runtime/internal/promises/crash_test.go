package promises_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

const (
	callers = 64
	keys    = 1000
)

// faults decides where the module named faulty breaks: in about one call of four,
// while any are left.
type faults struct {
	mu       sync.Mutex
	random   *rand.Rand // guarded by mu
	left     int        // guarded by mu
	injected int        // guarded by mu
}

func (f *faults) environ() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 || f.random.IntN(4) != 0 {
		return []string{"FAULT=--"}
	}
	f.left--
	f.injected++
	// Deep recursion costs a hundred times as much as the others, so it is rare.
	kinds := "tttttddddddeeeeeooooommmmmssssslllll"
	kind := kinds[f.random.IntN(len(kinds))]
	if f.random.IntN(400) == 0 {
		kind = 'r'
	}
	return []string{"FAULT=" + string([]byte{"abc"[f.random.IntN(3)], kind})}
}

func (f *faults) done() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left == 0
}

// sealed returns a value that names its key and version and has a checksum.
func sealed(key secret.Key, version int64, random uint64) string {
	text := fmt.Sprintf("%s|%d|%016x", key, version, random)
	return fmt.Sprintf("%s|%08x", text, crc32.ChecksumIEEE([]byte(text)))
}

// unseal returns the version of a value, or an error if it is torn or belongs to
// another key.
func unseal(key secret.Key, value string) (int64, error) {
	parts := strings.Split(value, "|")
	if len(parts) != 4 {
		return 0, errors.New("a value that was never written")
	}
	text := strings.Join(parts[:3], "|")
	version, err := strconv.ParseInt(parts[1], 10, 64)
	switch {
	case err != nil:
		return 0, err
	case parts[3] != fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))):
		return 0, errors.New("a torn value")
	case parts[0] != string(key):
		return 0, errors.New("the value of another key")
	}
	return version, nil
}

// history bounds what a read of each key may return: nothing older than the last
// acknowledged write, nothing newer than the last one that began.
type history struct {
	begun, acknowledged [keys]atomic.Int64

	reads, writes, failed, wrong, lost atomic.Int64
}

func name(i int) secret.Key { return secret.Key("team/" + strconv.Itoa(i)) }

// write stores the next version of a key that no other caller writes.
func (h *history) write(p secret.Provider, i int, random uint64) error {
	version := h.begun[i].Add(1)
	s, err := secret.FromString(sealed(name(i), version, random))
	if err != nil {
		return err
	}
	defer s.Destroy()
	h.writes.Add(1)
	if err := p.Set(context.Background(), name(i), s); err != nil {
		return h.expected(err)
	}
	h.acknowledged[i].Store(version)
	return nil
}

func (h *history) read(p secret.Provider, i int) error {
	oldest := h.acknowledged[i].Load()
	h.reads.Add(1)
	s, err := p.Get(context.Background(), name(i))
	if errors.Is(err, secret.ErrNotFound) {
		if oldest > 0 {
			h.lost.Add(1)
			return fmt.Errorf("%s is missing, version %d was acknowledged", name(i), oldest)
		}
		return nil
	}
	if err != nil {
		return h.expected(err)
	}
	text, err := s.ExposeString()
	if err != nil {
		return err
	}
	version, err := unseal(name(i), text)
	if err == nil && version > h.begun[i].Load() {
		err = errors.New("a version that nobody wrote")
	}
	if err != nil {
		h.wrong.Add(1)
		return fmt.Errorf("%s: %w", name(i), err)
	}
	if version < oldest {
		h.lost.Add(1)
		return fmt.Errorf("%s has version %d, %d was acknowledged", name(i), version, oldest)
	}
	return nil
}

// expected returns nil for the errors that a fault causes.
func (h *history) expected(err error) error {
	h.failed.Add(1)
	for _, code := range []secret.Code{secret.ErrModuleCrashed, secret.ErrModuleProtocol, secret.ErrTimeout, secret.ErrOutcomeUnknown} {
		if secret.CodeOf(err) == code {
			return nil
		}
	}
	return err
}

func faulty(t *testing.T, environ func() []string) *wasmhost.Provider {
	t.Helper()
	wasm, err := hostile.Case{Name: "faulty"}.Wasm()
	if err != nil {
		t.Fatal(err)
	}
	p, err := wasmhost.Open(t.Context(), wasmhost.Options{
		Name: "faulty", Wasm: wasm, Grant: all.Grants{Env: []string{"FAULT"}}, Environ: environ, Fuel: 1 << 16,
		Limits: wasmhost.Limits{MemoryPages: pages, Instances: 8},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// settled returns what the process holds after it has used a provider once, because
// some things are opened on first use and stay open.
func settled(t *testing.T) held {
	t.Helper()
	p := faulty(t, func() []string { return nil })
	if _, err := p.Get(t.Context(), name(0)); !errors.Is(err, secret.ErrNotFound) {
		t.Fatalf("Get() = %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	holding()
	return holding()
}

// TestP7CrashesDoNotShow injects faults at every stage of the reads and writes of
// many callers. Not parallel, because it counts what the process holds.
func TestP7CrashesDoNotShow(t *testing.T) {
	n := times(600, 10_000)
	before := settled(t)
	f := &faults{random: source("P7"), left: n}
	p := faulty(t, f.environ)
	var h history
	var wg sync.WaitGroup
	for c := range callers {
		random := source("P7 caller " + strconv.Itoa(c))
		wg.Go(func() {
			for !f.done() {
				err := h.read(p, random.IntN(keys))
				if random.IntN(2) == 0 {
					err = errors.Join(err, h.write(p, c+callers*random.IntN(keys/callers), random.Uint64()))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range keys {
		if err := h.read(p, i); err != nil {
			t.Error(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	wantBack(t, before)
	if f.injected != n || h.failed.Load() == 0 {
		t.Errorf("%d faults injected, %d calls failed", f.injected, h.failed.Load())
	}
	figure("P7", "crashes: %d injected in %d reads and %d writes of %d callers on %d keys; wrong values %d, lost acknowledged writes %d, leaks 0",
		f.injected, h.reads.Load(), h.writes.Load(), callers, keys, h.wrong.Load(), h.lost.Load())
}

// TestTM171CloseAtAnyMoment closes providers in the middle of calls: every caller
// gets an answer, a fault or ErrClosed, and the process holds no more than before.
func TestTM171CloseAtAnyMoment(t *testing.T) {
	n, random := times(25, 1_000), source("TM-171")
	before := settled(t)
	closed := int64(0)
	for range n {
		f := &faults{random: random, left: random.IntN(50)}
		p := faulty(t, f.environ)
		var h history
		var wg sync.WaitGroup
		var refused, calls atomic.Int64
		moment, now := int64(random.IntN(200)), make(chan struct{})
		for c := range 8 {
			wg.Go(func() {
				for i := 0; ; i++ {
					if calls.Add(1) == moment+1 {
						close(now)
					}
					err := h.write(p, c+8*(i%8), 0)
					if err == nil {
						err = h.read(p, c+8*(i%8))
					}
					if errors.Is(err, secret.ErrClosed) {
						refused.Add(1)
						return
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		<-now
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		wg.Wait()
		closed += refused.Load()
	}
	wantBack(t, before)
	figure("P7", "closing: %d times in the middle of calls; %d callers got closed, leaks 0", n, closed)
}
