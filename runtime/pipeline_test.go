package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// verbs are the ways into the pipeline. Each asks for key, or for all keys, and
// returns what was handed out: a value, the keys, the key of an event.
var verbs = []struct {
	name string
	do   func(ctx context.Context, c *runtime.Client, key runtime.Key) (string, error)
}{
	{"get", func(ctx context.Context, c *runtime.Client, key runtime.Key) (string, error) {
		return exposed(c.Get(ctx, key))
	}},
	{"getmany", func(ctx context.Context, c *runtime.Client, key runtime.Key) (string, error) {
		r := c.GetMany(ctx, []runtime.Key{key, key + "/2"})
		return exposed(r[0].Secret, r[0].Err)
	}},
	{"set", func(ctx context.Context, c *runtime.Client, key runtime.Key) (string, error) {
		v, err := secret.FromString("value-that-is-set")
		if err != nil {
			return "", err
		}
		defer v.Destroy()
		return "", c.Set(ctx, key, v)
	}},
	{"delete", func(ctx context.Context, c *runtime.Client, key runtime.Key) (string, error) {
		return "", c.Delete(ctx, key)
	}},
	{"keys", func(ctx context.Context, c *runtime.Client, key runtime.Key) (string, error) {
		keys, err := c.Keys(ctx, string(key))
		return fmt.Sprint(keys), err
	}},
	{"watch", func(ctx context.Context, c *runtime.Client, key runtime.Key) (string, error) {
		for e, err := range c.Watch(ctx) {
			if err != nil || e.Key != "" {
				return string(e.Key), err
			}
		}
		return "", nil
	}},
}

func exposed(v secret.Secret, err error) (string, error) {
	if err != nil {
		if !v.IsZero() {
			return "", fmt.Errorf("a value came with the error %w", err)
		}
		return "", err
	}
	return v.ExposeString()
}

// eachVerb runs a test for each verb, under a context that ends after a while,
// so that a verb which hangs fails.
func eachVerb(t *testing.T, f func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error))) {
	t.Parallel()
	for _, v := range verbs {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			f(t, v.name, func(c *runtime.Client, key runtime.Key) (string, error) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				return v.do(ctx, c, key)
			})
		})
	}
}

// watched is a store that reports changes of these keys when it is watched.
func watched(t *testing.T, keys ...secret.Key) *goStore {
	s := newGoStore(t, map[secret.Key]string{"k": "value-of-k", "k/2": "value-of-2", "other": "value-of-other"})
	s.events = make(chan secret.Event, len(keys))
	for _, k := range keys {
		s.events <- secret.Event{Kind: secret.EventAdded, Key: k, Version: "7"}
	}
	return s
}

func single(name string, p secret.Provider) []runtime.ProviderOptions {
	return []runtime.ProviderOptions{{Name: name, Provider: p}}
}

// done is what each verb hands out for the key "k" when all goes well.
var done = map[string]string{"get": "value-of-k", "getmany": "value-of-k", "keys": "[k k/2]", "watch": "k"}

func TestEveryVerbIsChecked(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error)) {
		s := watched(t, "not//a-key", "k")
		rt := open(t, runtime.Options{Providers: single("own", s)})
		out, err := do(rt.For(runtime.Caller{}), "not//a-key")
		if verb == "watch" {
			if out != "k" || err != nil {
				t.Errorf("the first event is about %q, %v; want the one whose key is valid", out, err)
			}
			return
		}
		if !errors.Is(err, secret.ErrInvalidKey) || s.total() != 0 {
			t.Errorf("%s of an invalid key = %v after %d calls of the provider, want invalid_key after none", verb, err, s.total())
		}
	})
}

