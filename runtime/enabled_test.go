package runtime_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// asking is a log handler that calls back when it is asked for a level.
type asking struct {
	handler
	enabled func(context.Context)
	once    atomic.Bool
}

func (a *asking) Enabled(ctx context.Context, _ slog.Level) bool {
	if a.enabled != nil && a.once.CompareAndSwap(false, true) {
		a.enabled(ctx)
	}
	return true
}

func (a *asking) WithAttrs([]slog.Attr) slog.Handler { return a }
func (a *asking) WithGroup(string) slog.Handler      { return a }

// TestTM009LogHandlerIsNotAskedWhileAGuestWaits: Enabled of a log handler may use
// the module that logs, although it has one instance, and may close the runtime.
func TestTM009LogHandlerIsNotAskedWhileAGuestWaits(t *testing.T) {
	t.Parallel()
	for _, mode := range []runtime.Mode{runtime.Serial, runtime.Isolated} {
		for name, do := range map[string]func(*runtime.Runtime) error{
			"get":   func(rt *runtime.Runtime) error { _, err := rt.Get(t.Context(), "k"); return err },
			"close": func(rt *runtime.Runtime) error { return rt.Close() },
		} {
			t.Run(string(mode)+" "+name, func(t *testing.T) {
				t.Parallel()
				p := careless(t, "answers")
				p.Mode = mode
				h := &asking{}
				rt := open(t, runtime.Options{
					AllowUnpinned: true, Providers: []runtime.ProviderOptions{p}, Environ: environ("GRANTED=prefix:correct-horse"),
					Logger: slog.New(h), Limits: runtime.Limits{Instances: 1},
				})
				inner := errors.New("not asked")
				h.enabled = func(context.Context) { inner = do(rt) }
				_, err := rt.Get(t.Context(), "k")
				if inner != nil {
					t.Errorf("%s in Enabled = %v", name, inner)
				}
				if name == "get" && (err != nil || !strings.Contains(h.String(), "guest log")) {
					t.Errorf("Get = %v, and the log has %q", err, h.String())
				}
				if name == "close" && secret.CodeOf(err) != secret.ErrClosed {
					t.Errorf("Get = %v, want closed", err)
				}
			})
		}
	}
}
