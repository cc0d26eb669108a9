package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// soon is how long a request may take in which a callback calls on. Limits.Call is much
// longer, so that one which waits for itself is seen.
const soon = 30 * time.Second

// nested calls f unless the calling goroutine is in it already.
func nested(f func()) {
	if strings.Count(string(debug.Stack()), "runtime_test.nested(") < 2 {
		f()
	}
}

// inModule reports whether the calling goroutine is in a call of a module.
func inModule() bool { return strings.Contains(string(debug.Stack()), "internal/wasmhost.(*Provider)") }

// meeting lets callers wait until each of them has come, or was counted as gone.
type meeting struct {
	left atomic.Int64
	all  chan struct{}
}

func newMeeting(n int) *meeting {
	m := &meeting{all: make(chan struct{})}
	m.left.Store(int64(n))
	return m
}

func (m *meeting) come() {
	if m.left.Add(-1) == 0 {
		close(m.all)
	}
}

// levels is a log handler whose Enabled calls on.
type levels struct {
	handler
	on func()
}

func (h *levels) Enabled(context.Context, slog.Level) bool { h.on(); return true }

// stores returns options with a store that is a module, one of the environment and
// one in Go.
func stores(t *testing.T) runtime.Options {
	t.Helper()
	dir := privateFolder(t)
	text := `{"k":"value-one","l":"value-two","k0":"old-0","k1":"old-1"}`
	if err := os.WriteFile(filepath.Join(dir, "s.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return runtime.Options{
		Dir: dir, CompileCache: compiled, Limits: runtime.Limits{Call: 10 * time.Minute},
		Environ: environ("E=value-of-environ"),
		Providers: []runtime.ProviderOptions{
			{Name: "m", Module: "json", Config: map[string]string{"path": "s.json"}, Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: "s.json", Write: true}}}},
			{Name: "e", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}},
			{Name: "go", Provider: newGoStore(t, map[secret.Key]string{"k": "value-one"})},
		},
	}
}

func privateFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// moduleVerbs are requests that reach modules. The writes of two callers are of two keys.
func moduleVerbs(t *testing.T, value runtime.Secret) map[string]func(rt *runtime.Runtime, caller int) {
	return map[string]func(*runtime.Runtime, int){
		"Get":     func(rt *runtime.Runtime, _ int) { _, _ = rt.Get(t.Context(), "E") },
		"GetMany": func(rt *runtime.Runtime, _ int) { rt.GetMany(t.Context(), []runtime.Key{"k", "E"}) },
		"Keys":    func(rt *runtime.Runtime, _ int) { _, _ = rt.Keys(t.Context(), "") },
		"Set":     func(rt *runtime.Runtime, n int) { _ = rt.Set(t.Context(), runtime.Key(fmt.Sprintf("k%d", n)), value) },
		"Delete":  func(rt *runtime.Runtime, n int) { _ = rt.Delete(t.Context(), runtime.Key(fmt.Sprintf("k%d", n))) },
	}
}

// TestCallbacksHoldNoInstance: as many callers as a provider has instances are in a
// callback at the same time, in requests that reach modules, and each calls on from
// there. None waits for another.
func TestCallbacksHoldNoInstance(t *testing.T) {
	t.Parallel()
	all := slices.Collect(maps.Keys(methods(t)))
	some := []string{"Runtime.Get", "Runtime.Set", "Runtime.Delete", "Runtime.Keys", "Runtime.Probe", "Runtime.Close"}
	for _, callback := range []string{"now", "environ", "levels"} {
		for _, c := range []struct {
			mode      runtime.Mode
			instances int
			verbs     []string
			methods   []string
		}{
			{runtime.Isolated, 1, []string{"Get", "Set"}, all},
			{runtime.Isolated, 8, []string{"Get", "GetMany", "Keys", "Set", "Delete"}, some},
			{runtime.Serial, 1, []string{"Get", "Set"}, some},
		} {
			for _, verb := range c.verbs {
				if testing.Short() && verb != "Get" && verb != "Set" {
					continue
				}
				t.Run(fmt.Sprintf("%s, %s, %d instances, %s", callback, c.mode, c.instances, verb), func(t *testing.T) {
					t.Parallel()
					holdsNoInstance(t, callback, c.mode, c.instances, verb, c.methods)
				})
			}
		}
	}
}