func TestEveryVerbIsAuthorized(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error)) {
		rules := lua(t, `
allow { "web", callers = "web", ops = "*", keys = { "k", "k/**" } }
allow { "rest", callers = "app", ops = "*", keys = "other" }`)
		s := watched(t, "secret/a", "k", "other")
		rt := open(t, runtime.Options{Providers: single("own", s), PolicyFile: rules})
		out, err := do(rt.For(runtime.Caller{Name: "web"}), "k")
		if err != nil || out != done[verb] {
			t.Errorf("allowed %s = %q, %v; want %q", verb, out, err, done[verb])
		}
		s = watched(t, "secret/a", "k", "other")
		rt = open(t, runtime.Options{Providers: single("own", s), PolicyFile: rules})
		before := s.total()
		out, err = do(rt.For(runtime.Caller{Name: "app"}), "k")
		switch verb {
		case "watch":
			if out != "other" || err != nil {
				t.Errorf("the first event is about %q, %v; want the one that the caller may watch", out, err)
			}
		case "keys":
			if out != "[]" || err != nil || s.total() != before {
				t.Errorf("denied keys = %s, %v after %d calls of the provider, want no key, error or call", out, err, s.total()-before)
			}
		default:
			if !errors.Is(err, secret.ErrDenied) || s.total() != before {
				t.Errorf("denied %s = %v after %d calls of the provider, want denied after none", verb, err, s.total()-before)
			}
		}
	})
}

func TestEveryVerbHasAnIntent(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error)) {
		s := watched(t, "k")
		rt := open(t, runtime.Options{
			Providers:   single("own", s),
			DecisionLog: runtime.DecisionLog{Writer: &sink{}, Options: audit.Options{Required: true}},
		})
		out, err := do(rt.For(runtime.Caller{}), "k")
		if !errors.Is(err, secret.ErrAuditUnavailable) || out != "" && out != "[]" || s.total() != 0 {
			t.Errorf("%s without a record = %q, %v after %d calls of the provider, want audit_unavailable after none", verb, out, err, s.total())
		}
	})
}

func TestEveryVerbReachesItsProviders(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error)) {
		s, aside := watched(t), watched(t, "aside", "k")
		rt := open(t, runtime.Options{
			Providers: append(single("own", s), single("aside", aside)...),
			PolicyFile: lua(t, `allow { "all", ops = "*", keys = "**" }
chain { "k", keys = { "k", "k/**" }, ops = "watch", providers = { "aside" } }
chain { "rest", keys = "**", providers = { "own" } }`),
		})
		out, err := do(rt.For(runtime.Caller{}), "k")
		if err != nil || out != done[verb] {
			t.Errorf("%s = %q, %v; want %q", verb, out, err, done[verb])
		}
		if aside.total() != 0 {
			t.Errorf("%s asked a provider that the route does not have", verb)
		}
		left, err := exposed(s.Get(t.Context(), "k"))
		switch {
		case verb == "set" && left != "value-that-is-set", verb == "delete" && err == nil:
			t.Errorf("the store holds %q after %s", left, verb)
		}
	})
}

func TestEveryVerbRegistersValues(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error)) {
		c := newClock()
		s := watched(t)
		var log bytes.Buffer
		o := runtime.Options{Providers: single("own", s), Now: c.Now, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		if verb == "keys" { // a module that logs what it leaves out
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "s.json"), []byte(`{"k": "v", "not a key": "v"}`), 0o600); err != nil {
				t.Fatal(err)
			}
			o.Dir, o.Providers = dir, []runtime.ProviderOptions{{
				Name: "file", Module: "file", Config: map[string]string{"path": "s.json"},
				Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: "s.json"}}},
			}}
		}
		rt := open(t, o)
		client := rt.For(runtime.Caller{})
		if verb != "keys" {
			if _, err := client.Get(t.Context(), "k"); err != nil {
				t.Fatal(err)
			}
		}
		if verb == "watch" {
			s.events = make(chan secret.Event, 1)
			s.events <- secret.Event{Kind: secret.EventRotated, Key: "k", Version: "value-of-k"}
			for e, err := range client.Watch(t.Context()) {
				if e.Key != "" || err != nil {
					if err != nil || e.Version != "[REDACTED:k]" {
						t.Errorf("event = %+v, %v; want its version masked", e, err)
					}
					return
				}
			}
		}
		if out, err := do(client, "k"); err != nil {
			t.Fatalf("%s = %q, %v", verb, out, err)
		}
		switch verb {
		case "get", "getmany":
			wantMasked(t, rt.Redactor(), "value-of-k", "it was handed out")
			if verb == "getmany" {
				wantMasked(t, rt.Redactor(), "value-of-2", "it was handed out")
			}
		case "set":
			// The store holds it, so it stays masked when nobody has a Secret.
			for range 20 {
				goruntime.GC()
				goruntime.Gosched()
				c.add(11 * time.Minute)
				rt.Redactor().Len()
				wantMasked(t, rt.Redactor(), "value-that-is-set", "it is what the store holds")
			}
		case "delete":
			for tries := 0; rt.Redactor().Len() > 0; tries++ {
				if tries == 200 {
					t.Fatalf("%d values are registered although the only key was deleted", rt.Redactor().Len())
				}
				goruntime.GC()
				goruntime.Gosched()
				c.add(10 * time.Minute)
			}
		case "keys":
			if !strings.Contains(log.String(), "names") {
				t.Errorf("the log is %q, want the words of the module", log.String())
			}
		}
	})
}

