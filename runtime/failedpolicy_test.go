package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// decider decides as the function says. It does not say what a listing may ask.
type decider func(policy.Request) policy.Decision

func (d decider) Decide(r policy.Request) policy.Decision { return d(r) }

// TestADenialWithoutACodeSaysSo: the error says what the Decider left out.
func TestADenialWithoutACodeSaysSo(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]policy.Decision{
		"policy_error: the Decider denied without a Code":  {},
		"policy_error: the Decider denied without a Code ": {Code: policy.Allowed},
		"policy_error: closed on Sundays":                  {Message: "closed on Sundays"},
	} {
		rt := open(t, runtime.Options{
			Providers: single("own", newGoStore(t, nil)), Policy: decider(func(policy.Request) policy.Decision { return d }),
		})
		if _, err := rt.Get(t.Context(), "k"); !errors.Is(err, secret.ErrPolicyFault) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: Get = %v, want policy_fault with %q", d, err, want)
		}
	}
}

// TestAFailedDecisionIsNotAnEmptyListing: where Get is policy_fault, so are the
// listing and the watch, and Options.Mask says what it could not register. A
// denial stays an omission.
func TestAFailedDecisionIsNotAnEmptyListing(t *testing.T) {
	t.Parallel()
	const raises = `function(req) return req.labels.team.name == "x" end`
	for name, c := range map[string]struct {
		src     string
		decider runtime.Decider
		open    bool // Open with Mask fails as well
	}{
		"an allow rule raises":      {src: `allow { "team", keys = "**", when = ` + raises + ` }`},
		"a deny rule raises":        {src: `allow { "all", keys = "**" } deny { "team", keys = "**", when = ` + raises + ` }`},
		"a rule for get raises":     {src: `allow { "list", keys = "**", ops = { "keys", "watch" } } allow { "team", ops = "get", keys = "**", when = ` + raises + ` }`},
		"a rule for one key raises": {src: `allow { "all", keys = "**" } deny { "team", keys = "db/**", when = ` + raises + ` }`},
		"a hook raises":             {src: `allow { "all", keys = "**" } chain { "c", keys = "**", providers = function(req) return req.labels.team.name end }`},
		"a rule never ends":         {src: `allow { "all", keys = "**" } deny { "loop", keys = "**", when = function(req) while true do end end }`},
		"no policy is loaded": {open: true, decider: routedDecider{
			func(policy.Request) policy.Decision { return policy.Decision{Code: policy.NoPolicy} },
			func() (none policy.Routes) { return none },
		}},
		"a decision without a code": {decider: decider(func(policy.Request) policy.Decision { return policy.Decision{} })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newGoStore(t, map[secret.Key]string{"db/password": "value-of-db", "other": "value-of-other"})
			store.events = make(chan secret.Event, 1)
			o := runtime.Options{Policy: c.decider, Providers: single("own", store)}
			if c.src != "" {
				o.PolicyFile = lua(t, c.src)
			}
			var log bytes.Buffer
			o.DecisionLog.Writer = &log
			rt := open(t, o)
			if _, err := rt.Get(t.Context(), "db/password"); !errors.Is(err, secret.ErrPolicyFault) {
				t.Fatalf("Get = %v, want policy_fault", err)
			}
			wantFault(t, rt, "db/password")
			if name != "a rule for get raises" { // a watch asks for the right to watch
				wantWatchFault(t, rt, store)
			}

			o.Mask = []string{"**"}
			o.DecisionLog.Writer = &bytes.Buffer{} // each log is the only one to use its writer
			masked, err := runtime.Open(t.Context(), o)
			if c.open {
				if err == nil {
					t.Error("Open with Mask succeeded")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer masked.Close()
			if s := masked.Status(); len(s.Unmasked) != 1 || s.Unmasked[0].Code != secret.ErrPolicyFault || s.Unmasked[0].Keys == 0 {
				t.Errorf("Status = %+v, want the keys whose decision failed", s)
			}
		})
	}
}

// A decision that chooses a provider which is not configured fails a listing as it
// fails a Get.
func TestAListingOfAnUnknownProviderFails(t *testing.T) {
	t.Parallel()
	d := decider(func(policy.Request) policy.Decision {
		return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"nobody"}}
	})
	rt := open(t, runtime.Options{Policy: d, Providers: single("own", newGoStore(t, map[secret.Key]string{"k": "value-of-k"}))})
	_, get := rt.Get(t.Context(), "k")
	keys, err := rt.Keys(t.Context(), "")
	if !errors.Is(get, secret.ErrPolicyFault) || !errors.Is(err, secret.ErrPolicyFault) || keys != nil {
		t.Errorf("Get = %v, Keys = %q, %v; want policy_fault", get, keys, err)
	}
}

