package policytest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/std"
)

// File is a Lua file of tests for a policy.
type File struct {
	Name   string
	Source []byte
}

// RunTests runs the tests whose names match filter, or all if filter is nil.
//
// A test file calls test("name", function(t) ... end). t.allow{...} and
// t.deny{...} take the fields of a request (caller, roles, op, key, labels, at)
// and what is expected (rule, code, chain, mask, pin, providers, reason). The
// time of a request is Monday 2026-01-05 12:00 UTC unless at sets it. The limits
// of one load of the policy apply to each test.
//
// The error is a [*policy.LoadError] if a test file cannot be loaded.
func RunTests(p *policy.Policy, files []File, filter *regexp.Regexp) (Report, error) {
	report := Report{Policy: p.File(), Revision: p.Revision(), Rules: p.Rules(), Tests: []Result{}}
	hits := hitRules{}
	for _, f := range files {
		results, err := runFile(p, f, filter, hits)
		if err != nil {
			return report, err
		}
		report.Tests = append(report.Tests, results...)
	}
	report.NeverHit = hits.missing(p)
	report.Hit = report.Rules - len(report.NeverHit)
	return report, nil
}

// testFile is a file of tests while it is loaded and run.
type testFile struct {
	policy *policy.Policy
	tests  []test
	hits   hitRules
	now    *Result // of the test that is running
}

type test struct {
	name string
	line int
	fn   *luabox.Function
}

// runFile loads one file, then runs its tests.
func runFile(p *policy.Policy, f File, filter *regexp.Regexp, hits hitRules) ([]Result, error) {
	opts := p.Options()
	c := std.Config(luabox.Limits(opts.Limits))
	c.Declare = []string{"test"}
	r := &testFile{policy: p, hits: hits}
	l := luabox.New(c).NewLoader(r, opts.Libs)
	if err := l.Run(f.Name, f.Source); err != nil {
		return nil, loadError(err)
	}
	t := l.Module(luabox.Module{Name: "t", Short: "t", Funcs: map[string]luabox.Func{
		"allow": func(c luabox.Call) luabox.Value { return r.check(c, true) },
		"deny":  func(c luabox.Call) luabox.Value { return r.check(c, false) },
	}})
	var results []Result
	for _, d := range r.tests {
		if filter != nil && !filter.MatchString(d.name) {
			continue
		}
		r.now = &Result{File: f.Name, Name: d.name, Line: d.line, Failures: []string{}}
		if err := l.Call(d.fn, t); err != nil {
			r.now.Failures = append(r.now.Failures, err.Error())
		}
		results = append(results, *r.now)
	}
	return results, nil
}

func loadError(err error) error {
	var e *luabox.Error
	if errors.As(err, &e) {
		return &policy.LoadError{File: e.File, Line: e.Line, Msg: e.Msg, Hint: e.Hint}
	}
	return err
}

// Declare notes one test.
func (r *testFile) Declare(c luabox.Call) {
	name := c.Str(1)
	fn, ok := c.Arg(2).AsFunction()
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if !ok || name == "" || strings.ContainsFunc(name, unprintable) {
		c.Fail("want test(\"name\", function(t) ... end)")
	}
	c.Spend(4, 256)
	_, line := c.Place()
	r.tests = append(r.tests, test{name, line, fn})
}

// check runs one t.allow or t.deny.
func (r *testFile) check(c luabox.Call, allow bool) luabox.Value {
	t := c.Table(1)
	file, line := c.Place()
	c.Spend(64+4*r.policy.Rules(), 4096)
	checkFields(c, t)
	req, err := testRequest(t)
	if err != nil {
		c.Fail("%s", err)
	}
	r.now.Checks++
	x := r.policy.Explain(req)
	r.hits.add(x, !t.Get("chain").IsNil(), !t.Get("mask").IsNil())
	if wrong := mismatch(x, t, allow); len(wrong) > 0 {
		var b strings.Builder
		fmt.Fprintf(&b, "%s:%d: %s\n", file, line, strings.Join(wrong, "; "))
		_ = x.WriteText(&b) // a strings.Builder never fails
		r.now.Failures = append(r.now.Failures, strings.TrimSpace(b.String()))
	}
	return luabox.Value{}
}
