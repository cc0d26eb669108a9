package runtime_test

import (
	"bytes"
	"context"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/secret"
)

// recordedBy returns a Runtime with a required decision log and a provider that has
// the key k.
func recordedBy(t *testing.T, w writing) *runtime.Runtime {
	t.Helper()
	rt, err := runtime.Open(t.Context(), runtime.Options{
		Providers:   []runtime.ProviderOptions{{Name: "s", Provider: newGoStore(t, map[secret.Key]string{"k": "value-of-k"})}},
		DecisionLog: runtime.DecisionLog{Writer: w, Options: audit.Options{Required: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

// recorded holds a request of each kind that a required log records.
var recorded = map[string]func(context.Context, *runtime.Runtime) error{
	"get": func(ctx context.Context, rt *runtime.Runtime) error { _, err := rt.Get(ctx, "k"); return err },
	"getmany": func(ctx context.Context, rt *runtime.Runtime) error {
		return rt.GetMany(ctx, []runtime.Key{"k", "l"})[0].Err
	},
	"keys": func(ctx context.Context, rt *runtime.Runtime) error { _, err := rt.Keys(ctx, ""); return err },
	"names": func(ctx context.Context, rt *runtime.Runtime) error {
		_, err := rt.For(runtime.Caller{Name: "x"}).Names(ctx, "")
		return err
	},
	"delete": func(ctx context.Context, rt *runtime.Runtime) error { return rt.Delete(ctx, "k") },
}

// TestRequestsWaitForTheDecisionLogAsLongAsTheirContext: a Writer may wait for a
// goroutine that makes a request, and may hang.
func TestRequestsWaitForTheDecisionLogAsLongAsTheirContext(t *testing.T) {
	t.Parallel()
	for verb, call := range recorded {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var rt *runtime.Runtime
				var inner error
				first := true
				rt = recordedBy(t, func(b []byte) (int, error) {
					if !first {
						return len(b), nil
					}
					first = false
					ctx, cancel := context.WithTimeout(context.Background(), time.Second)
					defer cancel()
					done := make(chan error)
					go func() { done <- call(ctx, rt) }()
					inner = <-done
					return len(b), nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				if err := call(ctx, rt); err != nil {
					t.Errorf("the request whose line was written: %v", err)
				}
				if secret.CodeOf(inner) != secret.ErrAuditUnavailable {
					t.Errorf("the request that the writer waited for: %v, want audit_unavailable", inner)
				}
				if err := rt.Close(); err != nil {
					t.Error(err)
				}
			})
		})
		t.Run(verb+" of a writer that hangs", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				rt := recordedBy(t, func(b []byte) (int, error) { <-release; return len(b), nil })
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begun := time.Now()
				if err := call(ctx, rt); secret.CodeOf(err) != secret.ErrAuditUnavailable || time.Since(begun) != time.Minute {
					t.Errorf("%v after %s, want audit_unavailable after 1m", err, time.Since(begun))
				}
				begun = time.Now()
				if _ = rt.Close(); time.Since(begun) > 2*time.Second {
					t.Errorf("Close took %s", time.Since(begun))
				}
			})
		})
	}
}

// TestCloseEndsRequestsThatWaitForTheDecisionLog: even those without a deadline.
func TestCloseEndsRequestsThatWaitForTheDecisionLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		rt := recordedBy(t, func(b []byte) (int, error) { <-release; return len(b), nil })
		ended := make(chan error)
		for _, call := range recorded {
			go func() { ended <- call(context.Background(), rt) }()
		}
		synctest.Wait()
		begun := time.Now()
		closed := make(chan error)
		go func() { closed <- rt.Close() }()
		for range recorded {
			if err := <-ended; err == nil {
				t.Error("a request without a record succeeded")
			}
		}
		<-closed
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("Close took %s", took)
		}
	})
}

// TestAnEndedContextIsNotTheFaultOfTheDecisionLog: the code is that of the context.
func TestAnEndedContextIsNotTheFaultOfTheDecisionLog(t *testing.T) {
	t.Parallel()
	rt := recordedBy(t, func(b []byte) (int, error) { return len(b), nil })
	defer rt.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if _, err := rt.Get(ctx, "k"); secret.CodeOf(err) != secret.ErrCanceled {
			t.Fatalf("Get = %v, want canceled", err)
		}
	}
}

// TestARequestThatEndsAsItIsRecordedHasAnOutcome: what the log calls allowed, or undecided, and
// then was not done because the context had ended before, or ended while the line waited for
// the writer, is followed by that.
func TestARequestThatEndsAsItIsRecordedHasAnOutcome(t *testing.T) {
	t.Parallel()
	calls := maps.Clone(recorded)
	calls["set"] = func(ctx context.Context, rt *runtime.Runtime) error {
		return rt.Set(ctx, "inbox/new", made(t, "new value"))
	}
	for verb, call := range calls {
		for kind, o := range map[string]audit.Options{"lossy": {}, "waiting": {Wait: true}, "required": {Required: true}, "required and slow": {Required: true}} {
			t.Run(verb+" in a log that is "+kind, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancel(t.Context())
				want, release := secret.ErrCanceled, make(chan struct{})
				if kind == "required and slow" {
					want = secret.ErrAuditUnavailable
				} else {
					cancel()
					close(release)
				}
				var out bytes.Buffer
				rt := open(t, runtime.Options{
					Providers:  single("store", newGoStore(t, map[secret.Key]string{"k": "value-of-k"})),
					PolicyFile: lua(t, formsOfSet+` allow { "all", ops = { "get", "keys", "delete" }, keys = "*" }`),
					DecisionLog: runtime.DecisionLog{Options: o, Writer: writing(func(b []byte) (int, error) {
						cancel()
						<-release
						return out.Write(b)
					})},
				})
				err := call(ctx, rt)
				if kind == "required and slow" {
					close(release)
				}
				if closing := rt.Close(); closing != nil {
					t.Error(closing)
				}
				lines := logged(t, out.String())
				if len(lines) == 0 || len(lines)%2 != 0 || secret.CodeOf(err) != want {
					t.Fatalf("%v, want %s, is recorded as\n%s", err, want, &out)
				}
				for i, first := range lines[:len(lines)/2] {
					last := lines[len(lines)/2+i]
					if first.Record == "outcome" || first.Effect == "deny" || last.Record != "outcome" || last.Key != first.Key || last.Result != string(want) && i == 0 || last.Result == "ok" {
						t.Errorf("recorded as\n%s", &out)
					}
				}
			})
		}
	}
}
