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

// hanging is a provider without GetMany that does not answer for keys that begin with "hang".
type hanging struct{ *goStore }

func (h hanging) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	if strings.HasPrefix(string(k), "hang") {
		return waiting{}.Get(ctx, k)
	}
	return h.goStore.Get(ctx, k)
}

// TestAGoProviderThatHangsDoesSoForOneCall: however many keys are asked for, also at Open and
// at Close.
func TestAGoProviderThatHangsDoesSoForOneCall(t *testing.T) {
	t.Parallel()
	values := map[secret.Key]string{"a": "value-of-a"}
	keys := []runtime.Key{"a", "none"}
	for i := range 50 {
		k := secret.Key(fmt.Sprint("hang", i))
		values[k], keys = "value", append(keys, k)
	}
	keys = append(keys, "z")
	synctest.Test(t, func(t *testing.T) {
		o := runtime.Options{Providers: single("own", hanging{newGoStore(t, values)}), Mask: []string{"**"}, Limits: runtime.Limits{Call: time.Second}}
		begun := time.Now()
		rt, err := runtime.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if s := rt.Status(); time.Since(begun) != time.Second || s.Masked != 1 || len(s.Unmasked) != 1 || s.Unmasked[0].Keys != 50 {
			t.Errorf("Open took %s: %d values are masked, not %+v", time.Since(begun), s.Masked, s.Unmasked)
		}
		begun = time.Now()
		for i, res := range rt.GetMany(t.Context(), keys) {
			want := map[int]secret.Code{0: "", 1: secret.ErrNotFound}
			code, answered := want[i]
			if !answered {
				code = secret.ErrTimeout
			}
			if secret.CodeOf(res.Err) != code || code == secret.ErrTimeout && !strings.Contains(res.Err.Error(), "limits.call") {
				t.Errorf("%s: %v, want %q", res.Key, res.Err, code)
			}
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("GetMany took %s, want one call", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		for _, res := range rt.GetMany(ctx, keys[2:]) {
			if secret.CodeOf(res.Err) != secret.ErrTimeout || strings.Contains(res.Err.Error(), "limits.call") {
				t.Errorf("%s with a deadline of the caller: %v, want timeout without limits.call", res.Key, res.Err)
			}
		}
		ended := make(chan error)
		go func() {
			results := rt.GetMany(t.Context(), keys)
			ended <- results[len(results)-1].Err
		}()
		synctest.Wait()
		begun = time.Now()
		if err := rt.Close(); err != nil || time.Since(begun) > time.Second {
			t.Errorf("Close = %v after %s", err, time.Since(begun))
		}
		<-ended
	})
}

// late is a provider without GetMany whose Get runs the function that it has, once.
type late struct {
	*goStore
	during *func()
}

func (l late) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	if f := *l.during; f != nil {
		*l.during = nil
		f()
	}
	return l.goStore.Get(ctx, k)
}

// TestCloseAsksAGoProviderForNoMoreKeys: the results would not be handed out.
func TestCloseAsksAGoProviderForNoMoreKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan error)
		during := new(func())
		store := newGoStore(t, map[secret.Key]string{"k": "value-of-k", "l": "value-of-l"})
		rt, err := runtime.Open(t.Context(), runtime.Options{Providers: single("own", late{store, during})})
		if err != nil {
			t.Fatal(err)
		}
		*during = func() {
			go func() { closed <- rt.Close() }()
			synctest.Wait()
			*during = func() { t.Error("another key is asked for") }
		}
		for _, res := range rt.GetMany(t.Context(), []runtime.Key{"k", "l"}) {
			if secret.CodeOf(res.Err) != secret.ErrClosed {
				t.Errorf("%s: %v, want closed", res.Key, res.Err)
			}
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
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

// heedless answers whatever its context says.
type heedless struct{ *goStore }

func (h heedless) GetMany(_ context.Context, keys []secret.Key) []secret.Result {
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		results[i].Key = k
		results[i].Secret, results[i].Err = h.Get(context.Background(), k)
	}
	return results
}

// TestCallersWhoHaveGivenUpGetNothing: a request whose context has ended fails with that,
// also if the provider would answer, and asks nobody.
func TestCallersWhoHaveGivenUpGetNothing(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(*goStore) secret.Provider{
		"plain": func(s *goStore) secret.Provider { return s }, "many": func(s *goStore) secret.Provider { return heedless{s} },
	} {
		s := newGoStore(t, map[secret.Key]string{"k": "value-of-k", "l": "value-of-l"})
		rt := open(t, runtime.Options{Providers: single("own", wrap(s))})
		for cause, end := range map[error]func() (context.Context, context.CancelFunc){
			context.Canceled:         func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
			context.DeadlineExceeded: func() (context.Context, context.CancelFunc) { return context.WithTimeout(t.Context(), 0) },
		} {
			ctx, cancel := end()
			cancel()
			_, get := rt.Get(ctx, "k")
			_, keys := rt.Keys(ctx, "")
			for verb, err := range map[string]error{
				"get": get, "get many": rt.GetMany(ctx, []secret.Key{"k", "l"})[1].Err, "keys": keys,
				"set": rt.Set(ctx, "k", made(t, "value-two")), "delete": rt.Delete(ctx, "k"),
			} {
				if !errors.Is(err, cause) {
					t.Errorf("%s, %s: %v, want %v", name, verb, err, cause)
				}
			}
		}
		if s.calls != 0 {
			t.Errorf("%s: the provider was asked %d times", name, s.calls)
		}
	}
}
