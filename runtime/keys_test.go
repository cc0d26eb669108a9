package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// listing is one random configuration: stores, chain, policy and caller.
type listing struct {
	rt     *runtime.Runtime
	client *runtime.Client
	stores map[string]*goStore
	at     string // the provider that the client is restricted to, "" for none
	broken string // the name of a store that cannot list, "" for none
	src    string
}

func randomListing(t *testing.T, r *rand.Rand, keys []secret.Key) listing {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	globs := []string{"a", "b", "a/**", "b/**", "a/b/**", "**", "a/x", "b/x", "**/x"}
	names := []string{"p", "q", "s", "z"}
	l := listing{stores: map[string]*goStore{}}
	var o runtime.Options
	for _, name := range names {
		s := newGoStore(t, nil)
		for _, k := range keys {
			if r.IntN(3) == 0 {
				s.put(k, made(t, "value-of-"+name))
			}
		}
		l.stores[name] = s
		o.Providers = append(o.Providers, runtime.ProviderOptions{Name: name, Provider: s})
	}
	if r.IntN(2) == 0 {
		l.broken = pick(names...)
		l.stores[l.broken].keysErr = secret.ErrUnavailable
	}
	for _, name := range names[:1+r.IntN(3)] {
		o.Chain = append(o.Chain, runtime.ChainLink{Name: name})
	}
	var src strings.Builder
	if r.IntN(3) > 0 {
		src.WriteString("allow { \"base\", keys = \"**\" }\n")
	}
	for i := range 1 + r.IntN(7) {
		kind := pick("allow", "allow", "deny", "chain", "chain", "pin")
		fmt.Fprintf(&src, "%s { \"r%d\", keys = %q", kind, i, pick(globs...))
		if kind != "pin" {
			if r.IntN(2) == 0 {
				fmt.Fprintf(&src, ", roles = %q", pick("dev", "ops"))
			}
			if r.IntN(3) > 0 {
				fmt.Fprintf(&src, ", ops = %q", pick("read", "keys", "get", "*"))
			}
		}
		switch kind {
		case "chain":
			fmt.Fprintf(&src, ", providers = { %q, %q }", pick("p", "q"), pick("s", "z"))
		case "pin":
			fmt.Fprintf(&src, ", provider = %q", pick(names...))
		}
		src.WriteString(" }\n")
	}
	l.src, o.PolicyFile = src.String(), lua(t, src.String())
	l.rt = open(t, o)
	l.client = l.rt.For(runtime.Caller{Roles: []string{pick("dev", "ops")}})
	if r.IntN(4) == 0 {
		l.at = pick(names...)
		l.client = must(l.client.At(l.at))
	}
	return l
}

// lists reports whether a key of a provider belongs in a listing, from single
// decisions alone.
func (l listing) lists(key secret.Key, provider string) bool {
	list, get := l.client.Decide(secret.OpKeys, key), l.client.Decide(secret.OpGet, key)
	return l.routed(list, provider) && l.routed(get, provider)
}

// names is lists for a listing of names.
func (l listing) names(key secret.Key, provider string) bool {
	list, get := l.client.Decide(secret.OpKeys, key), l.client.Decide(secret.OpGet, key)
	return l.lists(key, provider) || l.routed(list, provider) && !get.Allow && get.Code != policy.NoChain
}

// routed reports whether the decision asks the provider. One that At named is
// asked when no rule chooses others; then the decision shows the chain.
func (l listing) routed(d policy.Decision, provider string) bool {
	if l.at != "" {
		return d.Allow && provider == l.at
	}
	return d.Allow && slices.Contains(d.Providers, provider)
}

