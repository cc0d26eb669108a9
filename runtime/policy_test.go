package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// lua writes a policy and returns the options that name it.
func lua(t *testing.T, src string) runtime.PolicyFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.lua")
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return runtime.PolicyFile{Path: path}
}

func spied(s *spy) []runtime.ProviderOptions {
	return []runtime.ProviderOptions{{Name: "spy", Provider: s}}
}

func TestPolicyFileDecides(t *testing.T) {
	t.Parallel()
	s := &spy{}
	rt := open(t, runtime.Options{Providers: spied(s), PolicyFile: lua(t, `allow { "web", callers = "web", keys = "web/**" }`)})
	web := rt.For(runtime.Caller{Name: "web"})
	if _, err := web.Get(t.Context(), "web/a"); err != nil || s.total() != 1 {
		t.Errorf("Get(web/a) = %v after %d calls", err, s.total())
	}
	if _, err := rt.Get(t.Context(), "web/a"); !errors.Is(err, secret.ErrDenied) || s.total() != 1 {
		t.Errorf("Get(web/a) by app = %v, %d calls; want denied and no further call", err, s.total())
	}
	x := rt.For(runtime.Caller{Name: "db"}).Explain(secret.OpGet, "web/a")
	if x.Decision.Allow || len(x.Misses) != 1 || x.Misses[0].Rule != "web" || !slices.Equal(x.Asked, []string{"spy"}) {
		t.Errorf("Explain = %+v, want the rule that came close", x)
	}
	if p := rt.Policy(); p == nil || p.Rules() != 1 {
		t.Errorf("Policy() = %v", p)
	}
}

func TestPresetDecides(t *testing.T) {
	t.Parallel()
	s := &spy{}
	rt := open(t, runtime.Options{Providers: spied(s), PolicyFile: runtime.PolicyFile{Preset: "deny-all"}})
	if _, err := rt.Get(t.Context(), "a"); !errors.Is(err, secret.ErrDenied) || s.total() != 0 {
		t.Errorf("Get under deny-all = %v after %d calls", err, s.total())
	}
}

// Nothing is served when the policy that was named cannot decide.
func TestP3PolicyThatDoesNotLoad(t *testing.T) {
	t.Parallel()
	group := lua(t, `allow { "all", keys = "**" }`)
	if err := os.Chmod(group.Path, 0o666); err != nil {
		t.Fatal(err)
	}
	parsed, err := policy.Parse("p.lua", []byte(`allow { "all", keys = "**" }`), policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]runtime.Options{
		"absent":             {PolicyFile: runtime.PolicyFile{Path: filepath.Join(t.TempDir(), "none.lua")}},
		"folder":             {PolicyFile: runtime.PolicyFile{Path: t.TempDir()}},
		"open to others":     {PolicyFile: group},
		"empty":              {PolicyFile: lua(t, "")},
		"no rules":           {PolicyFile: lua(t, "-- allow { \"all\", keys = \"**\" }\n")},
		"syntax":             {PolicyFile: lua(t, "allow {")},
		"unknown field":      {PolicyFile: lua(t, `allow { "a", key = "x" }`)},
		"unknown op":         {PolicyFile: lua(t, `allow { "a", keys = "x", ops = "put" }`)},
		"unknown provider":   {PolicyFile: lua(t, `chain { "a", keys = "**", providers = { "other" } } allow { "all", keys = "**" }`)},
		"unknown lib":        {PolicyFile: lua(t, `local x = require "acme/x" allow { "all", keys = "**" }`)},
		"absent lib":         {PolicyFile: runtime.PolicyFile{Path: lua(t, `allow { "all", keys = "**" }`).Path, Libs: map[string]string{"acme/x": "none.lua"}}},
		"never ends":         {PolicyFile: lua(t, `allow { "all", keys = "**" } while true do end`)},
		"memory":             {PolicyFile: lua(t, `allow { "all", keys = "**" } local s = "x" while true do s = s .. s end`)},
		"error":              {PolicyFile: lua(t, `allow { "all", keys = "**" } error("no")`)},
		"too large":          {PolicyFile: lua(t, `allow { "all", keys = "**" } --`+strings.Repeat("x", 300<<10))},
		"unknown preset":     {PolicyFile: runtime.PolicyFile{Preset: "opne"}},
		"preset and file":    {PolicyFile: runtime.PolicyFile{Preset: "open", Path: "policy.lua"}},
		"policy and file":    {Policy: parsed, PolicyFile: runtime.PolicyFile{Preset: "open"}},
		"required, no place": {DecisionLog: runtime.DecisionLog{Options: audit.Options{Required: true}}},
		"log is a folder":    {DecisionLog: runtime.DecisionLog{Path: t.TempDir()}},
		"log has no folder":  {DecisionLog: runtime.DecisionLog{Path: filepath.Join(t.TempDir(), "none", "log")}},
	} {
		o.Providers = spied(&spy{})
		rt, err := runtime.Open(t.Context(), o)
		if !errors.Is(err, secret.ErrLoad) || rt != nil {
			t.Errorf("%s: Open() = %v, %v, want load_failed", name, rt, err)
		}
	}
}

