package runtime_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// scramble changes everything that can be reached through slices and maps.
func scramble(lists [][]string, tables ...map[string]string) {
	for _, l := range lists {
		for i := range l {
			l[i] = "changed"
		}
	}
	for _, m := range tables {
		for k := range m {
			m[k] = "changed"
		}
		m["added"] = "x"
	}
}

// meddling is a Decider that changes what it is given.
type meddling struct{ reads []string }

func (m meddling) Decide(r policy.Request) policy.Decision {
	roles, labels := slices.Clone(r.Roles), maps.Clone(r.Labels)
	scramble([][]string{r.Roles}, r.Labels)
	allow := slices.Equal(roles, []string{"reader"}) && labels["team"] == "blue" && len(labels) == 1
	return policy.Decision{Allow: allow, Code: policy.Allowed, Providers: m.reads}
}

// grabbing is a provider that changes the keys that it is given.
type grabbing struct{ *goStore }

func (g grabbing) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := make([]secret.Result, len(keys))
	for i, k := range keys {
		v, err := g.Get(ctx, k)
		results[i] = secret.Result{Key: k, Secret: v, Err: err}
		keys[i] = "changed"
	}
	return results
}

// TestNothingIsSharedWithTheEmbedder: what came in is changed after Open, what came
// out at once, both while requests are under way; nothing of it has an effect. The
// race detector sees the rest.
func TestNothingIsSharedWithTheEmbedder(t *testing.T) {
	t.Parallel()
	roles, labels := []string{"reader"}, map[string]string{"team": "blue"}
	config, grant := map[string]string{"prefix": "APP_"}, []string{"APP_*"}
	logLabels, hashKey := []string{"team"}, []byte("key-of-the-log")
	caller := runtime.Caller{Name: "web", Roles: roles, Labels: labels}
	down := newGoStore(t, nil)
	down.getErr = secret.ErrUnavailable
	o := runtime.Options{
		Providers: []runtime.ProviderOptions{
			{Name: "down", Provider: down},
			{Name: "go", Provider: grabbing{newGoStore(t, map[secret.Key]string{"k": "value-of-k", "l": "value-of-l"})}},
			{Name: "env", Module: "env", Config: config, Grant: runtime.Grant{Env: grant}},
		},
		Chain:  []runtime.ChainLink{{Name: "down", ContinueWhenUnavailable: true}, {Name: "go"}, {Name: "env"}},
		Policy: meddling{[]string{"down", "go", "env"}}, Caller: caller, Environ: environ("APP_E=value-of-e", "OTHER=x"),
		Mask: []string{"none"},
	}
	o.DecisionLog.Writer, o.DecisionLog.Labels, o.DecisionLog.HashKey = writing(func(b []byte) (int, error) { return len(b), nil }), logLabels, hashKey
	rt := open(t, o)
	c := rt.For(caller)

	var wg sync.WaitGroup
	stop := make(chan struct{})
	for n := range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if n == 0 {
					scramble([][]string{roles, grant, logLabels, o.Mask}, labels, config)
					o.Chain[0].Name, o.Providers[1].Name, hashKey[0] = "changed", "changed", 0
				}
				who := c.Caller()
				scramble([][]string{who.Roles}, who.Labels)
				d, x := c.Decide(secret.OpGet, "k"), c.Explain(secret.OpGet, "k")
				_ = append(d.Providers, "appended")
				scramble([][]string{x.Decision.Providers, x.Asked, x.Log, c.Writers(secret.OpSet, "k")})
				for _, p := range rt.Providers() {
					scramble([][]string{p.Wants})
					clear(p.Verbs)
				}
			}
		})
	}
	for range 200 {
		v, err := c.Get(t.Context(), "k")
		if err != nil {
			t.Fatalf("Get = %v", err)
		}
		if got := fmt.Sprint(v.Provider(), v.Degraded()); got != "go[down]" {
			t.Fatalf("Get is from %s", got)
		}
		scramble([][]string{v.Degraded(), v.Meta().Degraded})
		if _, err := c.Get(t.Context(), "E"); err != nil {
			t.Fatalf("Get of a variable = %v", err)
		}
		if _, err := c.Get(t.Context(), "OTHER"); err == nil {
			t.Fatal("the prefix of the module was changed")
		}
		for i, r := range c.GetMany(t.Context(), []runtime.Key{"k", "l"}) {
			if r.Err != nil || r.Key != []runtime.Key{"k", "l"}[i] {
				t.Fatalf("GetMany = %v, %v", r.Key, r.Err)
			}
		}
	}
	close(stop)
	wg.Wait()
}

// TestMetaIsCopied: each holder of a value has its own copy of the description.
func TestMetaIsCopied(t *testing.T) {
	t.Parallel()
	skipped := []string{"a"}
	v := made(t, "value").WithMeta(secret.Meta{Degraded: skipped})
	skipped[0] = "changed"
	v.Degraded()[0] = "changed"
	v.Meta().Degraded[0] = "changed"
	if got := v.Degraded(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("Degraded = %q", got)
	}
}
