package wasmhost_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// find returns the case with the name.
func find(t testing.TB, name string) hostile.Case {
	t.Helper()
	cases, err := hostile.Cases()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(cases, func(c hostile.Case) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no case %q", name)
	}
	return cases[i]
}

func open(t testing.TB, o wasmhost.Options) *wasmhost.Provider {
	t.Helper()
	p, err := wasmhost.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// In the modes that do not restore instances, only replacing one hides what a call
// has left, so these modes show whether an instance is used again.
func TestTM003NoPoisonedInstanceIsUsedAgain(t *testing.T) {
	t.Parallel()
	cases, err := hostile.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		class, _, _ := strings.Cut(c.Name, "_")
		poisons := slices.Contains([]string{"trap", "exit", "recursion", "pointer", "loop", "tree", "record", "status"}, class)
		if !poisons || c.Fate != "replaced" {
			continue
		}
		for _, mode := range []wasmhost.Mode{wasmhost.Pooled, wasmhost.Serial} {
			t.Run(string(mode)+" "+c.Name, func(t *testing.T) {
				t.Parallel()
				skipDeep(t, c)
				var log bytes.Buffer
				o := options(t, c, &log)
				o.Mode = mode
				if o.Limits.Call == 0 {
					o.Limits.Call = time.Minute // other tests measure how long it takes
				}
				p := open(t, o)
				for range 2 {
					checkCase(t, c, ask(t.Context(), p, c), &log)
					if n := p.Idle(); n != 0 {
						t.Errorf("%d idle instances after a call that poisons its instance", n)
					}
				}
			})
		}
	}
}

// The modules that look for leftovers find them if instances are not restored: the
// rows that say "clean" can fail.
func TestTM015PooledInstancesKeepTheirState(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"stash_memory", "stash_far", "stash_grown", "stash_global", "stash_table", "stash_table_grown"} {
		for _, mode := range []wasmhost.Mode{wasmhost.Pooled, wasmhost.Serial} {
			c := find(t, name)
			o := options(t, c, new(bytes.Buffer))
			o.Mode = mode
			p := open(t, o)
			first, second := ask(t.Context(), p, c), ask(t.Context(), p, c)
			if first.value != "clean" || second.value != "FOUND" {
				t.Errorf("%s %s: %q, then %q", mode, name, first.value, second.value)
			}
		}
	}
}

func TestTM007DeepRecursionManyTimes(t *testing.T) {
	t.Parallel()
	const times = 10 // package promises does it more often
	c := find(t, "recursion_direct")
	skipDeep(t, c)
	var log bytes.Buffer
	p := open(t, options(t, c, &log))
	for range times {
		checkCase(t, c, ask(t.Context(), p, c), &log)
	}
	wantHealthy(t, newHealthy(t))
}

// The engine uses some exit codes for deadlines and cancellations. A guest that
// exits with one of them has crashed, and no caller takes that for the end of its
// own context.
func TestTM023ExitCodesDoNotFeignAContext(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"exit_zero", "exit_three", "exit_max", "exit_deadline"} {
		_, err := open(t, options(t, find(t, name), new(bytes.Buffer))).Get(t.Context(), "k")
		if secret.CodeOf(err) != secret.ErrModuleCrashed || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, the error of a context", name, err)
		}
	}
}

// A provider cannot read the kv of another one, even if both run the same module.
func TestTM025ProvidersShareNothing(t *testing.T) {
	t.Parallel()
	c := find(t, "log_secret")
	a := open(t, options(t, c, new(bytes.Buffer)))
	if got := ask(t.Context(), a, c); got.value != canary {
		t.Fatalf("the module answers %+v", got)
	}
	o := options(t, c, new(bytes.Buffer))
	o.Config = map[string]string{"token": strings.Repeat("x", len(canary))}
	if got := ask(t.Context(), open(t, o), c); got.value != o.Config["token"] {
		t.Errorf("the second provider answers %+v", got)
	}
	if got := ask(t.Context(), a, c); got.value != canary {
		t.Errorf("then the first one answers %+v", got)
	}
}

func TestClosedProviderIsClosed(t *testing.T) {
	t.Parallel()
	p := newHealthy(t)
	wantHealthy(t, p)
	if err := p.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if _, err := p.Get(t.Context(), "HEALTHY"); secret.CodeOf(err) != secret.ErrClosed {
		t.Errorf("Get() after Close() = %v", err)
	}
	if p.Idle() != 0 {
		t.Errorf("%d idle instances after Close", p.Idle())
	}
}
