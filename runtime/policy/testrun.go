package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/suggest"
)

// TestFile is a Lua file of tests for a policy.
type TestFile struct {
	Name   string
	Source []byte
}

// TestReport is the outcome of [RunTests].
type TestReport struct {
	Policy   string       `json:"policy"`
	Revision string       `json:"revision"`
	Tests    []TestResult `json:"tests"`
	Rules    int          `json:"rules"`     // rules of the policy
	Hit      int          `json:"rules_hit"` // rules that decided something in a test
	NeverHit []RuleRef    `json:"never_hit"`
}

// TestResult is the outcome of one test.
type TestResult struct {
	File     string   `json:"file"`
	Name     string   `json:"name"`
	Line     int      `json:"line"`
	Checks   int      `json:"checks"`
	Failures []string `json:"failures"` // each with the explanation of the decision
}

// RuleRef names a rule.
type RuleRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Line int    `json:"line"`
}

// Failed counts the tests that failed.
func (r TestReport) Failed() int {
	n := 0
	for _, t := range r.Tests {
		if len(t.Failures) > 0 {
			n++
		}
	}
	return n
}

// OK reports whether all tests passed, there was one, and at least minRules
// rules were hit.
func (r TestReport) OK(minRules int) bool {
	return len(r.Tests) > 0 && r.Failed() == 0 && r.Hit >= minRules
}

// RunTests runs the tests whose name matches run, or all if run is nil.
//
// A test file calls test("name", function(t) ... end); t.allow{...} and
// t.deny{...} take the fields of a request (caller, roles, op, key, labels,
// at) and what is expected (rule, code, chain, mask, pin, providers, reason).
// The time is fixed at Monday 2026-01-05 12:00 UTC unless at says otherwise.
// The limits of the policy hold for its tests, each test by itself.
//
// The error is a *LoadError if a test file cannot be loaded.
func RunTests(p *Policy, files []TestFile, run *regexp.Regexp) (TestReport, error) {
	r := &testRun{policy: p, hit: map[string]bool{}}
	report := TestReport{Policy: p.file, Revision: p.revision, Rules: len(p.rules), Tests: []TestResult{}, NeverHit: []RuleRef{}}
	for _, f := range files {
		results, err := r.file(f, run)
		if err != nil {
			return report, err
		}
		report.Tests = append(report.Tests, results...)
	}
	for _, rule := range p.rules {
		if r.hit[ruleID(rule)] {
			report.Hit++
			continue
		}
		report.NeverHit = append(report.NeverHit, RuleRef{rule.kind.String(), rule.name, rule.line})
	}
	return report, nil
}

// testRun runs test files against one policy.
type testRun struct {
	policy *Policy
	hit    map[string]bool // by ruleID
	now    *TestResult     // the test that runs
}

type declaredTest struct {
	name string
	line int
	fn   *lua.LFunction
}

// file loads one file, then runs its tests.
func (r *testRun) file(f TestFile, run *regexp.Regexp) ([]TestResult, error) {
	var tests []declaredTest
	opts := r.policy.opts
	l := newLoader(f.Name, opts, map[string]lua.LGFunction{"test": func(L *lua.LState) int {
		m := machineOf(L)
		name := argString(L, 1, "test")
		fn, ok := L.Get(2).(*lua.LFunction)
		if !ok || name == "" || !printable(name) {
			m.fail("want test(\"name\", function(t) ... end)")
		}
		m.spend(4, 256)
		_, line := m.place()
		tests = append(tests, declaredTest{name, line, fn})
		return 0
	}})
	if err := l.run(f.Source); err != nil {
		return nil, err
	}
	check := func(want bool) lua.LGFunction {
		return func(L *lua.LState) int { r.check(L, want); return 0 }
	}
	t := l.lib.module("t", map[string]lua.LGFunction{"allow": check(true), "deny": check(false)})
	var results []TestResult
	for _, d := range tests {
		if run != nil && !run.MatchString(d.name) {
			continue
		}
		r.now = &TestResult{File: f.Name, Name: d.name, Line: d.line, Failures: []string{}}
		l.m.arm(opts.Limits.LoadInstructions, opts.Limits.LoadBytes)
		if _, fault := l.m.call(d.fn, t); fault != nil {
			r.now.Failures = append(r.now.Failures, l.faultError(fault).Error())
			l.m = newMachine(opts.Limits, loadDepth, l.lib) // the old one has failed
			l.m.load = l
		}
		results = append(results, *r.now)
	}
	return results, nil
}

