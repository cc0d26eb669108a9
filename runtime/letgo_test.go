package runtime_test

import (
	"context"
	"fmt"
	"io"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// masked returns how many values are masked once the collector has run, all graces are
// over and nobody but the Runtime holds any. What the collector frees is let go in other
// goroutines, which a busy machine runs late: while more than want are masked, they get
// more turns.
func masked(rt *runtime.Runtime, c *clock, want int) int {
	for round := 0; round < 3 || round < 100 && rt.Redactor().Len() > want; round++ {
		goruntime.GC()
		for range 100 {
			goruntime.Gosched()
		}
		rt.Redactor().Len() // sees what the collector let go, and begins the graces
		c.add(redact.DefaultGrace + time.Minute)
	}
	return rt.Redactor().Len()
}

// leaving is a store that does not apply here any more, once it is gone.
type leaving struct {
	*goStore
	gone bool
}

func (l *leaving) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	if l.gone {
		return secret.Secret{}, secret.ErrNotConfigured
	}
	return l.goStore.Get(ctx, key)
}

func (l *leaving) Delete(ctx context.Context, key secret.Key) error {
	if l.gone {
		return secret.ErrNotConfigured
	}
	return l.goStore.Delete(ctx, key)
}

// When a provider that does not apply any more is asked to get or delete a key, and when a
// Set that is denied has heard that the key is absent, the value is let go too.
func TestValuesAreLetGoWhoeverHearsOfIt(t *testing.T) {
	const createOnly = `
allow { "r", keys = "**", ops = { "get", "keys", "watch", "delete" } }
allow { "c", keys = "**", ops = "create" }`
	for name, c := range map[string]struct {
		policy string
		gone   bool
		b      string
		ask    func(*runtime.Runtime) error
		code   secret.Code
	}{
		"get of what does not apply":    {"", true, "", func(rt *runtime.Runtime) error { _, err := at(t, rt, "a").Get(t.Context(), "db"); return err }, secret.ErrLoad},
		"delete of what does not apply": {"", true, "", func(rt *runtime.Runtime) error { return at(t, rt, "a").Delete(t.Context(), "db") }, secret.ErrNotConfigured},
		"delete from all":               {"", true, "", func(rt *runtime.Runtime) error { return rt.DeleteAll(t.Context(), "db") }, secret.ErrNotFound},
		"create that is denied": {createOnly, false, "value-in-b-22222", func(rt *runtime.Runtime) error {
			v := made(t, "value-new-333333")
			defer v.Destroy()
			return at(t, rt, "a").Set(t.Context(), "db", v) // a has no such key, but b has it
		}, secret.ErrDenied},
	} {
		clock := newClock()
		a, b := &leaving{goStore: newGoStore(t, map[secret.Key]string{"db": "value-in-a-11111"})}, newGoStore(t, nil)
		o := runtime.Options{Now: clock.Now, Providers: append(single("a", a), single("b", b)...)}
		if c.policy != "" {
			o.PolicyFile = lua(t, c.policy)
		}
		rt := open(t, o)
		if _, err := rt.Get(t.Context(), "db"); err != nil {
			t.Fatal(err)
		}
		if a.gone = c.gone; !a.gone {
			if err := a.goStore.Delete(t.Context(), "db"); err != nil {
				t.Fatal(err)
			}
		}
		if c.b != "" {
			b.put("db", made(t, c.b))
		}
		if err := c.ask(rt); secret.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if n := masked(rt, clock, 0); n != 0 {
			t.Errorf("%s: %d values are masked, want none", name, n)
		}
	}
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
		"set in the other one": {func(rt *runtime.Runtime) error {
			v := made(t, "value-in-b-33333")
			defer v.Destroy()
			return rt.Set(t.Context(), "db", v)
		}, 1},
		"delete in the chain": {func(rt *runtime.Runtime) error { return rt.Delete(t.Context(), "db") }, 0},
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
			if n := masked(rt, clock, c.want); n != c.want {
				t.Errorf("%d values are masked, want %d", n, c.want)
			}
		})
	}
}

// The values of Options.Mask stay masked, however many there are and whatever else is read.
func TestMaskedAtOpenStaysMasked(t *testing.T) {
	for name, c := range map[string]struct{ named, others int }{"many": {18_000, 0}, "many others": {10, 18_000}} {
		clock, values := newClock(), map[secret.Key]string{}
		for i := range c.named {
			values[secret.Key(fmt.Sprintf("prod/%05d", i))] = fmt.Sprintf("production-value-%05d", i)
		}
		for i := range c.others {
			values[secret.Key(fmt.Sprintf("user/%05d", i))] = fmt.Sprintf("value-of-user-%05d", i)
		}
		rt := open(t, runtime.Options{Now: clock.Now, Mask: []string{"prod/**"}, Providers: single("own", newGoStore(t, values))})
		for i := range c.others {
			if _, err := rt.Get(t.Context(), secret.Key(fmt.Sprintf("user/%05d", i))); err != nil {
				t.Fatal(err)
			}
		}
		masked(rt, clock, c.named)
		for i := range c.named {
			if text := fmt.Sprintf("production-value-%05d", i); rt.Redactor().String(text) == text {
				t.Fatalf("%s: %s is not masked any more", name, text)
			}
		}
	}
}

// A Secret that was set under several keys is not shown as the value of one of them to
// those who may not see the others, however many they are.
func TestSetUnderSeveralKeysIsShownToThoseWhoMaySeeAll(t *testing.T) {
	shows := map[string]func(string) bool{
		"allow list": func(k string) bool { return strings.HasPrefix(k, "pub/") },
		"deny list":  func(k string) bool { return !strings.HasPrefix(k, "sec/") },
	}
	for _, public := range []int{1, 2, 100} {
		for _, first := range []bool{true, false} {
			clock := newClock()
			registry := redact.New(redact.Options{Now: clock.Now})
			defer registry.Close()
			rt, err := runtime.Open(t.Context(), runtime.Options{Now: clock.Now, Redactor: registry, Providers: single("own", newGoStore(t, nil))})
			if err != nil {
				t.Fatal(err)
			}
			v := made(t, "one-value-for-many-keys")
			var keys []secret.Key
			for i := range public {
				keys = append(keys, secret.Key(fmt.Sprintf("pub/%03d", i)))
			}
			if first {
				keys = append([]secret.Key{"sec/b"}, keys...)
			} else {
				keys = append(keys, "sec/b")
			}
			for _, k := range keys {
				if err := rt.Set(t.Context(), k, v); err != nil {
					t.Fatal(err)
				}
			}
			if err := rt.Close(); err != nil {
				t.Fatal(err)
			}
			registry.Len()
			clock.add(2 * redact.DefaultGrace)
			registry.Len()
			for name, show := range shows {
				var out strings.Builder
				w := registry.Writer(&out, redact.WriterOptions{Show: show})
				if _, err := io.WriteString(w, "one-value-for-many-keys"); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if out.String() != "[REDACTED:pub/000]" {
					t.Errorf("%s, %d keys, the secret one first %t: shown as %q", name, public+1, first, out.String())
				}
			}
			goruntime.KeepAlive(v)
		}
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
		if n := masked(rt, clock, 1); n != 1 {
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