func wantFault(t *testing.T, rt *runtime.Runtime, key string) {
	t.Helper()
	for _, c := range []*runtime.Client{rt.For(runtime.Caller{}), must(rt.For(runtime.Caller{}).At("own"))} {
		if keys, err := c.Keys(t.Context(), ""); !errors.Is(err, secret.ErrPolicyFault) || keys != nil || strings.Contains(err.Error(), key) {
			t.Errorf("Keys = %q, %v; want policy_fault without the name of a key", keys, err)
		}
	}
}

func wantWatchFault(t *testing.T, rt *runtime.Runtime, store *goStore) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var last error
	for _, err := range rt.Watch(ctx) {
		if last = err; err == nil {
			store.events <- secret.Event{Kind: secret.EventRotated, Key: "db/password"}
		}
	}
	if !errors.Is(last, secret.ErrPolicyFault) || strings.Contains(last.Error(), "password") {
		t.Errorf("the watch ended with %v, want policy_fault without the name of the key", last)
	}
}

// A policy that is too old denies listings and watches as it denies reading, also
// where no provider has a key.
func TestAStalePolicyIsNotAnEmptyListing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.lua")
	write := func(src string) {
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`allow { "a", keys = "**" }`)
	c, store := newClock(), newGoStore(t, nil)
	store.events = make(chan secret.Event, 1)
	rt := open(t, runtime.Options{
		PolicyFile: runtime.PolicyFile{Path: path, MaxStale: time.Second}, Now: c.Now, Providers: single("own", store),
	})
	if keys, err := rt.Keys(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Fatalf("Keys = %q, %v", keys, err)
	}
	write(`allow { broken`)
	if err := rt.ReloadPolicy(); err == nil {
		t.Fatal("the broken policy loads")
	}
	c.add(time.Minute)
	wantFault(t, rt, "none")
	wantWatchFault(t, rt, store)
}

// A caller that the policy cannot be asked about is not one that may list nothing.
func TestAnInvalidCallerIsNotAnEmptyListing(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{PolicyFile: lua(t, `allow { "a", keys = "**", callers = "app" }`), Providers: single("own", newGoStore(t, nil))})
	long := rt.For(runtime.Caller{Name: strings.Repeat("x", 1<<16)})
	_, get := long.Get(t.Context(), "k")
	if keys, err := long.Keys(t.Context(), ""); secret.CodeOf(err) != secret.CodeOf(get) || !errors.Is(err, secret.ErrPolicyFault) {
		t.Errorf("Keys = %q, %v; want what Get says: %v", keys, err, get)
	}
	if keys, err := rt.For(runtime.Caller{Name: "other"}).Keys(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Errorf("Keys of a caller whom no rule names = %q, %v; want nothing", keys, err)
	}
}

// A Decider may return any names: one that no provider has is an error, although the names of
// others before it give the same text.
func TestNamesOfADeciderAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	var names []string
	rt := open(t, runtime.Options{
		Policy: decider(func(policy.Request) policy.Decision {
			return policy.Decision{Allow: true, Code: policy.Allowed, Providers: names}
		}),
		Providers: append(single("a", newGoStore(t, nil)), single("b", newGoStore(t, map[secret.Key]string{"k": "value-of-k"}))...),
	})
	for _, c := range []struct {
		names []string
		code  secret.Code
	}{{[]string{"a", "b"}, ""}, {[]string{"a/b"}, secret.ErrPolicyFault}, {[]string{"b", "a"}, ""}, {[]string{"b/a"}, secret.ErrPolicyFault}} {
		names = c.names
		if _, err := rt.Get(t.Context(), "k"); secret.CodeOf(err) != c.code {
			t.Errorf("Get from %q: %v, want %q", c.names, err, c.code)
		}
	}
}