func holdsNoInstance(t *testing.T, callback string, mode runtime.Mode, instances int, verb string, names []string) {
	request := moduleVerbs(t, made(t, "value-of-the-caller"))[verb]
	var rt atomic.Pointer[runtime.Runtime]
	var call atomic.Pointer[func(*runtime.Runtime)]
	var at atomic.Pointer[meeting]
	var inside atomic.Int64
	var came sync.Map // of callers, by the goroutine's own meeting
	on := func() {
		r, f, m := rt.Load(), call.Load(), at.Load()
		if r == nil || f == nil || !inModule() {
			return
		}
		nested(func() {
			inside.Add(1)
			if _, again := came.LoadOrStore([2]any{m, caller()}, true); !again {
				m.come()
			}
			<-m.all
			(*f)(r)
		})
	}
	o := stores(t)
	o.Limits.Instances = instances
	for i := range o.Providers[:2] {
		o.Providers[i].Mode = mode
	}
	switch callback {
	case "now":
		o.Now = func() time.Time { on(); return time.Now() }
	case "environ":
		o.Environ = func() []string { on(); return []string{"E=value-of-environ"} }
	case "levels":
		o.Logger = slog.New(&levels{on: on})
	}
	r, err := runtime.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { within(t, "Close", func() { _ = r.Close() }) }()
	rt.Store(r)
	all := methods(t)
	for _, name := range slices.SortedFunc(slices.Values(names), closeLast) {
		f := all[name]
		m := newMeeting(instances)
		at.Store(m)
		call.Store(&f)
		quickly(t, fmt.Sprintf("%s inside %s calls %s", callback, verb, name), func() {
			var wg sync.WaitGroup
			for n := range instances {
				wg.Go(func() {
					request(r, n)
					if _, did := came.LoadOrStore([2]any{m, caller()}, true); !did {
						m.come()
					}
				})
			}
			wg.Wait()
		})
	}
	if inside.Load() == 0 && (callback != "environ" || !slices.Contains([]string{"Set", "Delete"}, verb)) {
		t.Errorf("%s was never called inside %s", callback, verb)
	}
}

// caller is the number of the calling goroutine.
func caller() string {
	var buf [32]byte
	return strings.Fields(string(buf[:goruntime.Stack(buf[:], false)]))[1]
}

