package wasmhost_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// gate is a process that compiles, as a test sees it: it begins, and ends when the
// test lets it or its context ends.
type gate struct {
	begun  chan struct{} // receives once for each start
	open   chan struct{} // closed by the test
	starts atomic.Int32
	ended  atomic.Int32 // stopped by their context
}

func newGate() *gate { return &gate{begun: make(chan struct{}, 100), open: make(chan struct{})} }

func (g *gate) compile(ctx context.Context, _ []byte, _ *os.File, _ bool) error {
	g.starts.Add(1)
	g.begun <- struct{}{}
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		g.ended.Add(1)
		return ctx.Err()
	}
}

// foreign returns the options of a module that is not built in. Different numbers
// are different modules.
func foreign(t testing.TB, number int, g *gate) wasmhost.Options {
	t.Helper()
	name := fmt.Sprintf("number%d", number) // a custom section
	section := append([]byte{0, byte(len(name) + 1), byte(len(name))}, name...)
	o := envOptions(slices.Concat(committed(t, "careless"), section), func() []string { return []string{"K=v"} })
	o.Name = name
	if g != nil {
		o.CompileProcess = g.compile
	}
	return o
}

func builtin(t testing.TB) wasmhost.Options {
	t.Helper()
	b, ok := modules.Bytes("env")
	if !ok {
		t.Fatal("there is no module env")
	}
	o := envOptions(b, func() []string { return []string{"K=v"} })
	o.Builtin = true
	return o
}

// get asks for the key K in a goroutine of its own.
func get(ctx context.Context, p *wasmhost.Provider) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := p.Get(ctx, "K")
		done <- err
	}()
	return done
}

// A caller that gives up returns while the compiler works; the others keep waiting
// for the same compilation.
func TestTM006CallersOfOneCompilation(t *testing.T) {
	t.Parallel()
	g := newGate()
	p := open(t, foreign(t, 1, g))
	first, cancel := context.WithCancel(t.Context())
	a := get(first, p)
	<-g.begun
	b := get(t.Context(), p)
	for p.Waiting() < 2 {
		goruntime.Gosched()
	}
	cancel()
	if err := <-a; secret.CodeOf(err) != secret.ErrCanceled || !strings.Contains(err.Error(), "still being compiled") {
		t.Errorf("the caller that gave up: %v", err)
	}
	close(g.open)
	if err := <-b; err != nil {
		t.Errorf("the caller that waited: %v", err)
	}
	if g.starts.Load() != 1 || g.ended.Load() != 0 {
		t.Errorf("%d compilations, %d stopped", g.starts.Load(), g.ended.Load())
	}
}

// Without callers the compilation is stopped, and the next caller starts another.
func TestTM006UnwantedCompilationIsStopped(t *testing.T) {
	t.Parallel()
	g := newGate()
	p := open(t, foreign(t, 2, g))
	for n := range int32(3) {
		ctx, cancel := context.WithCancel(t.Context())
		done := get(ctx, p)
		<-g.begun
		cancel()
		err := <-done
		if secret.CodeOf(err) != secret.ErrCanceled || !strings.Contains(err.Error(), "the module is still being compiled") || strings.Contains(err.Error(), "limits.call") {
			t.Fatalf("Get = %v", err)
		}
		for p.Waiting() >= 0 {
			goruntime.Gosched()
		}
		if g.starts.Load() != n+1 || g.ended.Load() != g.starts.Load() {
			t.Errorf("%d compilations, %d stopped", g.starts.Load(), g.ended.Load())
		}
	}
	close(g.open)
	if err := <-get(t.Context(), p); err != nil {
		t.Errorf("Get = %v", err)
	}
}

// A compilation that takes longer than a call continues for a while, and the next
// caller gets it.
func TestTM006CompilationOutlastsTheCall(t *testing.T) {
	t.Parallel()
	for name, linger := range map[string]time.Duration{"goes on": time.Hour, "is stopped": time.Millisecond} {
		g := newGate()
		o := foreign(t, 4+len(name), g)
		o.Linger = linger
		p := open(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		done := get(ctx, p)
		<-g.begun
		if err := <-done; secret.CodeOf(err) != secret.ErrTimeout {
			t.Errorf("%s: Get = %v", name, err)
		}
		cancel()
		if linger < time.Second {
			for p.Waiting() >= 0 {
				goruntime.Gosched()
			}
		}
		close(g.open)
		if err := <-get(t.Context(), p); err != nil {
			t.Errorf("%s: Get = %v", name, err)
		}
		if want := g.ended.Load() + 1; g.starts.Load() != want || (want == 1) != (linger > time.Second) {
			t.Errorf("%s: %d compilations, %d stopped", name, g.starts.Load(), g.ended.Load())
		}
	}
}

// The limit of a call covers the compilation, and the error says so.
func TestTM006CompilationEndsWithTheCall(t *testing.T) {
	t.Parallel()
	o := foreign(t, 3, newGate())
	o.Limits.Call = 50 * time.Millisecond
	err := <-get(t.Context(), open(t, o))
	if secret.CodeOf(err) != secret.ErrTimeout || !strings.Contains(err.Error(), "still being compiled after limits.call, 50ms") {
		t.Errorf("Get = %v", err)
	}
}

// The places of the process are taken: a module that is not built in waits for one,
// as long as its caller wants, and a built-in module needs none. Not parallel, since
// the places are those of the process.
func TestTM006PlacesOfTheProcess(t *testing.T) {
	var taken []<-chan error
	g := newGate()
	for n := range wasmhost.Places {
		taken = append(taken, get(t.Context(), open(t, foreign(t, 10+n, g))))
		<-g.begun
	}
	third := open(t, foreign(t, 20, g))
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if err := <-get(ctx, third); secret.CodeOf(err) != secret.ErrTimeout {
			t.Errorf("without a place: %v", err)
		}
		cancel()
	}
	if n := int(g.starts.Load()); n != wasmhost.Places {
		t.Errorf("%d compilations at a time, want %d", n, wasmhost.Places)
	}
	if err := <-get(t.Context(), open(t, builtin(t))); err != nil {
		t.Errorf("a built-in module: %v", err)
	}
	waiting := get(t.Context(), third)
	close(g.open)
	for _, c := range append(taken, waiting) {
		if err := <-c; err != nil {
			t.Error(err)
		}
	}
}

