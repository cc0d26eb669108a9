package runtime_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// TestDecisionsAreCopies writes into all that goes out about a decision, and reads
// as another caller.
func TestDecisionsAreCopies(t *testing.T) {
	t.Parallel()
	const key = "app/k"
	for name, src := range map[string]string{
		"no policy": "",
		"no chain":  `allow { "all", keys = "**" }`,
		"a chain":   `allow { "all", keys = "**" } chain { "c", keys = "**", providers = { "first", "second" } }`,
		"a hook":    `allow { "all", keys = "**" } chain { "c", keys = "**", providers = function(req) return { "first", "second" } end }`,
		"a pin":     `allow { "all", keys = "**" } pin { "p", keys = "**", provider = "first" }`,
	} {
		first, second := newGoStore(t, map[secret.Key]string{key: "value of first"}), newGoStore(t, map[secret.Key]string{key: "value of second"})
		opts := runtime.Options{Providers: []runtime.ProviderOptions{{Name: "first", Provider: first}, {Name: "second", Provider: second}}}
		if src != "" {
			opts.PolicyFile = lua(t, src)
		}
		rt := open(t, opts)
		c := rt.For(runtime.Caller{Name: "one"})
		only, err := c.At("first")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*runtime.Client{c, only} {
			for _, op := range []secret.Op{secret.OpGet, secret.OpSet, secret.OpKeys} {
				overwrite(c.Decide(op, key).Providers)
				overwrite(c.Writers(op, key))
				overwriteAll(c.Explain(op, key))
				if p := rt.Policy(); p != nil {
					overwriteAll(p.Explain(policy.Request{Caller: "one", Op: policy.OpGet, Key: key, Time: time.Now()}))
				}
			}
		}
		v, err := rt.For(runtime.Caller{Name: "other"}).Get(t.Context(), key)
		if err != nil || v.Provider() != "first" {
			t.Errorf("%s: Get by another caller = %q, %v; want it from first", name, v.Provider(), err)
		}
	}
}

func overwrite(names []string) {
	for i := range names {
		names[i] = "second"
	}
	_ = append(names, "second")
}

func overwriteAll(x policy.Explanation) {
	overwrite(x.Decision.Providers)
	overwrite(x.Asked)
}

// A decision that allows and has an error denies.
func TestDecisionsWithAnErrorDeny(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: single("own", newGoStore(t, map[secret.Key]string{"k": "value-of-k"})), Policy: undecided{}})
	if _, err := rt.Get(t.Context(), "k"); secret.CodeOf(err) != secret.ErrPolicyFault {
		t.Errorf("Get = %v", err)
	}
	if keys, err := rt.Keys(t.Context(), ""); len(keys) > 0 {
		t.Errorf("Keys = %v, %v", keys, err)
	}
	if err := rt.Set(t.Context(), "k", made(t, "new")); err == nil {
		t.Error("Set succeeds")
	}
}

type undecided struct{}

func (undecided) Decide(policy.Request) policy.Decision {
	return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"own"}, Err: errors.New("could not decide")}
}

// limiting is a Decider of the embedder that names providers, and no rule.
type limiting []string

func (l limiting) Decide(policy.Request) policy.Decision {
	return policy.Decision{Allow: true, Code: policy.Allowed, Providers: l}
}

// The providers of a decision are a limit, whichever verb asks and whether or not the
// caller names a provider.
func TestProvidersOfADecisionAreALimit(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{
		Providers: append(single("a", newGoStore(t, map[secret.Key]string{"k": "value-of-a"})), single("b", newGoStore(t, map[secret.Key]string{"k": "value-of-b", "l": "value-of-b"}))...),
		Policy:    limiting{"a"},
	})
	other := at(t, rt, "b")
	_, get := other.Get(t.Context(), "k")
	for verb, err := range map[string]error{
		"get": get, "set": other.Set(t.Context(), "k", made(t, "new")), "delete": other.Delete(t.Context(), "k"), "many": other.GetMany(t.Context(), []secret.Key{"k"})[0].Err,
	} {
		if secret.CodeOf(err) != secret.ErrDenied {
			t.Errorf("%s of b = %v, want denied", verb, err)
		}
	}
	if keys, err := other.Keys(t.Context(), ""); len(keys) > 0 {
		t.Errorf("Keys of b = %v, %v", keys, err)
	}
	if keys, err := rt.Keys(t.Context(), ""); err != nil || !slices.Equal(keys, []secret.Key{"k"}) {
		t.Errorf("Keys = %v, %v", keys, err)
	}
	if _, err := at(t, rt, "a").Get(t.Context(), "k"); err != nil {
		t.Error(err)
	}
}

// A listing, and what is heard of a provider as a whole, are limited as a get is, whatever
// chain the policy was made with.
func TestListingsAreLimitedAsGetsAre(t *testing.T) {
	t.Parallel()
	for _, chain := range [][]string{{"a"}, {"b"}, {"a", "b"}, {"b", "a"}, {"a", "b", "c"}} {
		p, err := policy.Parse("p.lua", []byte(`allow { "all", keys = "**", ops = "*" }`), policy.Options{Chain: chain, Providers: []string{"a", "b", "c"}})
		if err != nil {
			t.Fatal(err)
		}
		stores := map[string]*goStore{}
		o := runtime.Options{Policy: p, Chain: []runtime.ChainLink{{Name: "a"}}}
		for _, name := range []string{"a", "b", "c"} {
			stores[name] = newGoStore(t, map[secret.Key]string{"k": "value-of-k"})
			o.Providers = append(o.Providers, single(name, stores[name])...)
		}
		rt := open(t, o)
		for name := range stores {
			_, get := at(t, rt, name).Get(t.Context(), "k")
			keys, err := at(t, rt, name).Keys(t.Context(), "")
			if err != nil || (get == nil) != (len(keys) == 1) {
				t.Errorf("chain %v, At(%q): Get = %v, Keys = %v, %v", chain, name, get, keys, err)
			}
		}
	}
}
