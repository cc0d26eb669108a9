package policy_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/testdata/sample"
)

// The oracle is a second, simple implementation: it tries every rule, matches
// recursively, and has no index. It shares no code with the package.

type oracleRule struct {
	kind, name string
	keys       []string
	ops        []string
	roles      []string
	callers    []string
	labels     map[string]string
	from, to   int // minutes; from < 0: no hours
	days       []time.Weekday
	when       string // name of a predicate, "" for none
	providers  []string
	line       int
}

// oraclePredicates are predicates in Lua and the same in Go.
var oraclePredicates = map[string]struct {
	lua string
	run func(policy.Request) (answer, fails bool)
}{
	"team": {`return std.segment(req.key, 2) == req.labels.team`, func(r policy.Request) (bool, bool) {
		return secondSegment(r.Key) == r.Labels["team"] && r.Labels["team"] != "", false
	}},
	"role": {`return req.roles.dev == true and req.op ~= "set"`, func(r policy.Request) (bool, bool) {
		return slices.Contains(r.Roles, "dev") && r.Op != policy.OpSet, false
	}},
	"error":  {`if req.op == "get" then error("x") end return true`, func(r policy.Request) (bool, bool) { return true, r.Op == policy.OpGet }},
	"number": {`if req.caller == "app" then return 1 end return false`, func(r policy.Request) (bool, bool) { return false, r.Caller == "app" }},
	"nothing": {`if req.labels.team then return true end`, func(r policy.Request) (bool, bool) {
		_, ok := r.Labels["team"]
		return ok, !ok
	}},
}