// Two providers of one module share its code: the second does not compile it again,
// and waits for the first as long as its caller wants.
func TestTM006ProvidersOfOneModule(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", t.TempDir() + "/cache"} {
		cache, err := codecache.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		g := newGate()
		o := foreign(t, 4, g)
		o.Cache = cache
		first := get(t.Context(), open(t, o))
		<-g.begun
		second := open(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if err := <-get(ctx, second); secret.CodeOf(err) != secret.ErrTimeout {
			t.Errorf("the second provider: %v", err)
		}
		cancel()
		close(g.open)
		if err := errors.Join(<-first, <-get(t.Context(), second)); err != nil {
			t.Error(err)
		}
		if g.starts.Load() != 1 {
			t.Errorf("%d compilations of one module in the cache %q", g.starts.Load(), dir)
		}
		t.Cleanup(func() { _ = cache.Close() })
	}
}

// Code that is in the folder is loaded without compiling, and without a place or a
// process to compile in. Code of another version of the engine is not.
func TestTM006CachedCodeIsNotCompiled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/cache"
	g := newGate()
	close(g.open)
	use := func() {
		t.Helper()
		cache, err := codecache.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		o := foreign(t, 8, g)
		o.Cache = cache
		p, err := wasmhost.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := <-get(t.Context(), p); err != nil {
			t.Error(err)
		}
	}
	for n, want := range []int32{1, 1, 1} {
		if use(); g.starts.Load() != want {
			t.Errorf("use %d: compiled %d times, want %d", n, g.starts.Load(), want)
		}
	}
	versions, err := filepath.Glob(dir + "/*/wazero-*")
	if err != nil || len(versions) != 1 {
		t.Fatalf("%v, %v", versions, err)
	}
	sums := filepath.Dir(versions[0]) + "/sums"
	text, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte(filepath.Base(versions[0])), []byte("wazero-v0"))
	if err := errors.Join(os.Rename(versions[0], filepath.Dir(versions[0])+"/wazero-v0"), os.WriteFile(sums, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	for n, want := range []int32{2, 2} {
		if use(); g.starts.Load() != want {
			t.Errorf("use %d of another version: compiled %d times, want %d", n, g.starts.Load(), want)
		}
	}
}

// Close waits for a compilation that was stopped, so that no goroutine is left.
func TestTM006CloseEndsTheCompilation(t *testing.T) {
	t.Parallel()
	for range 20 {
		g := newGate()
		p, err := wasmhost.Open(t.Context(), foreign(t, 5, g))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := get(ctx, p)
		<-g.begun
		cancel()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if p.Waiting() >= 0 || g.ended.Load() != 1 {
			t.Errorf("a compilation goes on after Close")
		}
		<-done
	}
}

// What the compiler refuses once is not compiled again.
func TestTM006RefusalIsRemembered(t *testing.T) {
	t.Parallel()
	g := newGate()
	close(g.open)
	p := open(t, wasmhost.Options{Name: "app", Wasm: wrongType, CompileProcess: g.compile})
	for range 3 {
		if err := <-get(t.Context(), p); secret.CodeOf(err) != secret.ErrLoad {
			t.Errorf("Get = %v", err)
		}
	}
	if g.starts.Load() != 1 {
		t.Errorf("compiled %d times", g.starts.Load())
	}
}

// A process that fails makes the module load_failed, with its reason, and the module
// is not compiled here.
func TestTM006ProcessThatFails(t *testing.T) {
	t.Parallel()
	o := foreign(t, 6, nil)
	o.CompileProcess = func(context.Context, []byte, *os.File, bool) error { return errors.New("it was killed") }
	err := <-get(t.Context(), open(t, o))
	if secret.CodeOf(err) != secret.ErrLoad || !strings.Contains(err.Error(), "the module was not compiled: it was killed") {
		t.Errorf("Get = %v", err)
	}
}

// TestTM006ProcessThatEndsItsGoroutine: a CompileProcess that panics, also with nil, or ends
// its goroutine makes the module load_failed for all who wait. The next call tries again.
func TestTM006ProcessThatEndsItsGoroutine(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	for name, leave := range map[string]func(){
		"panic": func() { panic("a bug") }, "panic(nil)": func() { panic(nil) }, "Goexit": goruntime.Goexit, "nil error": func() { panic((*os.PathError)(nil).Error()) },
	} {
		t.Run(name, func(t *testing.T) {
			var compile func() error
			o := foreign(t, 7, nil)
			o.Limits.Instances = 2
			o.CompileProcess = func(context.Context, []byte, *os.File, bool) error { return compile() }
			p := open(t, o)
			for range o.Limits.Instances + 1 {
				begun, on := make(chan struct{}), make(chan struct{})
				compile = func() error { close(begun); <-on; leave(); return nil }
				waiting := []<-chan error{get(t.Context(), p), get(t.Context(), p)}
				<-begun
				for p.Waiting() < len(waiting) {
					goruntime.Gosched()
				}
				close(on)
				for _, done := range waiting {
					if err := <-done; secret.CodeOf(err) != secret.ErrLoad {
						t.Errorf("Get = %v, want load_failed", err)
					}
				}
			}
			compile = func() error { return nil }
			if err := <-get(t.Context(), p); err != nil {
				t.Errorf("Get once CompileProcess works = %v", err)
			}
		})
	}
}

// Many modules compile at a time, with a cache and without; the race detector
// watches the engines.
func TestTM006ManyCompileAtATime(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", t.TempDir() + "/cache"} {
		for range 2 { // the second time from the folder
			cache, err := codecache.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for n := range 12 {
				o := foreign(t, n/2, nil) // each module twice
				if n%4 == 3 {
					o = builtin(t)
				}
				o.Cache = cache
				p, err := wasmhost.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					if err := errors.Join(<-get(t.Context(), p), p.Close()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if err := cache.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// One provider compiles for long. Another is asked with a deadline of 5 ms: it
// returns within 50 ms, when it is ready, and when it is compiled for the first time. A
// call does not count if a timer that was started with it was late too: then the
// machine is busy. That is not seen of every call, so that one round of five has to
// hold.
func TestP6CompilingHoldsUpNobody(t *testing.T) {
	const rounds, tries = 5, 100
	for name, options := range map[string]wasmhost.Options{"built-in": builtin(t), "foreign": foreign(t, 7, nil)} {
		for _, warm := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, warm %v", name, warm), func(t *testing.T) {
				for round := range rounds {
					late := besideCompiling(t, options, warm, tries)
					if len(late) <= tries/20 {
						return
					}
					t.Logf("round %d: %d of %d calls were late: %s", round+1, len(late), tries, late)
				}
				t.Errorf("calls were late in all of %d rounds", rounds)
			})
		}
	}
}

// besideCompiling asks a provider for a key while another one compiles, and gives the
// times of the calls that took too long.
func besideCompiling(t *testing.T, options wasmhost.Options, warm bool, tries int) (late []time.Duration) {
	const asked, promised = 5 * time.Millisecond, 50 * time.Millisecond
	slow := goGuest(t)
	other := open(t, options)
	if _, err := other.Get(t.Context(), "K"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var compilers sync.WaitGroup
	defer compilers.Wait()
	defer cancel()
	var guest *wasmhost.Provider
	for range tries {
		if guest == nil || guest.Waiting() < 0 { // the guest is compiled: take another
			guest = open(t, wasmhost.Options{Name: "slow", Wasm: slow, Grant: all.Grants{Env: []string{"*"}}, Limits: wasmhost.Limits{Call: time.Hour}})
			done := get(ctx, guest)
			compilers.Go(func() { <-done })
			for guest.Waiting() < 1 && len(done) == 0 {
				goruntime.Gosched()
			}
		}
		if !warm {
			other = open(t, options)
		}
		short, stop := context.WithTimeout(t.Context(), asked)
		start, timer := time.Now(), make(chan time.Duration, 1)
		go func() {
			time.Sleep(asked)
			timer <- time.Since(start)
		}()
		_, err := other.Get(short, "K")
		took := time.Since(start)
		stop()
		idle := <-timer
		if code := secret.CodeOf(err); err != nil && code != secret.ErrTimeout {
			t.Fatalf("Get = %v", err)
		}
		if took > promised && took > 2*idle {
			late = append(late, took)
		}
	}
	return late
}

// wrongType has a postern_get with an i64 where an i32 is wanted, which preflight
// leaves to the engine.
var wrongType = bytes.Join([][]byte{
	[]byte("\x00asm\x01\x00\x00\x00"), []byte("\x01\x05\x01\x60\x00\x01\x7f"), []byte("\x03\x02\x01\x00"), []byte("\x05\x03\x01\x00\x01"),
	[]byte("\x07\x18\x02\x06memory\x02\x00\x0bpostern_get\x00\x00"), []byte("\x0a\x06\x01\x04\x00\x42\x00\x0b"),
}, nil)