func TestEveryVerbHasAnOutcome(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error)) {
		var out bytes.Buffer
		rt := open(t, runtime.Options{
			Providers:   single("own", watched(t, "k")),
			DecisionLog: runtime.DecisionLog{Writer: &out, Options: audit.Options{Required: true}},
		})
		if _, err := do(rt.For(runtime.Caller{}), "k"); err != nil {
			t.Fatalf("%s = %v", verb, err)
		}
		op := verb
		if verb == "getmany" {
			op = "get"
		}
		intents, outcomes := 0, 0
		for _, l := range logged(t, out.String()) {
			if l.Op != op || l.Caller != "app" {
				t.Errorf("record %+v is not of a %s by app", l, op)
			}
			switch l.Record {
			case "intent":
				intents++
			case "outcome":
				if outcomes++; l.Result != "ok" || l.Provider != "own" && verb != "keys" {
					t.Errorf("outcome %+v, want ok from own", l)
				}
			}
		}
		if outcomes == 0 || verb != "keys" && intents != outcomes {
			t.Errorf("%d intents and %d outcomes:\n%s", intents, outcomes, &out)
		}
	})
}

func TestEveryVerbIsReleased(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, do func(*runtime.Client, runtime.Key) (string, error)) {
		s := watched(t, "k", "k")
		var rt *runtime.Runtime
		switch verb {
		case "set", "delete": // the change is published
			client := open(t, runtime.Options{Providers: single("own", s)}).For(runtime.Caller{})
			events := 0
			for e, err := range client.Watch(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == secret.EventResync {
					s.events <- secret.Event{Kind: secret.EventAdded, Key: "end"}
					if _, err := do(client, "other"); err != nil {
						t.Fatal(err)
					}
				}
				if e.Key == "other" {
					return
				}
				if events++; events > 10 {
					t.Fatalf("no event of %s", verb)
				}
				s.events <- secret.Event{Kind: secret.EventAdded, Key: "end"}
			}
		default: // what is found while the runtime closes is not handed out
			closing := sync.OnceFunc(func() { closeFromInside(t, rt) })
			o := runtime.Options{Providers: single("own", s)}
			if verb == "watch" {
				o.Policy = allowing(closing)
			} else {
				s.asked = func(secret.Op) { closing() }
			}
			rt = open(t, o)
			if verb != "watch" {
				defer blockedGet(t, rt, s)()
			}
			if out, err := do(rt.For(runtime.Caller{}), "k"); !errors.Is(err, secret.ErrClosed) || out != "" && out != "[]" {
				t.Errorf("%s that ends after Close = %q, %v; want closed", verb, out, err)
			}
		}
	})
}

// allowing is a policy that calls a function and allows everything.
type allowing func()

func (a allowing) Decide(policy.Request) policy.Decision {
	a()
	return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"own"}}
}

// blockedGet keeps a request under way until the returned function is called. Close
// waits for it, so that until then it frees no value that is released by mistake.
func blockedGet(t *testing.T, rt *runtime.Runtime, s *goStore) (end func()) {
	later, reached, goOn, ended := s.asked, make(chan struct{}), make(chan struct{}), make(chan struct{})
	var first sync.Once
	s.asked = func(op secret.Op) {
		blocks := false
		first.Do(func() { blocks = true })
		if blocks {
			close(reached)
			<-goOn
		} else {
			later(op)
		}
	}
	go func() {
		defer close(ended)
		_, _ = rt.Get(t.Context(), "blocked")
	}()
	<-reached
	return func() {
		close(goOn)
		<-ended
	}
}

// closeFromInside closes a runtime from one of its requests: the Close that
// waits for the request continues elsewhere, the other returns once nothing is
// released any more.
func closeFromInside(t *testing.T, rt *runtime.Runtime) {
	closed := make(chan error, 2)
	for range 2 {
		go func() { closed <- rt.Close() }()
	}
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
}
