package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// forwarding is a provider written in Go that keeps each value under two keys of
// another provider.
type forwarding struct {
	secret.Provider
	to func() *runtime.Client
}

func (f *forwarding) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	return f.to().Get(ctx, "data/"+k)
}

func (f *forwarding) Set(ctx context.Context, k secret.Key, v secret.Secret) error {
	return errors.Join(f.to().Set(ctx, "data/"+k, v), f.to().Set(ctx, "meta/"+k, v))
}

// formed is a policy under which the app may only create, or only update, and other
// callers as well if both is set.
func formed(form string, both bool) string {
	others := `"*"`
	if !both {
		others = `{ "get", "` + form + `" }`
	}
	return `allow { "app", callers = "app", keys = "**", ops = { "get", "keys", "` + form + `" } }
allow { "wrapper", callers = "wrapper", keys = "**", ops = ` + others + ` }`
}

// jsonStore are options of a module that keeps values in store.json of dir.
func jsonStore(dir, name string) runtime.ProviderOptions {
	return runtime.ProviderOptions{
		Name: name, Module: "json", Config: map[string]string{"path": "store.json"},
		Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: "store.json", Write: true}}},
	}
}

// storeOf makes a folder with a store that has these members.
func storeOf(t *testing.T, members string) (dir string) {
	t.Helper()
	dir = privateFolder(t)
	if err := os.WriteFile(filepath.Join(dir, "store.json"), []byte("{"+members+"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// policyOf writes a policy and returns where it is.
func policyOf(t *testing.T, text string) runtime.PolicyFile {
	t.Helper()
	path := filepath.Join(privateFolder(t), "policy.lua")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return runtime.PolicyFile{Path: path}
}

// TestANestedWriteIsDecidedByItself: a write that a provider makes inside one that was
// decided by whether the key exists begins without what that was decided on: also of a
// store that was read for it, and whose first nested write changes it.
func TestANestedWriteIsDecidedByItself(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"create", "update"} {
		for _, both := range []bool{true, false} {
			for _, where := range []string{"the same Runtime", "another Runtime", "a provider of the route"} {
				t.Run(fmt.Sprintf("%s, %v, %s", form, both, where), func(t *testing.T) {
					t.Parallel()
					members := ""
					if form == "update" {
						members = `"data": {"k": "value-before-it"}, "meta": {"k": "value-before-it"}, "k": "value-before-it"`
					}
					dir, f := storeOf(t, members), &forwarding{}
					o := runtime.Options{Dir: dir, PolicyFile: policyOf(t, formed(form, both)), Chain: []runtime.ChainLink{{Name: "wrap"}}}
					wrap := runtime.ProviderOptions{Name: "wrap", Provider: f}
					inner := o
					inner.Chain, inner.Providers = nil, []runtime.ProviderOptions{jsonStore(dir, "file")}
					o.Providers = []runtime.ProviderOptions{wrap, jsonStore(dir, "file")}
					if where == "a provider of the route" {
						o.Chain = append(o.Chain, runtime.ChainLink{Name: "file"})
					}
					rt := open(t, o)
					other := rt
					if where == "another Runtime" {
						other = open(t, inner)
					}
					f.to = func() *runtime.Client { return must(other.For(runtime.Caller{Name: "wrapper"}).At("file")) }
					if err := must(rt.For(runtime.Caller{}).At("wrap")).Set(t.Context(), "k", made(t, "value-of-nested")); err != nil {
						t.Errorf("Set = %v", err)
					}
					for _, key := range []runtime.Key{"data/k", "meta/k"} {
						v, err := f.to().Get(t.Context(), key)
						if text, _ := v.ExposeString(); err != nil || text != "value-of-nested" {
							t.Errorf("%s = %q, %v", key, text, err)
						}
					}
				})
			}
		}
	}
}

// TestTheConflictOfAGoProviderIsFinal: whether a write is tried again does not depend on
// what the policy allows. Only a module, which has not written anything then, is asked
// again, also if the provider has read one.
func TestTheConflictOfAGoProviderIsFinal(t *testing.T) {
	t.Parallel()
	for _, ops := range []string{`{ "get", "create" }`, `{ "get", "create", "update" }`, `{ "get", "set" }`} {
		for _, chain := range [][]runtime.ChainLink{
			{{Name: "go"}}, {{Name: "go"}, {Name: "file"}}, {{Name: "wrap"}},
		} {
			t.Run(fmt.Sprint(ops, len(chain), chain[0].Name), func(t *testing.T) {
				t.Parallel()
				store, dir := newGoStore(t, nil), storeOf(t, `"other": "value-of-the-other"`)
				store.setErr = secret.ErrConflict
				sets := 0
				store.asked = func(op secret.Op) {
					if op == secret.OpSet {
						sets++
					}
				}
				var rt *runtime.Runtime
				at := func(name string) *runtime.Client { return must(rt.For(runtime.Caller{Name: "wrapper"}).At(name)) }
				rt = open(t, runtime.Options{
					Dir: dir, PolicyFile: policyOf(t, `allow { "all", keys = "**", ops = `+ops+` }`), Chain: chain,
					Providers: []runtime.ProviderOptions{
						{Name: "go", Provider: store}, jsonStore(dir, "file"),
						{Name: "wrap", Provider: &conflicting{goStore: store, to: func() *runtime.Client { return at("file") }}},
					},
				})
				err := rt.Set(t.Context(), "k", made(t, "value-of-a-caller"))
				if !errors.Is(err, secret.ErrConflict) || sets != 1 {
					t.Errorf("Set = %v after %d calls of the provider, want a conflict after 1", err, sets)
				}
			})
		}
	}
}

// conflicting is a provider whose writes are conflicts. It reads another provider
// whenever it is asked.
type conflicting struct {
	*goStore
	to func() *runtime.Client
}

func (c *conflicting) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	_, _ = c.to().Get(ctx, k)
	return c.goStore.Get(ctx, k)
}

func (c *conflicting) Set(ctx context.Context, k secret.Key, v secret.Secret) error {
	_, _ = c.to().Get(ctx, k)
	return c.goStore.Set(ctx, k, v)
}

// looking is a context of an outer request that notes the types of the keys that are
// looked for in it.
type looking struct {
	context.Context
	keys *sync.Map
}

func (l looking) Value(key any) any {
	l.keys.Store(fmt.Sprintf("%T", key), true)
	return l.Context.Value(key)
}

// during is a provider that calls back in each of its operations.
type during struct {
	*goStore
	do func(context.Context)
}

func (d *during) Get(ctx context.Context, k secret.Key) (secret.Secret, error) {
	d.do(ctx)
	return d.goStore.Get(ctx, k)
}

func (d *during) Set(ctx context.Context, k secret.Key, v secret.Secret) error {
	d.do(ctx)
	return d.goStore.Set(ctx, k, v)
}

// TestANestedRequestFindsNoMarkOfTheOuterOne: of what the runtime keeps in the context of
// a request, one that a provider begins inside it, through the same Runtime or another
// one, looks for nothing but the end of it and the writes that it is nested in.
func TestANestedRequestFindsNoMarkOfTheOuterOne(t *testing.T) {
	t.Parallel()
	inherited := []string{
		"*int",            // of package context: the end and the deadline
		"runtime.writing", // a write does not wait for the one that it is nested in
	}
	var keys sync.Map
	d := &during{goStore: newGoStore(t, nil)}
	options := func() runtime.Options {
		return runtime.Options{
			Dir: storeOf(t, `"k": "value-of-the-file"`), PolicyFile: policyOf(t, `allow { "all", keys = "**", ops = { "get", "keys", "delete", "create" } }`),
			Now: time.Now, Environ: environ("E=value-of-environ"),
			Logger: slog.New(&levels{on: func() {}}),
			Providers: []runtime.ProviderOptions{
				{Name: "go", Provider: d}, jsonStore("", "file"),
				{Name: "env", Module: "env", Grant: runtime.Grant{Env: []string{"*"}}},
			},
		}
	}
	rt, other := open(t, options()), open(t, options())
	var depth atomic.Int32
	nested := 0
	d.do = func(ctx context.Context) {
		if depth.Add(1) > 1 {
			depth.Add(-1)
			return
		}
		defer depth.Add(-1)
		ctx = looking{ctx, &keys}
		for _, inner := range []*runtime.Runtime{rt, other} {
			for _, at := range []string{"go", "file", "env"} {
				c := must(inner.For(runtime.Caller{}).At(at))
				_, _ = c.Get(ctx, "E")
				c.GetMany(ctx, []runtime.Key{"k", "E"})
				_, _ = c.Keys(ctx, "")
				_ = c.Set(ctx, runtime.Key(fmt.Sprintf("n%d", nested)), made(t, "value-of-nested"))
				_ = c.Delete(ctx, "k")
				inner.Probe(ctx, at)
				nested++
			}
		}
	}
	_, _ = rt.Get(t.Context(), "outer")
	if err := must(rt.For(runtime.Caller{}).At("go")).Set(t.Context(), "outer", made(t, "value-of-outer")); err != nil {
		t.Fatal(err)
	}
	var found []string
	keys.Range(func(key, _ any) bool { found = append(found, key.(string)); return true })
	if slices.Sort(found); !slices.Equal(found, inherited) || nested == 0 {
		t.Errorf("%d nested requests look for %q in the context of the outer one, want %q", nested, found, inherited)
	}
}
