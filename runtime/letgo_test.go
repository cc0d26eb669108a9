package runtime_test

import (
	"fmt"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// masked returns how many values are masked once the collector has run, all graces are
// over and nobody but the Runtime holds any.
func masked(rt *runtime.Runtime, c *clock) int {
	for range 3 {
		goruntime.GC()
		rt.Redactor().Len() // sees what the collector let go, and begins the graces
		c.add(redact.DefaultGrace + time.Minute)
	}
	return rt.Redactor().Len()
}

// When a provider says that it has no such key, the value that it had is let go: also if
// another provider has the key now, and also if the answer was to a Delete.
func TestAbsentValuesAreLetGo(t *testing.T) {
	for name, c := range map[string]struct {
		ask  func(*runtime.Runtime) error
		want int
	}{
		"get, and another provider has the key": {func(rt *runtime.Runtime) error { _, err := rt.Get(t.Context(), "db"); return err }, 1},
		"many, and another provider has the key": {func(rt *runtime.Runtime) error {
			return rt.GetMany(t.Context(), []secret.Key{"db", "other"})[0].Err
		}, 1},
		"delete": {func(rt *runtime.Runtime) error {
			if err := at(t, rt, "a").Delete(t.Context(), "db"); secret.CodeOf(err) != secret.ErrNotFound {
				return fmt.Errorf("delete = %v, want not_found", err)
			}
			return nil
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			a, b := newGoStore(t, map[secret.Key]string{"db": "value-in-a-11111"}), newGoStore(t, nil)
			rt := open(t, runtime.Options{Now: clock.Now, Providers: append(single("a", a), single("b", b)...)})
			if _, err := rt.Get(t.Context(), "db"); err != nil {
				t.Fatal(err)
			}
			if err := a.Delete(t.Context(), "db"); err != nil {
				t.Fatal(err)
			}
			b.put("db", made(t, "value-in-b-22222"))
			if err := c.ask(rt); err != nil {
				t.Fatal(err)
			}
			if n := masked(rt, clock); n != c.want {
				t.Errorf("%d values are masked, want %d", n, c.want)
			}
		})
	}
}

// A mask shows no more of a value than the policy allows for any of its keys that
// somebody holds.
func TestMaskShowsTheLeastOfAllKeys(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, map[secret.Key]string{"a/pw": "correct-horse-live", "b/pw": "correct-horse-live", "c/pw": "correct-horse-live"})
	rt := open(t, runtime.Options{Providers: single("a", s), PolicyFile: lua(t, `
allow { "all", keys = "**" }
redact { "a", keys = "a/**", mode = "last", keep = 4 }
redact { "b", keys = "b/**", mode = "full" }
redact { "c", keys = "c/**", mode = "last", keep = 2 }
`)})
	var kept []secret.Secret
	for _, step := range []struct{ key, want string }{
		{"a/pw", "[REDACTED:a/pw:live]"}, {"c/pw", "[REDACTED:a/pw:ve]"}, {"b/pw", "[REDACTED:a/pw]"},
	} {
		v, err := rt.Get(t.Context(), secret.Key(step.key))
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, v)
		if got := rt.Redactor().String("correct-horse-live"); got != step.want {
			t.Errorf("after %s: %q, want %q", step.key, got, step.want)
		}
	}
	goruntime.KeepAlive(kept)
}

// A listing asks no provider from which the caller could get nothing.
func TestKeysAsksOnlyWhereTheCallerMayGet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy string
		asked  [2]int
	}{
		"may list and get nothing": {`allow { "list", keys = "**", ops = "keys" }`, [2]int{0, 0}},
		"may get from the first": {`
allow { "r", keys = "**", ops = "read" }
chain { "g", keys = "**", ops = "get", providers = { "a" } }
chain { "rest", keys = "**", providers = { "a", "b" } }`, [2]int{1, 0}},
		"may list none": {`allow { "g", keys = "**", ops = "get" }`, [2]int{0, 0}},
		"may all":       {`allow { "r", keys = "**", ops = "read" }`, [2]int{1, 1}},
	} {
		a, b := newGoStore(t, map[secret.Key]string{"a/pw": "correct-horse-live"}), newGoStore(t, map[secret.Key]string{"a/pw": "correct-horse-live"})
		rt := open(t, runtime.Options{Providers: append(single("a", a), single("b", b)...), PolicyFile: lua(t, c.policy)})
		if _, err := rt.Keys(t.Context(), ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if asked := [2]int{a.total(), b.total()}; asked != c.asked {
			t.Errorf("%s: the providers were asked %d times, want %d", name, asked, c.asked)
		}
	}
}

// A Secret that is set under many keys, one after the other, takes no memory for each.
func TestSecretDoesNotGrowWithItsKeys(t *testing.T) {
	clock := newClock()
	rt := open(t, runtime.Options{Now: clock.Now, Providers: single("own", newGoStore(t, nil))})
	v := made(t, "one-value-for-many-keys")
	round := func(n int) (bytes uint64) {
		for i := range 4000 {
			k := secret.Key(fmt.Sprintf("session/%d-%d", n, i))
			if err := rt.Set(t.Context(), k, v); err != nil {
				t.Fatal(err)
			}
			if err := rt.Delete(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		if n := masked(rt, clock); n != 1 {
			t.Errorf("%d values are masked, want 1", n)
		}
		var m goruntime.MemStats
		goruntime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	round(0)
	before := round(1)
	for n := range 3 {
		round(2 + n)
	}
	if after := round(5); after > before+4<<20 { // the Runtime remembers some thousand keys
		t.Errorf("the heap grew from %d to %d KiB with 16,000 keys", before>>10, after>>10)
	}
	goruntime.KeepAlive(v)
}
