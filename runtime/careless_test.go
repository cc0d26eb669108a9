package runtime_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// handler keeps the log and calls back for each line.
type handler struct {
	on func()

	mu   sync.Mutex
	text strings.Builder
}

func (h *handler) Enabled(context.Context, slog.Level) bool { return true }

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	h.mu.Lock()
	h.text.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool { h.text.WriteString(" " + a.String()); return true })
	h.text.WriteByte('\n')
	h.mu.Unlock()
	if h.on != nil {
		h.on()
	}
	return nil
}

func (h *handler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h *handler) WithGroup(string) slog.Handler      { return h }

func (h *handler) String() string { h.mu.Lock(); defer h.mu.Unlock(); return h.text.String() }

// careless is a module of testdata/careless. It logs its value before it emits it;
// the value is only a part of the variable that it was given.
func careless(t *testing.T, name string) runtime.ProviderOptions {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "careless", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return runtime.ProviderOptions{Name: "m", Module: path, Grant: runtime.Grant{Env: []string{"GRANTED"}}}
}

// TestTM019NoPathShowsAValueInAGuestLog: whatever becomes of a request, the lines
// of a module that saw a value do not show it.
func TestTM019NoPathShowsAValueInAGuestLog(t *testing.T) {
	t.Parallel()
	const value = "correct-horse-battery"
	for name, c := range map[string]struct {
		module string
		closes bool // the handler closes the runtime at the first line of the module
		do     func(*testing.T, *runtime.Runtime)
	}{
		"the handler closes the runtime": {"answers", true, func(t *testing.T, rt *runtime.Runtime) { rt.Get(t.Context(), "k") }},
		"probe": {"answers", false, func(t *testing.T, rt *runtime.Runtime) {
			if p := rt.Probe(t.Context(), "m"); p.Err != nil {
				t.Errorf("Probe = %v", p.Err)
			}
		}},
		"a set while watched": {"answers", false, func(t *testing.T, rt *runtime.Runtime) {
			for range rt.Watch(t.Context()) {
				if err := rt.Set(t.Context(), "k", made(t, "new-value-new-value")); err != nil {
					t.Errorf("Set = %v", err)
				}
				return
			}
		}},
		"an error after the value": {"fails", false, func(t *testing.T, rt *runtime.Runtime) {
			if _, err := rt.Get(t.Context(), "k"); err == nil {
				t.Error("Get succeeded")
			}
		}},
		"a trap after the value": {"traps", false, func(t *testing.T, rt *runtime.Runtime) {
			if _, err := rt.Get(t.Context(), "k"); !errors.Is(err, secret.ErrModuleCrashed) {
				t.Errorf("Get = %v, want module_crashed", err)
			}
		}},
		"closed before the value is registered": {"answers", false, func(t *testing.T, rt *runtime.Runtime) {
			many := rt.For(runtime.Caller{}).GetMany(t.Context(), []runtime.Key{"k", "closing"})
			if v := many[0].Secret; !v.IsZero() {
				t.Error("a value was released after Close")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &handler{}
			var rt *runtime.Runtime
			closing := newGoStore(t, nil)
			closing.asked = func(secret.Op) { closeFromInside(t, rt) }
			rt = open(t, runtime.Options{
				Providers: append(single("closing", closing), careless(t, c.module)), AllowUnpinned: true,
				Environ: environ("GRANTED=prefix:" + value), Logger: slog.New(h),
				PolicyFile: lua(t, `allow { "all", keys = "**", ops = "*" }
chain { "closing", keys = "closing", providers = { "closing" } }
chain { "rest", keys = "**", providers = { "m" } }`),
			})
			if c.closes {
				var once sync.Once
				h.on = func() {
					if strings.Contains(h.String(), "guest log") {
						once.Do(func() { _ = rt.Close() })
					}
				}
			}
			c.do(t, rt)
			if text := h.String(); strings.Contains(text, value) || name != "closed before the value is registered" && !strings.Contains(text, "[REDACTED:") {
				t.Errorf("the log shows\n%s", text)
			}
		})
	}
}

// A log handler may close the runtime whatever it is called for.
func TestCloseFromTheLogOfAWatch(t *testing.T) {
	t.Parallel()
	h := &handler{}
	f := &flaky{goStore: newGoStore(t, nil)}
	f.script = []func(context.Context, func(secret.Event, error) bool){
		func(_ context.Context, yield func(secret.Event, error) bool) {
			yield(secret.Event{}, secret.ErrUnavailable)
		},
	}
	var rt *runtime.Runtime
	closed := make(chan error, 1)
	var once sync.Once
	h.on = func() { once.Do(func() { closed <- rt.Close() }) }
	rt = open(t, runtime.Options{Providers: single("own", f), Logger: slog.New(h)})
	for _, err := range rt.Watch(t.Context()) {
		if err != nil && !errors.Is(err, secret.ErrClosed) {
			t.Errorf("the watch ended with %v, want closed", err)
		}
	}
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
}