// expectFields are what t.allow and t.deny accept.
var expectFields = []string{
	"at", "caller", "chain", "code", "key", "labels", "mask", "op", "pin", "providers", "reason", "roles", "rule",
}

// check runs one t.allow or t.deny.
func (r *testRun) check(L *lua.LState, want bool) {
	m := machineOf(L)
	t := argTable(L, 1, "t")
	file, line := m.place()
	m.spend(64+4*len(r.policy.rules), 4096)
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		if name := k.String(); !slices.Contains(expectFields, name) {
			m.fail("unknown field %s (did you mean %q?)", quote(name), suggest.Closest(name, expectFields))
		}
	}
	req, err := testRequest(t)
	if err != nil {
		m.fail("%s", err)
	}
	r.now.Checks++
	x := r.policy.Explain(req)
	r.cover(x, req, t)
	if wrong := mismatch(x, t, want); len(wrong) > 0 {
		var b strings.Builder
		fmt.Fprintf(&b, "%s:%d: %s\n", file, line, strings.Join(wrong, "; "))
		x.WriteText(&b)
		r.now.Failures = append(r.now.Failures, strings.TrimSpace(b.String()))
	}
}

// testRequest reads the request's fields.
func testRequest(t *lua.LTable) (Request, error) {
	req := Request{Op: OpGet, Time: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}
	req.Caller, _ = text(t.RawGetString("caller"))
	req.Key, _ = text(t.RawGetString("key"))
	if v := t.RawGetString("roles"); v != lua.LNil {
		roles, err := stringList(v)
		if err != nil {
			return req, fmt.Errorf("roles: %w", err)
		}
		req.Roles = roles
	}
	if v := t.RawGetString("op"); v != lua.LNil {
		name, _ := text(v)
		op, ok := ParseOp(name)
		if !ok {
			return req, fmt.Errorf("unknown operation %s", quote(name))
		}
		req.Op = op
	}
	if v := t.RawGetString("labels"); v != lua.LNil {
		var d draft
		if err := d.parseLabels(v); err != nil {
			return req, fmt.Errorf("labels: %w", err)
		}
		req.Labels = make(map[string]string, len(d.labels))
		for _, l := range d.labels {
			req.Labels[l.name] = l.value
		}
	}
	if v := t.RawGetString("at"); v != lua.LNil {
		at, _ := text(v)
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return req, fmt.Errorf("at: want a time such as 2026-03-02T03:00:00Z")
		}
		req.Time = when
	}
	return req, nil
}

// mismatch compares a decision with what the test expects.
func mismatch(x Explanation, t *lua.LTable, want bool) []string {
	d := x.Decision
	var wrong []string
	if d.Allow != want {
		wrong = append(wrong, fmt.Sprintf("got %s, want %s", d.effect(), (&Decision{Allow: want}).effect()))
	}
	mode := string(x.Mask.Mode)
	if mode == "" {
		mode = string(mask.Full)
	}
	got := map[string]string{
		"rule": d.Rule, "code": string(d.Code), "chain": x.Chain, "mask": mode, "pin": d.Pin,
		"reason": d.Message, "providers": strings.Join(d.Providers, " "),
	}
	for _, name := range sortedKeys(got) {
		v := t.RawGetString(name)
		if v == lua.LNil {
			continue
		}
		wanted, err := stringList(v)
		if err != nil && v != lua.LString("") {
			wrong = append(wrong, name+": "+err.Error())
			continue
		}
		if w := strings.Join(wanted, " "); w != got[name] {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", name, got[name], w))
		}
	}
	return wrong
}

// cover notes the rules that took part. A chain or mask of a denied request
// counts if the test looks at it.
func (r *testRun) cover(x Explanation, req Request, t *lua.LTable) {
	d := x.Decision
	note := func(k kind, name string) {
		if name != "" {
			r.hit[ruleID(&rule{kind: k, name: name})] = true
		}
	}
	note(kindAllow, d.Rule)
	if d.Allow || t.RawGetString("chain") != lua.LNil {
		note(kindChain, x.Chain)
	}
	if d.Allow || t.RawGetString("mask") != lua.LNil {
		note(kindRedact, x.MaskRule)
	}
	if d.Pin != "" {
		var f found
		if r.policy.locate(&req, &f) == nil {
			if pin, _ := r.policy.first(&f, kindPin, &req); pin != nil {
				note(kindPin, pin.name)
			}
		}
	}
}