// TestListedKeysCanBeGot puts listings to random policies, chains, pins and
// callers: each listed key can be got; none is missing; and no provider is asked
// that no route of the caller uses. A listing of names also has those that may be
// listed and not got.
func TestListedKeysCanBeGot(t *testing.T) {
	t.Parallel()
	var keys []secret.Key
	for _, a := range []secret.Key{"a", "b", "c", "ab"} {
		keys = append(keys, a)
		for _, b := range []secret.Key{"a", "b", "x", "y"} {
			keys = append(keys, a+"/"+b, a+"/"+b+"/x", a+"/"+b+"/z")
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	rounds := 600
	if testing.Short() {
		rounds = 60
	}
	listed, named, nobody, failed := 0, 0, 0, 0
	for range rounds {
		l := randomListing(t, r, keys)
		prefix := []string{"", "a", "b/", "a/b/"}[r.IntN(4)]
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf(format+"\nbelow %q by %+v at %q, broken %q, under\n%s", append(args, prefix, l.client.Caller(), l.at, l.broken, l.src)...)
		}
		used, gets := map[string]bool{}, map[string]bool{}
		var want, wantNames []secret.Key
		for _, k := range keys {
			if !strings.HasPrefix(string(k), prefix) {
				continue
			}
			has, named := false, false
			for name, s := range l.stores {
				if l.routed(l.client.Decide(secret.OpKeys, k), name) {
					used[name] = true
				}
				if l.routed(l.client.Decide(secret.OpGet, k), name) {
					gets[name] = true
				}
				if _, err := s.peek(k); err == nil {
					has, named = has || l.lists(k, name), named || l.names(k, name)
				}
			}
			if has {
				want = append(want, k)
			}
			if named {
				wantNames = append(wantNames, k)
			}
		}
		namesFail := used[l.broken] // a listing of names asks it
		for name := range used {
			if !gets[name] {
				delete(used, name)
			}
		}
		slices.Sort(want)
		slices.Sort(wantNames)
		got, err := l.client.Keys(t.Context(), prefix)
		for name, s := range l.stores {
			if s.total() > 0 && !used[name] {
				fail("the listing asked %s, which no route uses", name)
			}
		}
		switch {
		case used[l.broken]:
			if failed++; !errors.Is(err, secret.ErrUnavailable) {
				fail("Keys = %v, want the error of the provider that is broken", err)
			}
			continue
		case err != nil:
			fail("Keys = %v", err)
		case len(used) == 0:
			nobody++
		}
		if !slices.Equal(got, want) {
			fail("Keys = %q, want %q", got, want)
		}
		for _, k := range got {
			listed++
			if _, err := l.client.Get(t.Context(), k); err != nil {
				fail("%s is listed, but Get = %v", k, err)
			}
		}
		got, err = l.client.Names(t.Context(), prefix)
		if namesFail {
			if !errors.Is(err, secret.ErrUnavailable) {
				fail("Names = %v, want the error of the provider that is broken", err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, wantNames) {
			fail("Names = %q, %v; want %q", got, err, wantNames)
		}
		named += len(wantNames) - len(want)
	}
	t.Logf("%d listings: %d keys listed, %d more named, %d asked nobody, %d failed with their provider", rounds, listed, named, nobody, failed)
	if listed < rounds || named == 0 || nobody < rounds/10 || failed < rounds/50 {
		t.Error("the random cases do not reach what they are for")
	}
}

// A policy with too many overlapping patterns fails a listing loudly instead of
// asking a provider that no route may use.
func TestUndecidedListingAsksNobody(t *testing.T) {
	t.Parallel()
	src := "allow { \"all\", keys = \"**\" }\n"
	o := runtime.Options{}
	for i := range 8 {
		src += fmt.Sprintf("deny { \"d%d\", keys = \"**/*team%d*/**\" }\nchain { \"c%d\", keys = \"**/*team%d*/x/**\", providers = { \"p%d\" } }\n", i, i, i, i, i)
		o.Providers = append(o.Providers, single(fmt.Sprintf("p%d", i), newGoStore(t, nil))...)
	}
	o.PolicyFile = lua(t, src)
	rt := open(t, o)
	keys, err := rt.Keys(t.Context(), "")
	if !errors.Is(err, secret.ErrPolicyFault) || keys != nil {
		t.Errorf("Keys = %q, %v; want policy_fault", keys, err)
	}
	for _, p := range o.Providers {
		if n := p.Provider.(*goStore).total(); n != 0 {
			t.Errorf("%s was asked %d times", p.Name, n)
		}
	}
}

// stray lists what no provider may list.
type stray struct{ *goStore }

func (stray) Keys(context.Context, string) ([]secret.Key, error) {
	return []secret.Key{"z", "a/b", "", "../etc", "x\ny", "a/b", "a/a"}, nil
}

func TestListingOfAGoProviderIsChecked(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: single("own", stray{newGoStore(t, nil)})})
	if keys, err := rt.Keys(t.Context(), "a/"); err != nil || !slices.Equal(keys, []runtime.Key{"a/a", "a/b"}) {
		t.Errorf("Keys(a/) = %q, %v; want the valid keys with the prefix", keys, err)
	}
}
