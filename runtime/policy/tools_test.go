package policy_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	x := p.Explain(policy.Request{Caller: "build-7", Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/registry/token",
		Time: time.Date(2026, 3, 2, 22, 0, 0, 0, time.UTC)})
	var b strings.Builder
	x.WriteText(&b)
	want := `DENY  code=no_rule rule="" line=0 chain=default[env file] mask=last(tokens) revision=` + p.Revision() + `
  miss  allow ci-hours             line 11   failed: time (Mon 23:00 CET)
  miss  allow ops-prod             line 10   failed: roles (needs one of [ops]), keys
  miss  allow team-own             line 13   failed: roles (needs one of [dev]), keys
  miss  allow oncall-ticket        line 15   failed: roles (needs one of [oncall]), keys
  miss  deny  quarantine           line 8    failed: labels.quarantined (want "yes", got "")
  miss  deny  prod-is-read-only    line 6    failed: op, keys
`
	if b.String() != want {
		t.Errorf("explain:\n%s\nwant\n%s", b.String(), want)
	}
	out, err := json.Marshal(x)
	if err != nil || !strings.HasPrefix(string(out), `{"effect":"deny","code":"no_rule","rule":"","file":"","line":0,`) {
		t.Errorf("JSON: %s, %v", out, err)
	}
}

func TestExplainPredicate(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "a", keys = "**", when = function(req) log("team is", req.labels.team, {}) return false end }
		allow { "b", keys = "**", when = function(req) return nil + 1 end }
		allow { "c", keys = "**", when = function(req) while true do end end }
		allow { "d", keys = "**", when = function(req) return 1 end }`)
	x := p.Explain(policy.Request{Op: policy.OpGet, Key: "k", Time: noon, Labels: map[string]string{"team": "blue"}})
	var b strings.Builder
	x.WriteText(&b)
	for _, want := range []string{"log   team is blue table\n", "failed: when\n", "when failed: instruction budget exceeded", "when returned number", "code=policy_error"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	src := `local unused = 1