func secondSegment(key string) string {
	parts := strings.Split(key, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

func oracleGlob(pat, key []string) bool {
	if len(pat) == 0 {
		return len(key) == 0
	}
	if pat[0] == "**" {
		if len(pat) == 1 {
			return len(key) >= 1
		}
		for i := 0; i <= len(key); i++ {
			if oracleGlob(pat[1:], key[i:]) {
				return true
			}
		}
		return false
	}
	return len(key) > 0 && oracleSegment(pat[0], key[0]) && oracleGlob(pat[1:], key[1:])
}

func oracleSegment(pat, s string) bool {
	if pat == "" {
		return s == ""
	}
	if pat[0] != '*' {
		return s != "" && pat[0] == s[0] && oracleSegment(pat[1:], s[1:])
	}
	for i := 0; i <= len(s); i++ {
		if oracleSegment(pat[1:], s[i:]) {
			return true
		}
	}
	return false
}

func anyGlob(pats []string, s string) bool {
	parts := strings.Split(s, "/")
	return slices.ContainsFunc(pats, func(p string) bool { return oracleGlob(strings.Split(p, "/"), parts) })
}

func (r oracleRule) matches(q policy.Request) (match, fails bool) {
	if !anyGlob(r.keys, q.Key) || len(r.callers) > 0 && !anyGlob(r.callers, q.Caller) {
		return false, false
	}
	if len(r.ops) > 0 && !slices.ContainsFunc(r.ops, func(o string) bool { return oracleOp(o, q.Op.String()) }) {
		return false, false
	}
	if len(r.roles) > 0 && !slices.ContainsFunc(r.roles, func(o string) bool { return slices.Contains(q.Roles, o) }) {
		return false, false
	}
	for k, v := range r.labels {
		if got, ok := q.Labels[k]; !ok || got != v {
			return false, false
		}
	}
	if !r.inTime(q.Time.UTC()) {
		return false, false
	}
	if r.when == "" {
		return true, false
	}
	return oraclePredicates[r.when].run(q)
}

func oracleOp(word, op string) bool {
	switch word {
	case "read":
		return op == "get" || op == "keys" || op == "watch"
	case "write":
		return op == "set" || op == "delete"
	}
	return word == "*" || word == op
}

func (r oracleRule) inTime(t time.Time) bool {
	onDay := func(t time.Time) bool { return len(r.days) == 0 || slices.Contains(r.days, t.Weekday()) }
	if r.from < 0 {
		return onDay(t)
	}
	minute := t.Hour()*60 + t.Minute()
	if r.from < r.to {
		return minute >= r.from && minute < r.to && onDay(t)
	}
	return minute >= r.from && onDay(t) || minute < r.to && onDay(t.AddDate(0, 0, -1))
}

type oracleAnswer struct {
	code                   policy.Code
	rule, chain, mask, pin string
	providers              string
}

var oracleChain = []string{"vault", "file", "env"}

func oracleDecide(rules []oracleRule, q policy.Request) oracleAnswer {
	var failed *oracleRule
	for i, r := range rules {
		if r.kind != "deny" && r.kind != "allow" {
			continue
		}
		if m, f := r.matches(q); r.kind == "deny" && (m || f) {
			if f {
				return oracleAnswer{code: policy.PolicyError, rule: r.name}
			}
			return oracleAnswer{code: policy.DeniedByRule, rule: r.name}
		} else if r.kind == "allow" && f && failed == nil {
			failed = &rules[i]
		}
	}
	for _, r := range rules {
		if r.kind != "allow" {
			continue
		}
		if m, f := r.matches(q); m && !f {
			return oracleRoute(rules, q, r.name)
		}
	}
	if failed != nil {
		return oracleAnswer{code: policy.PolicyError, rule: failed.name}
	}
	return oracleAnswer{code: policy.NoRule}
}

func oracleRoute(rules []oracleRule, q policy.Request, rule string) oracleAnswer {
	a := oracleAnswer{code: policy.Allowed, rule: rule}
	chain := oracleChain
	if slices.ContainsFunc(rules, func(r oracleRule) bool { return r.kind == "chain" }) {
		chain = nil
		for _, r := range rules {
			if r.kind != "chain" {
				continue
			}
			m, f := r.matches(q)
			if !m && !f {
				continue
			}
			a.chain, chain = r.name, r.providers
			if f {
				a.code = policy.PolicyError
				return a
			}
			break
		}
	}
	if chain == nil {
		a.code = policy.NoChain
		return a
	}
	for _, r := range rules {
		if r.kind == "pin" && anyGlob(r.keys, q.Key) {
			a.pin = r.providers[0]
			if !slices.Contains(chain, a.pin) {
				a.code = policy.NoChain
				return a
			}
			chain = r.providers
			break
		}
	}
	a.providers = strings.Join(chain, " ")
	for _, r := range rules {
		if r.kind == "redact" && anyGlob(r.keys, q.Key) {
			a.mask = r.name
			break
		}
	}
	return a
}

var oraclePolicies = flag.Int("policies", 500, "random policies that are compared with the oracle, 400 decisions each")

// TestP1AgainstOracle compares decisions over random policies: 20,000, and a million in
// the long tier.
func TestP1AgainstOracle(t *testing.T) {
	t.Parallel()
	const requests = 400
	codes := map[policy.Code]int{}
	for _, rnd := range sample.Rounds(t, *oraclePolicies) {
		g := gen{rnd}
		src := "local std = require \"std/v1\"\n"
		rules := make([]oracleRule, 2+g.IntN(40))
		for i := range rules {
			rules[i] = g.rule(i)
			src += rules[i].lua()
		}
		p := parse(t, src)
		for range requests {
			q := g.request()
			want := oracleDecide(rules, q)
			d := p.Decide(q)
			got := oracleAnswer{d.Code, d.Rule, d.Chain, d.MaskRule, d.Pin, strings.Join(d.Providers, " ")}
			codes[d.Code]++
			if want.code != policy.Allowed {
				want.providers = ""
			}
			if got != want || d.Allow != (want.code == policy.Allowed) {
				t.Fatalf("Decide(%+v) = %+v\nwant %+v\n%s", q, got, want, src)
			}
		}
	}
	for _, c := range []policy.Code{policy.Allowed, policy.DeniedByRule, policy.NoRule, policy.PolicyError, policy.NoChain} {
		if codes[c] == 0 {
			t.Errorf("no decision has code %s", c)
		}
	}
	t.Logf("decisions by code: %v", codes)
}

// TestTM096GlobsAgainstOracle compares the matcher on pairs of pattern and key, through a
// rule: 100,000, and a million in the long tier.
func TestTM096GlobsAgainstOracle(t *testing.T) {
	t.Parallel()
	const globs, keys = 1000, 1000
	for _, rnd := range sample.Rounds(t, globs) {
		g := gen{rnd}
		pat := g.glob()
		p := parse(t, fmt.Sprintf("allow { \"x\", keys = %q }", pat))
		for range keys {
			key := g.key()
			want := oracleGlob(strings.Split(pat, "/"), strings.Split(key, "/"))
			if got := p.Decide(policy.Request{Op: policy.OpGet, Key: key, Time: noon}).Allow; got != want {
				t.Fatalf("glob %q on %q = %v, want %v", pat, key, got, want)
			}
		}
	}
}

func TestTM096PrefixIsNoGlob(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "x", keys = { "prod/**", "exact" } }`)
	for key, want := range map[string]bool{
		"prod/a": true, "prod/a/b": true, "prod": false, "production": false, "production/x": false,
		"prod/../x": false, "exact": true, "exact/x": false, "exactly": false,
	} {
		if got := p.Decide(policy.Request{Op: policy.OpGet, Key: key, Time: noon}).Allow; got != want {
			t.Errorf("%q allowed: %v", key, got)
		}
	}
}
