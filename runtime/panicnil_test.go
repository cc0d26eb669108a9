package runtime_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// silent panics with nil in every method.
type silent struct{}

func (silent) Get(context.Context, secret.Key) (secret.Secret, error) { panic(nil) }
func (silent) Set(context.Context, secret.Key, secret.Secret) error   { panic(nil) }
func (silent) Delete(context.Context, secret.Key) error               { panic(nil) }
func (silent) Keys(context.Context, string) ([]secret.Key, error)     { panic(nil) }
func (silent) Watch(context.Context) iter.Seq2[secret.Event, error]   { panic(nil) }
func (silent) Decide(policy.Request) policy.Decision                  { panic(nil) }
func (silent) Routes(policy.Request) policy.Routes                    { panic(nil) }
func (silent) Write([]byte) (int, error)                              { panic(nil) }
func (silent) Error() string                                          { panic(nil) }

// TestTM199PanicWithNilIsAPanic: with GODEBUG=panicnil=1 in the environment, recover
// does not show that code of the embedder panicked with nil. Nothing succeeds for that.
func TestTM199PanicWithNilIsAPanic(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	func() {
		defer func() {
			if v := recover(); v != nil {
				t.Fatalf("GODEBUG has no effect here: recovered %v", v)
			}
		}()
		panic(nil)
	}()
	rt := open(t, runtime.Options{Providers: single("bad", silent{})})
	_, get := rt.Get(t.Context(), "k")
	many := rt.GetMany(t.Context(), []runtime.Key{"k", "l"})
	_, keys := rt.Keys(t.Context(), "")
	for name, err := range map[string]error{
		"Get": get, "GetMany": many[1].Err, "Keys": keys, "Set": rt.Set(t.Context(), "k", made(t, "new value")), "Delete": rt.Delete(t.Context(), "k"),
	} {
		if !errors.Is(err, secret.ErrInternal) {
			t.Errorf("%s of a provider that panics = %v, want internal", name, err)
		}
	}

	failing := newGoStore(t, nil)
	failing.setErr = silent{}
	if err := open(t, runtime.Options{Providers: single("failing", failing)}).Set(t.Context(), "k", made(t, "new value")); !errors.Is(err, secret.ErrInternal) {
		t.Errorf("Set with an error that panics = %v, want internal", err)
	}

	store := newGoStore(t, map[secret.Key]string{"k": "value of the store"})
	rt = open(t, runtime.Options{Providers: single("store", store), Policy: silent{}})
	_, get = rt.Get(t.Context(), "k")
	_, keys = rt.Keys(t.Context(), "")
	if !errors.Is(get, secret.ErrPolicyFault) || !errors.Is(keys, secret.ErrPolicyFault) {
		t.Errorf("under a policy that panics Get = %v and Keys = %v, want policy_fault", get, keys)
	}

	rt = open(t, runtime.Options{Providers: single("store", store), DecisionLog: runtime.DecisionLog{Writer: silent{}, Options: audit.Options{Required: true}}})
	if _, err := rt.Get(t.Context(), "k"); !errors.Is(err, secret.ErrAuditUnavailable) {
		t.Errorf("Get with a log that panics = %v, want audit_unavailable", err)
	}

	rt = open(t, runtime.Options{Providers: []runtime.ProviderOptions{env("a", "*")}, Environ: func() []string { panic(nil) }})
	if v, err := rt.Get(t.Context(), "K"); err == nil || errors.Is(err, secret.ErrNotFound) {
		t.Errorf("Get from an environment that panics = %v, %v", v, err)
	}
}