allow { "all", keys = "**" }
deny { "no", keys = "prod/**" }
allow { "never", roles = "ops", keys = "prod/db/*" }
redact { "any", keys = "**", mode = "full" }
redact { "late", keys = "a/*", mode = "none" }
chain { "c1", keys = "**", providers = "env" }
chain { "c2", keys = "x", providers = "env" }
allow { "loop", roles = "x", keys = "y", when = function(req) for i = 1, 2 do log(i) end return true end }`
	r := policy.CheckSource("policy.lua", []byte(src), policy.Options{})
	var b strings.Builder
	r.WriteText(&b)
	for _, want := range []string{
		`policy.lua:1: warning: local "unused" is never used`,
		`policy.lua:2: warning: allow "all": allows everybody everything that no deny rule takes away`,
		`policy.lua:4: warning: allow "never": never allows: deny "no" of line 3 covers it`,
		`policy.lua:6: warning: redact "late": never matches: "any" of line 5 comes first`,
		`policy.lua:8: warning: chain "c2": never matches: "c1" of line 7 comes first`,
		`policy.lua:9: warning: a loop in a predicate costs time on each request`,
		`policy.lua: ok, 8 rules, revision ` + r.Revision + `, used `,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if !r.OK() || len(r.Diagnostics) != 6 || r.Used.Instructions == 0 || r.Used.Bytes == 0 || r.Used.Nesting == 0 {
		t.Errorf("report = %+v", r)
	}
	bad := policy.CheckSource("policy.lua", []byte("\nalow {}"), policy.Options{})
	if bad.OK() || len(bad.Diagnostics) != 1 || bad.Diagnostics[0].Line != 2 || bad.Diagnostics[0].Hint != "allow" {
		t.Errorf("report = %+v", bad)
	}
	gone := policy.Check("/nonexistent/policy.lua", policy.Options{})
	if gone.OK() || gone.Diagnostics[0].Severity != policy.Error {
		t.Errorf("report = %+v", gone)
	}
}

func TestCheckFormats(t *testing.T) {
	t.Parallel()
	for _, src := range []string{`allow { "all", keys = "**" }`, `alow {}`} {
		r := policy.CheckSource("policy.lua", []byte(src), policy.Options{})
		var js, sarif bytes.Buffer
		if err := errors.Join(r.WriteJSON(&js), r.WriteSARIF(&sarif)); err != nil {
			t.Fatal(err)
		}
		var report struct{ Diagnostics []policy.Diagnostic }
		if err := json.Unmarshal(js.Bytes(), &report); err != nil || len(report.Diagnostics) != 1 {
			t.Errorf("JSON %s: %v", js.String(), err)
		}
		var log struct {
			Version string
			Runs    []struct {
				Results []struct {
					Level, RuleID string
					Locations     []struct {
						PhysicalLocation struct {
							ArtifactLocation struct{ URI string }
							Region           struct{ StartLine int }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(sarif.Bytes(), &log); err != nil || log.Version != "2.1.0" {
			t.Fatalf("SARIF %s: %v", sarif.String(), err)
		}
		loc := log.Runs[0].Results[0].Locations[0].PhysicalLocation
		if loc.ArtifactLocation.URI != "policy.lua" || loc.Region.StartLine != 1 {
			t.Errorf("SARIF location %+v", loc)
		}
	}
}

const exampleTests = `
test("ops reads prod at night", function(t)
  t.allow { caller = "alice", roles = { "ops" }, op = "get", key = "prod/db/password",
            at = "2026-03-02T03:00:00Z", rule = "ops-prod", chain = "prod", mask = "full" }
end)
test("own team only", function(t)
  t.deny { roles = "dev", op = "set", key = "team/blue/dev/x", labels = { team = "red" }, code = "no_rule" }
end)
test("wrong", function(t)
  t.allow { roles = "dev", op = "set", key = "team/blue/dev/x", labels = { team = "red" } }
  t.deny { key = "prod/x", code = "denied_by_rule" }
end)
test("endless", function(t) while true do end end)
test("typo", function(t) t.allow { kee = "x" } end)
test("method", function(t) t.alow { key = "x" } end)
`

func TestRunTests(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	r, err := policy.RunTests(p, []policy.TestFile{{Name: "p_test.lua", Source: []byte(exampleTests)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Tests) != 6 || r.Failed() != 4 || r.Hit != 3 || r.Rules != 11 || r.OK(0) {
		t.Errorf("report = %+v", r)
	}
	want := []string{"", "", "p_test.lua:10: got deny, want allow\nDENY  code=no_rule", "instruction budget exceeded", `unknown field "kee" (did you mean "key"?)`, `t has no field "alow" (did you mean "allow"?)`}
	for i, w := range want {
		if got := strings.Join(r.Tests[i].Failures, "\n"); (w == "") != (got == "") || !strings.Contains(got, w) {
			t.Errorf("test %d: %q, want %q", i, got, w)
		}
	}
	if !strings.HasPrefix(r.Coverage(), "rules hit 3/11, never hit: chain default (line 4), deny prod-is-read-only (line 6)") {
		t.Errorf("coverage: %s", r.Coverage())
	}
	var tap, junit, js, text bytes.Buffer
	if err := errors.Join(r.WriteTAP(&tap), r.WriteJUnit(&junit), r.WriteJSON(&js), r.WriteText(&text)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(tap.String(), "TAP version 13\n1..6\nok 1 - ops reads prod at night\nok 2 - own team only\nnot ok 3 - wrong\n# p_test.lua:10: got deny") {
		t.Errorf("TAP:\n%s", tap.String())
	}
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Case     []struct {
			Failure []struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &suite); err != nil || suite.Tests != 6 || suite.Failures != 4 || len(suite.Case[2].Failure) != 2 {
		t.Errorf("JUnit %+v: %v", suite, err)
	}
	if !json.Valid(js.Bytes()) || !strings.Contains(text.String(), "6 tests, 4 failed; rules hit 3/11") {
		t.Errorf("text:\n%s", text.String())
	}
	some, err := policy.RunTests(p, []policy.TestFile{{Name: "p_test.lua", Source: []byte(exampleTests)}}, regexp.MustCompile("^o"))
	if err != nil || len(some.Tests) != 2 || !some.OK(3) || some.OK(4) {
		t.Errorf("selected: %+v, %v", some, err)
	}
	_, err = policy.RunTests(p, []policy.TestFile{{Name: "p_test.lua", Source: []byte("allow { }")}}, nil)
	if err == nil || !strings.Contains(err.Error(), `p_test.lua:1: undefined variable "allow"`) {
		t.Errorf("rules in a test file: %v", err)
	}
}

func TestLogAndReplayTM091(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	var out bytes.Buffer
	log := policy.NewLog(&out, policy.LogOptions{Required: true, Labels: []string{"team"}})
	reqs := []policy.Request{
		{Caller: "a", Roles: []string{"ops"}, Op: policy.OpGet, Key: "prod/x", Time: noon},
		{Caller: "b", Roles: []string{"dev"}, Op: policy.OpGet, Key: "team/blue/dev/x", Labels: map[string]string{"team": "blue"}, Time: noon},
		{Caller: "c", Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/x", Time: noon.Add(12 * time.Hour), Labels: map[string]string{"private": "4711"}},
	}
	for _, q := range reqs {
		if err := log.Write(policy.Entry{Request: q, Decision: p.Decide(q), Provider: "env", Took: 3 * time.Microsecond}); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := log.Write(policy.Entry{}); !errors.Is(err, policy.ErrLogClosed) {
		t.Errorf("Write after Close: %v", err)
	}
	if strings.Contains(out.String(), "4711") || !strings.Contains(out.String(), `"labels_left_out":1`) {
		t.Errorf("log:\n%s", out.String())
	}
	again, err := policy.Replay(p, bytes.NewReader(out.Bytes()))
	if err != nil || again.Same != 3 || again.Requests != 3 || again.Uncertain != 1 {
		t.Errorf("Replay = %+v, %v", again, err)
	}
	newer := parse(t, strings.Replace(example, `days = "mon-fri"`, `days = "sun-sat"`, 1)+`
		deny { "x", keys = "team/blue/**" } allow { "night", roles = "ci", keys = "ci/**" }`)
	diff, err := policy.Diff(p, newer, strings.NewReader(out.String()+"\nnot json\n{}\n"))
	if err != nil || diff.DenyToAllow != 1 || diff.AllowToDeny != 1 || diff.Same != 1 || diff.Skipped != 2 {
		t.Errorf("Diff = %+v, %v", diff, err)
	}
	var text strings.Builder
	diff.WriteText(&text)
	if !strings.Contains(text.String(), `line 2: get team/blue/dev/x by "b": allowed "team-own" -> denied_by_rule "x"`) {
		t.Errorf("diff:\n%s", text.String())
	}
}

// brokenWriter fails; stuckWriter waits until it is released.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

type stuckWriter struct{ release, started chan struct{} }

func (w stuckWriter) Write(p []byte) (int, error) {
	select {
	case w.started <- struct{}{}:
	default:
	}
	<-w.release
	return len(p), nil
}

func TestLogQueue(t *testing.T) {
	t.Parallel()
	deny := policy.Entry{Request: getKey("a"), Decision: policy.Decision{Code: policy.NoRule}}
	w := stuckWriter{make(chan struct{}), make(chan struct{}, 1)}
	log := policy.NewLog(w, policy.LogOptions{Queue: 3})
	log.Write(deny)
	<-w.started // one record is being written, three may wait
	for range 10 {
		if err := log.Write(deny); err != nil {
			t.Fatal(err)
		}
	}
	if log.Dropped() != 7 {
		t.Errorf("dropped %d, want 7", log.Dropped())
	}
	close(w.release)
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	broken := policy.NewLog(brokenWriter{}, policy.LogOptions{Required: true})
	if err := broken.Write(deny); err == nil {
		t.Error("a required record was lost silently")
	}
	if err := broken.Close(); err == nil || broken.Dropped() != 1 {
		t.Errorf("Close = %v, dropped %d", err, broken.Dropped())
	}
}

func TestLogSamplesAllowsOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := policy.NewLog(&out, policy.LogOptions{Sample: 10, HashKey: []byte("k"), Required: true})
	for i := range 100 {
		log.Write(policy.Entry{Request: getKey("some/key"), Decision: policy.Decision{Allow: i%2 == 0, Code: policy.Allowed}})
	}
	log.Close()
	lines := strings.Count(out.String(), "\n")
	if denials := strings.Count(out.String(), `"effect":"deny"`); denials != 50 || lines != 55 {
		t.Errorf("%d lines, %d denials", lines, denials)
	}
	if strings.Contains(out.String(), "some/key") || strings.Count(out.String(), "key_hmac") != 55 {
		t.Error("the key is in the log")
	}
}

func TestFilterKeysAndNextChange(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	keys := []string{"prod/a", "team/blue/dev/x", "prod/b", "../x", "ci/x"}
	got := p.FilterKeys(policy.Request{Roles: []string{"ops"}, Time: noon}, keys)
	if fmt.Sprint(got) != "[prod/a prod/b]" {
		t.Errorf("FilterKeys = %q", got)
	}
	req := policy.Request{Roles: []string{"ci"}, Op: policy.OpWatch, Key: "ci/x", Time: noon}
	if next := p.NextChange(req); !next.Equal(time.Date(2026, 3, 2, 19, 0, 0, 0, time.UTC)) {
		t.Errorf("NextChange = %s", next)
	}
	req.Key = "prod/x"
	if next := p.NextChange(req); !next.IsZero() {
		t.Errorf("NextChange = %s", next)
	}
}

func ExamplePolicy_Decide() {
	p, err := policy.Parse("policy.lua", []byte(`
		allow { "ops-prod", roles = "ops", ops = "read", keys = "prod/**" }
		deny  { "no-root",  keys = "prod/root", reason = "the root key stays in the vault" }
	`), policy.Options{Chain: []string{"vault"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, key := range []string{"prod/db/password", "prod/root", "dev/x"} {
		d := p.Decide(policy.Request{Roles: []string{"ops"}, Op: policy.OpGet, Key: key, Time: at})
		fmt.Printf("%s %v %s %q %q\n", key, d.Allow, d.Code, d.Rule, d.Message)
	}
	// Output:
	// prod/db/password true allowed "ops-prod" ""
	// prod/root false denied_by_rule "no-root" "the root key stays in the vault"
	// dev/x false no_rule "" "no policy rule allows this"
}