// Faults of a policy while it decides deny, and no provider is asked.
func TestP3PolicyThatFailsWhileItDecides(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{
		"error in allow":     `allow { "a", keys = "**", when = function(req) return req.labels.x.y end }`,
		"no boolean":         `allow { "a", keys = "**", when = function(req) return 1 end }`,
		"nil":                `allow { "a", keys = "**", when = function(req) return req.labels.none end }`,
		"error in deny":      `allow { "a", keys = "**" } deny { "d", keys = "**", when = function(req) return req.labels.x.y end }`,
		"instructions":       `allow { "a", keys = "**", when = function(req) for i = 1, 1e9 do end return true end }`,
		"memory":             `allow { "a", keys = "**", when = function(req) local s = "xxxxxxxx" for i = 1, 60 do s = s .. s end return true end }`,
		"recursion":          `local function f(n) return 1 + f(n) end allow { "a", keys = "**", when = function(req) return f(1) == 1 end }`,
		"hook fails":         `allow { "a", keys = "**" } chain { "c", keys = "**", providers = function(req) return req.labels.x.y end }`,
		"hook extends":       `allow { "a", keys = "**" } chain { "c", keys = "**", providers = function(req) return { "nobody" } end }`,
		"hook returns text":  `allow { "a", keys = "**" } chain { "c", keys = "**", providers = function(req) return "spy" end }`,
		"hook returns none":  `allow { "a", keys = "**" } chain { "c", keys = "**", providers = function(req) return {} end }`,
		"no chain":           `allow { "a", keys = "**" } chain { "c", keys = "other/**", providers = { "spy" } }`,
		"default deny":       `allow { "a", keys = "other/**" }`,
		"deny beats allow":   `allow { "a", keys = "**" } deny { "d", keys = "**" }`,
		"window not open":    `allow { "a", keys = "**", hours = "01:00-02:00", tz = "UTC" }`,
		"caller is too long": `allow { "a", keys = "**" }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &spy{}
			rt := open(t, runtime.Options{Providers: spied(s), PolicyFile: lua(t, rule), Now: func() time.Time {
				return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
			}})
			caller := runtime.Caller{Name: "web"}
			if name == "caller is too long" {
				caller.Name = strings.Repeat("x", 1<<20)
			}
			if n := released(t, rt.For(caller), "k"); n != 0 || s.total() != 0 {
				t.Errorf("%d values released after %d calls, want none", n, s.total())
			}
		})
	}
}

// released counts the ways in which b gives out the value of key.
func released(t *testing.T, b *runtime.Client, key runtime.Key) (n int) {
	t.Helper()
	if v, err := b.Get(t.Context(), key); err == nil || !v.IsZero() {
		n++
	} else if !errors.Is(err, secret.ErrDenied) && !errors.Is(err, secret.ErrAuditUnavailable) {
		t.Errorf("Get(%q) = %v, want a denial", key, err)
	}
	if r := b.GetMany(t.Context(), []runtime.Key{key}); r[0].Err == nil || !r[0].Secret.IsZero() {
		n++
	}
	return n
}

// A reload that fails leaves the last good version; a reload that revokes is
// felt by the next request.
func TestReloadRevokes(t *testing.T) {
	t.Parallel()
	s := &spy{}
	file := lua(t, `allow { "all", keys = "**" }`)
	rt := open(t, runtime.Options{Providers: spied(s), PolicyFile: file})
	write := func(src string) error {
		if err := os.WriteFile(file.Path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		return rt.ReloadPolicy()
	}
	if released(t, rt.For(runtime.Caller{}), "k") != 2 {
		t.Error("the policy that allows does not")
	}
	if err := write("allow {"); !errors.Is(err, secret.ErrLoad) {
		t.Errorf("ReloadPolicy of a broken file = %v, want load_failed", err)
	}
	if released(t, rt.For(runtime.Caller{}), "k") != 2 {
		t.Error("the last good policy does not decide")
	}
	if err := write(`allow { "other", keys = "other" }`); err != nil {
		t.Fatal(err)
	}
	if n := released(t, rt.For(runtime.Caller{}), "k"); n != 0 {
		t.Errorf("%d values released after their permission was revoked", n)
	}
	if err := write(""); !errors.Is(err, secret.ErrLoad) {
		t.Errorf("ReloadPolicy of an empty file = %v, want load_failed", err)
	}
	if n := released(t, rt.For(runtime.Caller{}), "k"); n != 0 {
		t.Errorf("%d values released after a file that is empty", n)
	}
}

// A policy that could not be loaded for too long denies.
func TestP3StalePolicy(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	file := lua(t, `allow { "all", keys = "**" }`)
	file.MaxStale = time.Hour
	rt := open(t, runtime.Options{Providers: spied(&spy{}), PolicyFile: file, Now: func() time.Time { return now }})
	if err := os.Remove(file.Path); err != nil {
		t.Fatal(err)
	}
	_ = rt.ReloadPolicy()
	if released(t, rt.For(runtime.Caller{}), "k") != 2 {
		t.Error("the last good policy does not decide")
	}
	now = now.Add(time.Hour + 1)
	if n := released(t, rt.For(runtime.Caller{}), "k"); n != 0 {
		t.Errorf("%d values released by a stale policy", n)
	}
}

// TestP1NoReleaseWithoutAllow puts random requests to random policies, and
// compares what the runtime does with an oracle that knows the rules only as
// data: no value comes without its allow, and none is withheld.
func TestP1NoReleaseWithoutAllow(t *testing.T) {
	t.Parallel()
	const policies, requests = 50, 400
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	roles, spaces, ops := []string{"a", "b", "c"}, []string{"x", "y", "z"}, []string{"get", "set", "delete", "keys"}
	asked := 0
	for range policies {
		var rules []oracleRule
		var src strings.Builder
		for i := range 1 + r.IntN(6) {
			rule := oracleRule{kind: pick([]string{"allow", "allow", "deny"}), role: pick(roles), space: pick(spaces), op: pick(ops)}
			rules = append(rules, rule)
			fmt.Fprintf(&src, "%s { \"r%d\", roles = %q, keys = %q, ops = %q }\n", rule.kind, i, rule.role, rule.space+"/**", rule.op)
		}
		s := &spy{}
		rt := open(t, runtime.Options{Providers: spied(s), PolicyFile: lua(t, src.String())})
		for range requests {
			role, space, op := pick(roles), pick(spaces), pick(ops[:3])
			key := runtime.Key(space + "/k")
			before := s.total()
			err := ask(t.Context(), rt.For(runtime.Caller{Roles: []string{role}}), op, key)
			allowed := oracle(rules, role, space, op)
			if asked++; allowed != (err == nil) || allowed != (s.total() > before) {
				t.Fatalf("%s %s by %q under\n%s= %v after %d calls, want allowed = %v", op, key, role, &src, err, s.total()-before, allowed)
			}
		}
	}
	t.Logf("%d requests, no disagreement", asked)
}

type oracleRule struct{ kind, role, space, op string }

func oracle(rules []oracleRule, role, space, op string) bool {
	allowed := false
	for _, r := range rules {
		if r.role != role || r.space != space || r.op != op {
			continue
		}
		if r.kind == "deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

func ask(ctx context.Context, b *runtime.Client, op string, key runtime.Key) error {
	switch op {
	case "set":
		v, err := secret.FromString("value-of-the-test")
		if err != nil {
			return err
		}
		return b.Set(ctx, key, v)
	case "delete":
		return b.Delete(ctx, key)
	}
	_, err := b.Get(ctx, key)
	return err
}

// A watch asks the policy when an event is delivered: what was revoked since,
// by a reload or by a window that closed, is not delivered.
func TestWatchIsDecidedAtDelivery(t *testing.T) {
	t.Parallel()
	clock := newClock() // noon
	file := lua(t, `
allow { "hours", keys = "day/**", hours = "08:00-18:00", tz = "UTC" }
allow { "rest",  keys = { "open/**", "closed/**" } }
deny  { "names", keys = "closed/**", ops = "watch" }
`)
	rt := open(t, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "mem", Module: "memory"}}, PolicyFile: file, Now: clock.Now,
	})
	set := func(key runtime.Key) {
		t.Helper()
		if err := rt.Set(t.Context(), key, made(t, "v-"+clock.Now().String())); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	step := 0
	for e, err := range rt.Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, string(e.Kind)+" "+string(e.Key))
		switch step++; step {
		case 1: // the resync
			set("closed/a") // the watcher may not see it
			set("day/a")
		case 2: // day/a; the window closes between the change and its delivery
			set("day/b")
			clock.add(8 * time.Hour)
			set("open/a")
		case 3: // open/a; the rule goes away between the change and its delivery
			set("open/b")
			if err := os.WriteFile(file.Path, []byte(`allow { "one", keys = { "last" } }`), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := rt.ReloadPolicy(); err != nil {
				t.Fatal(err)
			}
			set("last")
		}
		if step == 4 {
			break
		}
	}
	want := []string{"resync ", "added day/a", "added open/a", "added last"}
	if !slices.Equal(seen, want) {
		t.Errorf("events %q, want %q", seen, want)
	}
}

// Without chain rules the configuration's chain is the default, not a limit;
// with them it is the policy that says who may be asked.
func TestPolicyAndNamedProvider(t *testing.T) {
	t.Parallel()
	for rules, want := range map[string]error{
		`allow { "all", keys = "**" }`: nil,
		`allow { "all", keys = "**" } chain { "c", keys = "**", providers = { "spy" } }`:                                   secret.ErrDenied,
		`allow { "all", keys = "**" } pin { "p", keys = "**", provider = "spy" }`:                                          secret.ErrDenied,
		`allow { "all", keys = "**" } chain { "c", keys = "**", providers = { "spy", "aside" } }`:                          nil,
		`allow { "all", keys = "**" } chain { "c", keys = "**", providers = function(req) return { "spy" } end }`:          secret.ErrDenied,
		`allow { "all", keys = "**" } deny { "d", keys = "**" } chain { "c", keys = "**", providers = { "aside", "spy" }}`: secret.ErrDenied,
	} {
		s, aside := &spy{}, &spy{}
		rt := open(t, runtime.Options{
			Providers:  append(spied(s), runtime.ProviderOptions{Name: "aside", Provider: aside}),
			Chain:      []runtime.ChainLink{{Name: "spy"}},
			PolicyFile: lua(t, rules),
		})
		_, err := must(rt.For(runtime.Caller{}).At("aside")).Get(t.Context(), "k")
		if secret.CodeOf(err) != secret.CodeOf(want) || s.total() != 0 || (err == nil) != (aside.total() == 1) {
			t.Errorf("Get at aside under\n%s\n= %v after %d calls, want %v", rules, err, aside.total(), want)
		}
	}
}

// TestP16ReloadNeverOpens reloads good and broken policies under readers: a key
// that no version allows is never released, one that all allow always is.
func TestP16ReloadNeverOpens(t *testing.T) {
	t.Parallel()
	const reloads = 200
	good := func(n int) string {
		return fmt.Sprintf("allow { \"v%d\", keys = \"always\" }\ndeny { \"never\", keys = \"never\" }\n", n)
	}
	file := lua(t, good(0))
	rt := open(t, runtime.Options{Providers: spied(&spy{}), PolicyFile: file})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := rt.Get(t.Context(), "always"); err != nil {
					t.Errorf("Get(always) = %v", err)
				}
				if _, err := rt.Get(t.Context(), "never"); !errors.Is(err, secret.ErrDenied) {
					t.Errorf("Get(never) = %v, want denied", err)
				}
			}
		})
	}
	for n := range reloads {
		src, broken := good(n), n%2 == 1
		if broken {
			src = src[:len(src)-4] // as if somebody still wrote
		}
		if err := os.WriteFile(file.Path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := rt.ReloadPolicy(); (err != nil) != broken {
			t.Errorf("reload %d = %v", n, err)
		}
	}
	close(done)
	wg.Wait()
	// The runtime looks at the file by itself as well, every two seconds.
	if s, ok := rt.PolicyStatus(); !ok || s.Failures < reloads/2 || s.Failures > reloads || s.Revision == "" {
		t.Errorf("status %v, want %d failures, or a few more", s, reloads/2)
	}
}

// A decision of a table costs no memory, so asking again on every read is free.
func TestDecisionTakesNoMemory(t *testing.T) { // not parallel: it counts
	rt := open(t, runtime.Options{Providers: spied(&spy{}), PolicyFile: lua(t, `
allow { "web", callers = "web", roles = "reader", keys = "web/**" }
deny  { "frozen", ops = "write", keys = "**" }
`)})
	b := rt.For(runtime.Caller{Name: "web", Roles: []string{"reader"}})
	if n := testing.AllocsPerRun(100, func() {
		if !runtime.DecideForRead(b, secret.OpGet, "web/a").Allow {
			t.Error("denied")
		}
	}); n != 0 {
		t.Errorf("a decision takes %v allocations", n)
	}
}
