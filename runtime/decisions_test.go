package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// line is what the tests read of a record.
type line struct {
	Record, Caller, Op, Key, Effect, Code, Rule, Result string
	Provider                                            string `json:"provider_used"`
	Roles                                               []string
}

func logged(t *testing.T, text string) (all []line) {
	t.Helper()
	for row := range strings.Lines(text) {
		var l line
		if err := json.Unmarshal([]byte(row), &l); err != nil {
			t.Fatalf("record %q: %v", row, err)
		}
		all = append(all, l)
	}
	return all
}

// A log whose path is "-" is not written to a file of that name.
func TestDecisionLogRefusesDash(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, o := range []runtime.Options{{}, {Dir: dir}} {
		o.DecisionLog = runtime.DecisionLog{Path: "-", Options: audit.Options{Required: true}}
		if _, err := runtime.Open(t.Context(), o); !errors.Is(err, secret.ErrLoad) || !strings.Contains(err.Error(), "set Writer to os.Stderr") {
			t.Errorf("Open: %v, want load_failed", err)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}

func TestDecisionsAreRecorded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	rt := open(t, runtime.Options{
		Providers:   spied(&spy{}),
		PolicyFile:  lua(t, `allow { "readers", roles = "reader", ops = "read", keys = { "open", "prod/**" } }`),
		DecisionLog: runtime.DecisionLog{Path: path},
	})
	reader := rt.For(runtime.Caller{Name: "web", Roles: []string{"reader"}, Labels: map[string]string{"ticket": "T-1"}})
	_, _ = reader.Get(t.Context(), "open")
	_ = reader.GetMany(t.Context(), []runtime.Key{"prod/a", "hidden"})
	_ = reader.Set(t.Context(), "open", made(t, "value-of-the-test"))
	_ = reader.Delete(t.Context(), "open")
	_, _ = reader.Keys(t.Context(), "")
	_, _ = rt.Get(t.Context(), "open")
	_, _ = reader.Get(t.Context(), "..") // not a key: nothing to decide
	_ = reader.Decide(secret.OpGet, "open")
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range logged(t, string(text)) {
		what := l.Effect + " " + l.Code
		if l.Record == "outcome" {
			what = "ended " + l.Result
		}
		got = append(got, l.Caller+" "+l.Op+" "+l.Key+" "+what)
	}
	want := []string{
		"web get open allow allowed", "web get open ended ok",
		"web get prod/a allow allowed", "web get hidden deny no_rule", "web get prod/a ended ok",
		"web set open deny no_rule", "web delete open deny no_rule",
		"web keys  allow allowed", "web keys hidden deny no_rule", "web keys open allow allowed", "web keys prod/db allow allowed", "web keys  ended ok",
		"app get open deny no_rule",
	}
	if !slices.Equal(got, want) {
		t.Errorf("records\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, value := range []string{"value-of-the-spy", "value-of-the-test", "T-1"} {
		if bytes.Contains(text, []byte(value)) {
			t.Errorf("the log holds %q", value)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the log has mode %v", info.Mode())
	}
}

// The chain may let a caller do what the log does not: what was named and not
// asked is recorded as a denial.
func TestDecisionsRecordNarrowing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	rt := open(t, runtime.Options{
		Providers:   append(spied(&spy{}), runtime.ProviderOptions{Name: "aside", Provider: &spy{}}),
		PolicyFile:  lua(t, `allow { "all", keys = "**" } chain { "c", keys = "**", providers = { "spy" } }`),
		DecisionLog: runtime.DecisionLog{Writer: &out},
	})
	_, _ = must(rt.For(runtime.Caller{}).At("aside")).Get(t.Context(), "k")
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	if got := logged(t, out.String()); len(got) != 1 || got[0].Effect != "deny" || got[0].Code != "no_chain" {
		t.Errorf("records %+v, want one denial", got)
	}
}

// sink fails after a number of writes.
type sink struct{ left int }

func (s *sink) Write(b []byte) (int, error) {
	if s.left--; s.left < 0 {
		return 0, errors.New("no space")
	}
	return len(b), nil
}

// TestP3DecisionLogFails: with a required log, what was released was recorded.
func TestP3DecisionLogFails(t *testing.T) {
	t.Parallel()
	s := &spy{}
	rt := open(t, runtime.Options{
		Providers:   spied(s),
		DecisionLog: runtime.DecisionLog{Writer: &sink{left: 6}, Options: audit.Options{Required: true}},
	})
	served := 0
	for range 10 {
		_, err := rt.Get(t.Context(), "k")
		switch {
		case err == nil:
			served++
		case !errors.Is(err, secret.ErrAuditUnavailable):
			t.Errorf("Get = %v, want audit_unavailable", err)
		}
	}
	if served != 3 || s.total() != 3 {
		t.Errorf("%d values released, %d calls of providers, 3 pairs of records", served, s.total())
	}
	calls := s.total()
	if err := rt.Set(t.Context(), "k", made(t, "v")); !errors.Is(err, secret.ErrAuditUnavailable) || s.total() != calls {
		t.Errorf("Set = %v, want audit_unavailable and no call", err)
	}
	if keys, err := rt.Keys(t.Context(), ""); !errors.Is(err, secret.ErrAuditUnavailable) || keys != nil {
		t.Errorf("Keys = %v, %v, want audit_unavailable", keys, err)
	}
	if rt.DecisionsDropped() == 0 {
		t.Error("nothing counts as dropped")
	}
}

func TestP3DecisionLogOnFullDevice(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no full device here")
	}
	s := &spy{}
	rt := open(t, runtime.Options{
		Providers:   spied(s),
		DecisionLog: runtime.DecisionLog{Path: "/dev/full", Options: audit.Options{Required: true}},
	})
	if n := released(t, rt.For(runtime.Caller{}), "k"); n != 0 || s.total() != 0 {
		t.Errorf("%d values released without a record", n)
	}
}

// A log that is not required costs records, not requests, and says so.
func TestDecisionLogIsNotRequired(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{Providers: spied(&spy{}), DecisionLog: runtime.DecisionLog{Writer: &sink{}}})
	if n := released(t, rt.For(runtime.Caller{}), "k"); n != 2 {
		t.Errorf("%d values released, want all", n)
	}
	if err := rt.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if n := rt.DecisionsDropped(); n != 4 {
		t.Errorf("%d records dropped, want two for each of 2 requests", n)
	}
}