// closeLast sorts Close behind the other methods.
func closeLast(a, b string) int {
	if closes := func(s string) bool { return s == "Runtime.Close" }; closes(a) != closes(b) {
		if closes(a) {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}

// quickly fails when f does not return soon.
func quickly(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(soon):
		panic(what + ": waits for itself")
	}
}

// TestSetInsideOfSet: a Set that the clock makes while another one runs takes effect,
// and so does the other.
func TestSetInsideOfSet(t *testing.T) {
	t.Parallel()
	for _, key := range []runtime.Key{"k", "l", "new"} {
		t.Run(string(key), func(t *testing.T) {
			t.Parallel()
			var rt atomic.Pointer[runtime.Runtime]
			var inner atomic.Pointer[error]
			inside, outside := made(t, "value-inside"), made(t, "value-outside")
			o := stores(t)
			o.Providers = o.Providers[:1]
			o.Now = func() time.Time {
				if r := rt.Load(); r != nil && inModule() && inner.CompareAndSwap(nil, new(error)) {
					err := r.Set(context.Background(), key, inside)
					inner.Store(&err)
				}
				return time.Now()
			}
			r := open(t, o)
			rt.Store(r)
			quickly(t, "Set", func() {
				if err := r.Set(t.Context(), "k", outside); err != nil {
					t.Errorf("the outer Set = %v", err)
				}
			})
			if err := inner.Load(); err == nil || *err != nil {
				t.Errorf("the inner Set = %v", err)
			}
			want := map[runtime.Key]string{key: "value-inside"}
			want["k"] = "value-outside" // written last
			for k, v := range want {
				s, err := r.Get(t.Context(), k)
				if got, _ := s.ExposeString(); got != v {
					t.Errorf("%s = %q, %v, want %q", k, got, err, v)
				}
			}
		})
	}
}

// TestCompileProcessMayCallEverything: what starts the process that compiles may call
// every method, also of the provider whose module it compiles.
func TestCompileProcessMayCallEverything(t *testing.T) {
	t.Parallel()
	for verb := range moduleVerbs(t, runtime.Secret{}) {
		for _, instances := range []int{1, 8} {
			t.Run(fmt.Sprintf("%s, %d instances", verb, instances), func(t *testing.T) {
				t.Parallel()
				request := moduleVerbs(t, made(t, "value-of-the-caller"))[verb]
				var rt atomic.Pointer[runtime.Runtime]
				var call atomic.Pointer[func(*runtime.Runtime)]
				var inside atomic.Int64
				o := stores(t)
				o.CompileCache, o.AllowUnpinned, o.Limits.Instances = "", true, instances
				json, err := filepath.Abs(filepath.Join("..", "modules", "json", "json.wasm"))
				if err != nil {
					t.Fatal(err)
				}
				o.Providers = []runtime.ProviderOptions{o.Providers[0], o.Providers[2]}
				o.Providers[0].Module = json
				o.Chain = []runtime.ChainLink{{Name: "m", ContinueWhenUnavailable: true}, {Name: "go"}}
				o.CompileProcess = func(context.Context, []byte, *os.File, bool) error {
					if r, f := rt.Load(), call.Load(); f != nil {
						inside.Add(1)
						(*f)(r)
					}
					return errors.New("not today")
				}
				r, err := runtime.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				rt.Store(r)
				all := methods(t)
				for _, name := range slices.SortedFunc(maps.Keys(all), closeLast) {
					f := all[name]
					call.Store(&f)
					quickly(t, fmt.Sprintf("%s inside %s", name, verb), func() {
						var wg sync.WaitGroup
						for n := range instances {
							wg.Go(func() { request(r, n) })
						}
						wg.Wait()
					})
				}
				within(t, "Close", func() { _ = r.Close() })
				if got := inside.Load(); got < int64(len(all)) {
					t.Errorf("CompileProcess was called %d times for %d methods", got, len(all))
				}
			})
		}
	}
}

// TestCompileProcessReadsTheSameModule: the module that is compiled has the bytes of a
// built-in one, which CompileProcess asks for a value.
func TestCompileProcessReadsTheSameModule(t *testing.T) {
	t.Parallel()
	var rt atomic.Pointer[runtime.Runtime]
	var inner atomic.Pointer[error]
	env, err := filepath.Abs(filepath.Join("..", "modules", "env", "env.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	o := stores(t)
	o.CompileCache, o.AllowUnpinned = "", true
	o.Providers = []runtime.ProviderOptions{
		{Name: "built-in", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}},
		{Name: "foreign", Module: env, Grant: runtime.Grant{Env: []string{"*"}}},
	}
	o.CompileProcess = func(context.Context, []byte, *os.File, bool) error {
		c, err := rt.Load().For(runtime.Caller{Name: "x"}).At("built-in")
		if err == nil {
			_, err = c.Get(context.Background(), "E")
		}
		inner.Store(&err)
		return nil
	}
	r, err := runtime.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rt.Store(r)
	defer r.Close()
	quickly(t, "Get", func() {
		c, err := r.For(runtime.Caller{Name: "x"}).At("foreign")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), "E"); err != nil {
			t.Errorf("Get of the foreign module = %v", err)
		}
	})
	if err := inner.Load(); err == nil || *err != nil {
		t.Errorf("Get inside CompileProcess = %v", err)
	}
}
