package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// waiting waits for the end of its context, whatever it is asked.
type waiting struct{ *goStore }

func (waiting) Get(ctx context.Context, _ secret.Key) (secret.Secret, error) {
	<-ctx.Done()
	return secret.Secret{}, ctx.Err()
}
func (w waiting) Set(ctx context.Context, k secret.Key, _ secret.Secret) error {
	return w.Delete(ctx, k)
}
func (waiting) Delete(ctx context.Context, _ secret.Key) error { <-ctx.Done(); return ctx.Err() }
func (waiting) Keys(ctx context.Context, _ string) ([]secret.Key, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// waitingMany is waiting with a GetMany.
type waitingMany struct{ waiting }

func (waitingMany) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	<-ctx.Done()
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		results[i] = secret.Result{Key: k, Err: ctx.Err()}
	}
	return results
}

// TestCallsOfGoProvidersHaveADeadline: each verb ends with timeout.
func TestCallsOfGoProvidersHaveADeadline(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]secret.Provider{"plain": waiting{newGoStore(t, nil)}, "many": waitingMany{waiting{newGoStore(t, nil)}}} {
		for verb, do := range map[string]func(context.Context, *runtime.Runtime) error{
			"get": func(ctx context.Context, rt *runtime.Runtime) error { _, err := rt.Get(ctx, "k"); return err },
			"get many": func(ctx context.Context, rt *runtime.Runtime) error {
				return rt.GetMany(ctx, []secret.Key{"k", "l"})[0].Err
			},
			"set":    func(ctx context.Context, rt *runtime.Runtime) error { return rt.Set(ctx, "k", made(t, "value-of-k")) },
			"delete": func(ctx context.Context, rt *runtime.Runtime) error { return rt.Delete(ctx, "k") },
			"keys":   func(ctx context.Context, rt *runtime.Runtime) error { _, err := rt.Keys(ctx, ""); return err },
			"probe":  func(ctx context.Context, rt *runtime.Runtime) error { return rt.Probe(ctx, "own").Err },
		} {
			t.Run(name+" "+verb, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					rt, err := runtime.Open(t.Context(), runtime.Options{Providers: single("own", p), Limits: runtime.Limits{Call: time.Second}})
					if err != nil {
						t.Fatal(err)
					}
					defer rt.Close()
					begun := time.Now()
					if err := do(t.Context(), rt); !errors.Is(err, secret.ErrTimeout) || time.Since(begun) > 2*time.Second {
						t.Errorf("%v after %s, want timeout after 1s", err, time.Since(begun))
					} else if !strings.Contains(err.Error(), "the call took longer than 1s, limits.call") {
						t.Errorf("%v, want limits.call in it", err)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
					defer cancel()
					if err := do(ctx, rt); !errors.Is(err, secret.ErrTimeout) || strings.Contains(err.Error(), "limits.call") {
						t.Errorf("with a deadline of the caller: %v, want timeout without limits.call", err)
					}
				})
			})
		}
	}
}

// TestListingsOfGoProvidersAreLimited: what exceeds a limit is an error, and is not
// cut.
func TestListingsOfGoProvidersAreLimited(t *testing.T) {
	t.Parallel()
	values := map[secret.Key]string{}
	for i := range 10 {
		values[secret.Key(fmt.Sprint("key", i))] = "value"
	}
	for _, c := range []struct {
		limits runtime.Limits
		fits   bool
	}{
		{runtime.Limits{Keys: 10, Listing: 40}, true},
		{runtime.Limits{Keys: 9}, false},
		{runtime.Limits{Listing: 39}, false},
	} {
		rt := open(t, runtime.Options{Providers: single("own", newGoStore(t, values)), Limits: c.limits})
		keys, err := rt.Keys(t.Context(), "")
		if c.fits && (err != nil || len(keys) != 10) || !c.fits && (!errors.Is(err, secret.ErrTooLarge) || keys != nil) {
			t.Errorf("%+v: Keys = %d keys, %v", c.limits, len(keys), err)
		}
	}
}

// TestSetKeepsTheLimitOfAValue: what a Get could not return is not stored, by a
// provider in Go as by a module, and the old value stays.
func TestSetKeepsTheLimitOfAValue(t *testing.T) {
	t.Parallel()
	const limit = 100
	for name, p := range map[string]runtime.ProviderOptions{
		"go": {Name: "own", Provider: newGoStore(t, nil)}, "module": {Name: "own", Module: "memory"},
	} {
		rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{p}, Limits: runtime.Limits{Value: limit}})
		if err := rt.Set(t.Context(), "k", made(t, strings.Repeat("x", limit))); err != nil {
			t.Errorf("%s: Set of the largest value = %v", name, err)
		}
		err := rt.Set(t.Context(), "k", made(t, strings.Repeat("y", limit+1)))
		var e *secret.Error
		if !errors.As(err, &e) || e.Code != secret.ErrTooLarge || e.Op != secret.OpSet || e.Key != "k" || e.Provider != "own" {
			t.Errorf("%s: Set of a larger value = %v", name, err)
		}
		v, err := rt.Get(t.Context(), "k")
		if err != nil {
			t.Fatalf("%s: Get afterwards = %v", name, err)
		}
		if text, _ := v.ExposeString(); text != strings.Repeat("x", limit) {
			t.Errorf("%s: the old value did not stay", name)
		}
	}
}