// A watch whose event cannot be recorded ends.
func TestP3WatchWithoutRecord(t *testing.T) {
	t.Parallel()
	rt := open(t, runtime.Options{
		Providers:   []runtime.ProviderOptions{{Name: "mem", Module: "memory"}},
		DecisionLog: runtime.DecisionLog{Writer: &sink{left: 2}, Options: audit.Options{Required: true}},
	})
	var last error
	for e, err := range rt.Watch(t.Context()) {
		if last = err; err == nil && e.Key != "" {
			t.Fatalf("event %v without a record", e)
		}
		if err == nil {
			if err := rt.Set(t.Context(), "k", made(t, "v")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !errors.Is(last, secret.ErrAuditUnavailable) {
		t.Errorf("the watch ended with %v, want audit_unavailable", last)
	}
}

// TestDecisionLogIsNoWritePrimitiveTM128: a path in a configuration appends to
// logs, and to nothing else.
func TestDecisionLogIsNoWritePrimitiveTM128(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Skip("no symbolic links here")
	}
	existing := filepath.Join(dir, "log")
	if err := os.WriteFile(existing, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{script: false, link: false, dir: false, existing: true, filepath.Join(dir, "new"): true} {
		rt, err := runtime.Open(t.Context(), runtime.Options{Providers: spied(&spy{}), DecisionLog: runtime.DecisionLog{Path: path}})
		if (err == nil) != ok || err != nil && !errors.Is(err, secret.ErrLoad) {
			t.Errorf("Open with the log %q = %v, want ok = %v", filepath.Base(path), err, ok)
		}
		if err != nil {
			continue
		}
		_, _ = rt.Get(t.Context(), "k")
		if err := rt.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
	if b, _ := os.ReadFile(existing); !strings.HasPrefix(string(b), "{}\n{\"ts\"") {
		t.Errorf("the log was not appended to: %q", b)
	}
	if _, err := os.Stat(filepath.Join(dir, "target")); err == nil {
		t.Error("a link was followed")
	}
}

// A denied request has one line, whatever denied it.
func TestDeniedRequestsHaveNoOutcome(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	rt := open(t, runtime.Options{
		Providers: spied(&spy{}), Policy: routing{}, DecisionLog: runtime.DecisionLog{Writer: &out, Options: audit.Options{Required: true, HashKey: []byte("k")}},
	})
	if _, err := rt.Get(t.Context(), "k"); !errors.Is(err, secret.ErrPolicyFault) {
		t.Errorf("Get over a provider that is not configured = %v, want policy_fault", err)
	}
	if keys, err := rt.Keys(t.Context(), "secret-prefix/"); err != nil || len(keys) != 0 {
		t.Errorf("Keys without a route = %q, %v; want none", keys, err)
	}
	if got := logged(t, out.String()); len(got) != 2 || got[0].Effect != "deny" || got[1].Effect != "deny" {
		t.Errorf("records\n%s\nwant two denials", &out)
	}
	if strings.Contains(out.String(), "secret-prefix") || !strings.Contains(out.String(), "prefix_hmac") {
		t.Errorf("the log shows a prefix that should be hashed:\n%s", &out)
	}
}

// routing allows everything over a provider that does not exist, and lists nothing.
type routing struct{}

func (routing) Decide(policy.Request) policy.Decision {
	return policy.Decision{Allow: true, Code: policy.Allowed, Providers: []string{"gone"}}
}

func (routing) Routes(policy.Request) policy.Routes { return policy.Routes{} }

// A write that took effect and could not be recorded is not reported as denied.
func TestP3UnrecordedEffect(t *testing.T) {
	t.Parallel()
	s := newGoStore(t, map[secret.Key]string{"gone": "value-of-gone"})
	for name, write := range map[string]func(*runtime.Runtime) error{
		"set":    func(rt *runtime.Runtime) error { return rt.Set(t.Context(), "k", made(t, "value-of-k")) },
		"delete": func(rt *runtime.Runtime) error { return rt.Delete(t.Context(), "gone") },
	} {
		rt := open(t, runtime.Options{Providers: single("own", s), DecisionLog: runtime.DecisionLog{
			Writer: &sink{left: 1}, Options: audit.Options{Required: true},
		}})
		err := write(rt)
		if secret.CodeOf(err) != secret.ErrOutcomeUnknown || !errors.Is(err, secret.ErrAuditUnavailable) {
			t.Errorf("%s = %v, want outcome_unknown because of audit_unavailable", name, err)
		}
	}
	if _, err := s.peek("k"); err != nil {
		t.Error("the write had no effect")
	}
}

// heldWriter writes when it is let go.
type heldWriter struct {
	bytes.Buffer
	lines int           // that are written at once
	let   chan struct{} // closed when the others are
}

func (w *heldWriter) Write(b []byte) (int, error) {
	if w.lines--; w.lines < 0 {
		<-w.let
	}
	return w.Buffer.Write(b)
}

// A write whose caller gives up before its record is confirmed is not said to be missing in
// the log.
func TestWritesThatNobodyWaitsForAreNotSaidToBeMissing(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, *runtime.Runtime) error{
		"set":    func(ctx context.Context, rt *runtime.Runtime) error { return rt.Set(ctx, "k", made(t, "value-of-k")) },
		"delete": func(ctx context.Context, rt *runtime.Runtime) error { return rt.Delete(ctx, "gone") },
	} {
		s := newGoStore(t, map[secret.Key]string{"gone": "value-of-gone"})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.asked = func(secret.Op) { cancel() }
		log := &heldWriter{lines: 1, let: make(chan struct{})}
		rt := open(t, runtime.Options{Providers: single("own", s), DecisionLog: runtime.DecisionLog{Writer: log, Options: audit.Options{Required: true}}})
		err := write(ctx, rt)
		close(log.let)
		if secret.CodeOf(err) != secret.ErrOutcomeUnknown || !errors.Is(err, context.Canceled) || errors.Is(err, secret.ErrAuditUnavailable) ||
			!strings.Contains(err.Error(), "context ended") {
			t.Errorf("%s = %v, want outcome_unknown because the context ended", name, err)
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if got := logged(t, log.String()); len(got) != 2 || got[1].Result != "ok" {
			t.Errorf("%s: the log has\n%s\nwant the write", name, log.String())
		}
	}
}

// A delete in all providers is recorded once for each of them, and with the result that
// each had.
func TestDeletesInAllProvidersAreRecordedOnce(t *testing.T) {
	t.Parallel()
	for _, have := range []string{"a", "b", "none"} {
		stores := map[string]*goStore{"a": newGoStore(t, nil), "b": newGoStore(t, nil), "none": newGoStore(t, nil)}
		stores[have].put("k", made(t, "value-of-k"))
		var log bytes.Buffer
		o := runtime.Options{Providers: append(single("a", stores["a"]), single("b", stores["b"])...)}
		o.DecisionLog.Writer, o.DecisionLog.Required = &log, true
		rt := open(t, o)
		if err := rt.DeleteAll(t.Context(), "k"); (err == nil) != (have != "none") {
			t.Errorf("%s: DeleteAll = %v", have, err)
		}
		deleted := 0
		for _, l := range logged(t, log.String()) {
			if l.Op == "delete" && l.Result == "ok" {
				deleted++
			}
		}
		if want := map[bool]int{true: 1}[have != "none"]; deleted != want {
			t.Errorf("%s: %d deletes are recorded as done, want %d:\n%s", have, deleted, want, &log)
		}
	}
}
