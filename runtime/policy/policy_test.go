package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) // a Monday

func parse(t testing.TB, src string) *policy.Policy {
	t.Helper()
	return parseWith(t, src, policy.Options{Providers: []string{"vault", "file", "env"}, Chain: []string{"vault", "file", "env"}})
}

func parseWith(t testing.TB, src string, opts policy.Options) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policy.lua", []byte(src), opts)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return p
}

const example = `
local std = require "std/v1"
chain { "prod",    keys = "prod/**", providers = { "vault", "file", "env" } }
chain { "default", keys = "**",      providers = { "env", "file" } }

deny  { "prod-is-read-only", ops = "write", keys = "prod/**",
        reason = "production secrets change through the pipeline only" }
deny  { "quarantine", labels = { quarantined = "yes" }, keys = "**" }

allow { "ops-prod", roles = "ops", ops = "read", keys = "prod/**" }
allow { "ci-hours", roles = "ci",  ops = { "get", "watch" }, keys = "ci/**",
        hours = "08:00-20:00", days = "mon-fri", tz = "Europe/Berlin" }
allow { "team-own", roles = "dev", ops = "*", keys = "team/*/dev/**",
        when = function(req) return std.segment(req.key, 2) == req.labels.team end }
allow { "oncall-ticket", roles = "oncall", ops = "get", keys = { "prod/**", "infra/**" },
        when = function(req) return std.is_ticket(req.labels.ticket) end }

redact { "passwords", keys = { "**/password", "**/passwd" }, mode = "full" }
redact { "tokens",    keys = { "**/*token*", "**/api_key" }, mode = "last", keep = 4 }
redact { "certs",     keys = "**/tls.key", mode = "hash" }
`

func TestDecide(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	tests := []struct {
		name  string
		req   policy.Request
		code  policy.Code
		rule  string
		chain string
		mask  string
	}{
		{"read", policy.Request{Roles: []string{"ops"}, Op: policy.OpGet, Key: "prod/db/password"}, policy.Allowed, "ops-prod", "prod", "passwords"},
		{"deny beats allow", policy.Request{Roles: []string{"ops"}, Op: policy.OpSet, Key: "prod/db/password"}, policy.DeniedByRule, "prod-is-read-only", "", ""},
		{"label denies", policy.Request{Roles: []string{"ops"}, Op: policy.OpGet, Key: "prod/x", Labels: map[string]string{"quarantined": "yes"}}, policy.DeniedByRule, "quarantine", "", ""},
		{"no role", policy.Request{Op: policy.OpGet, Key: "prod/x"}, policy.NoRule, "", "", ""},
		{"in hours", policy.Request{Roles: []string{"ci"}, Op: policy.OpWatch, Key: "ci/registry/token"}, policy.Allowed, "ci-hours", "default", "tokens"},
		{"out of hours", policy.Request{Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/x", Time: noon.Add(10 * time.Hour)}, policy.NoRule, "", "", ""},
		{"own team", policy.Request{Roles: []string{"dev"}, Op: policy.OpDelete, Key: "team/blue/dev/x", Labels: map[string]string{"team": "blue"}}, policy.Allowed, "team-own", "default", ""},
		{"other team", policy.Request{Roles: []string{"dev"}, Op: policy.OpSet, Key: "team/blue/dev/x", Labels: map[string]string{"team": "red"}}, policy.NoRule, "", "", ""},
		{"no team", policy.Request{Roles: []string{"dev"}, Op: policy.OpSet, Key: "team/blue/dev/x"}, policy.NoRule, "", "", ""},
		{"ticket", policy.Request{Roles: []string{"oncall"}, Op: policy.OpGet, Key: "infra/a", Labels: map[string]string{"ticket": "OPS-12"}}, policy.Allowed, "oncall-ticket", "default", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.req.Time.IsZero() {
				tt.req.Time = noon
			}
			d := p.Decide(tt.req)
			if d.Code != tt.code || d.Rule != tt.rule || d.Chain != tt.chain || d.MaskRule != tt.mask {
				t.Errorf("Decide(%+v) = %+v", tt.req, d)
			}
			if d.Allow != (tt.code == policy.Allowed) || d.Revision != p.Revision() {
				t.Errorf("Decide(%+v) = %+v", tt.req, d)
			}
		})
	}
}

// A rule about a label with any value spares no empty one, as a rule about everyone spares
// no caller without a name.
func TestAnyLabelIsAlsoTheEmptyOne(t *testing.T) {
	t.Parallel()
	const src = `allow { "all", keys = "**", ops = "*" } deny { "d", keys = "**", ops = "*", labels = { c = "**" }, reason = "r" }`
	p := parse(t, src)
	for name, tt := range map[string]struct {
		labels map[string]string
		allow  bool
	}{
		"no labels":     {nil, true},
		"another label": {map[string]string{"d": ""}, true},
		"empty":         {map[string]string{"c": ""}, false},
		"text":          {map[string]string{"c": "yes"}, false},
		"with slashes":  {map[string]string{"c": "a/b//c"}, false},
	} {
		req := policy.Request{Op: policy.OpGet, Key: "k", Labels: tt.labels, Time: noon}
		if d := p.Decide(req); d.Allow != tt.allow {
			t.Errorf("%s: allowed is %t, %+v", name, d.Allow, d)
		}
		if d := p.Explain(req).Decision; d.Allow != tt.allow {
			t.Errorf("%s: explained as %t", name, d.Allow)
		}
	}
	if r := policy.CheckSource("p.lua", []byte(src+` deny { "e", keys = "a", labels = { c = "**" }, when = function(r) return r.labels.c == "" end }`), policy.Options{}); !r.OK() ||
		slices.ContainsFunc(r.Diagnostics, func(d policy.Diagnostic) bool { return d.ID == "when-contradiction" }) {
		t.Errorf("Check = %v", r.Diagnostics)
	}
}

func TestDenyReason(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	d := p.Decide(policy.Request{Roles: []string{"ops"}, Op: policy.OpDelete, Key: "prod/x", Time: noon})
	if d.Message != "production secrets change through the pipeline only" || d.Line != 6 || d.File != "policy.lua" {
		t.Errorf("Decide = %+v", d)
	}
}

func TestInvalidRequests(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "all", keys = "**" }`)
	long := strings.Repeat("x", 5000)
	for name, req := range map[string]policy.Request{
		"no op":       {Key: "a", Time: noon},
		"unknown op":  {Key: "a", Op: 77, Time: noon},
		"no time":     {Key: "a", Op: policy.OpGet},
		"no key":      {Op: policy.OpGet, Time: noon},
		"dots":        {Key: "prod/../x", Op: policy.OpGet, Time: noon},
		"empty part":  {Key: "prod//x", Op: policy.OpGet, Time: noon},
		"control":     {Key: "prod/\nx", Op: policy.OpGet, Time: noon},
		"long key":    {Key: long, Op: policy.OpGet, Time: noon},
		"long caller": {Key: "a", Caller: long, Op: policy.OpGet, Time: noon},
		"long role":   {Key: "a", Roles: []string{long}, Op: policy.OpGet, Time: noon},
	} {
		if d := p.Decide(req); d.Allow || d.Code != policy.PolicyError || d.Err == nil {
			t.Errorf("%s: Decide = %+v", name, d)
		}
	}
	if d := (*policy.Policy)(nil).Decide(policy.Request{}); d.Allow || d.Code != policy.NoPolicy {
		t.Errorf("nil policy: %+v", d)
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	p := parse(t, example)
	labels := map[string]string{"team": "blue"}
	reqs := []policy.Request{
		{Caller: "app", Roles: []string{"ops"}, Op: policy.OpGet, Key: "prod/db/password", Time: noon},
		{Caller: "app", Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/a/b/c/token", Time: noon, Labels: labels},
		{Caller: "app", Roles: []string{"x", "ops"}, Op: policy.OpSet, Key: "prod/db/password", Time: noon},
		{Caller: "app", Op: policy.OpGet, Key: "other", Time: noon},
	}
	for _, req := range reqs {
		if n := testing.AllocsPerRun(100, func() { p.Decide(req); p.Mask(req.Key) }); n != 0 {
			t.Errorf("Decide(%q) allocates %v times", req.Key, n)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	opts := policy.Options{Providers: []string{"vault", "env"}, Chain: []string{"env"}, Libs: map[string]string{"acme/net": "return {}", "loop/a": `require "loop/a"`}}
	tests := []struct{ name, src, want string }{
		{"field", `allow { "x", keys = "a", role = "y" }`, `policy.lua:1: allow "x": unknown field "role" (did you mean "roles"?)`},
		{"variable", `alow { "x" }`, `policy.lua:1: undefined variable "alow" (did you mean "allow"?)`},
		{"op", "\n\nallow { \"x\", keys = \"a\", ops = \"reed\" }", `policy.lua:3: allow "x": unknown operation "reed"; want get, set, delete, keys, watch, create, update, read, write, * (did you mean "read"?)`},
		{"zone", `allow { "x", keys = "a", hours = "01:00-02:00", tz = "Europe/Berlim" }`, `policy.lua:1: allow "x": tz: tz "Europe/Berlim": unknown time zone; want an IANA name such as "Europe/Berlin"`},
		{"provider", `chain { "x", keys = "a", providers = "vualt" }`, `policy.lua:1: chain "x": unknown provider "vualt"; want vault, env (did you mean "vault"?)`},
		{"pin", `pin { "x", keys = "a", provider = "en" }`, `policy.lua:1: pin "x": unknown provider "en"; want vault, env (did you mean "env"?)`},
		{"mode", `redact { "x", keys = "a", mode = "ful" }`, `policy.lua:1: redact "x": unknown mode "ful"; want none, full, first, last, hash (did you mean "full"?)`},
		{"module", `local n = require "acme/ned" allow { "x", keys = n }`, `policy.lua:1: unknown module "acme/ned" (did you mean "acme/net"?)`},
		{"module loop", `local n = require "loop/a" allow { "x", keys = n }`, `loop/a:1: module "loop/a" requires itself`},
		{"request field", `allow { "x", keys = "a", when = function(req) return req.lables.a == "b" end }`, `policy.lua:1: the request has no field "lables" (did you mean "labels"?)`},
		{"std field", `local std = require "std/v1" allow { "x", keys = "a", when = function(req) return std.segmnt(req.key, 1) == "" end }`, `policy.lua:1: std/v1 has no field "segmnt" (did you mean "segment"?)`},
		{"duplicate", "allow { \"x\", keys = \"a\" }\ndeny { \"x\", keys = \"a\" }", `policy.lua:2: deny "x": the name is already used in line 1`},
		{"no name", `allow { keys = "a" }`, `policy.lua:1: allow: the first item must be the rule's name: one line of at most 128 bytes`},
		{"no keys", `allow { "x" }`, `policy.lua:1: allow "x": keys is missing`},
		{"no rules", `local _x = 1`, `policy.lua: the policy declares no rule`},
		{"empty", ``, `policy.lua: the policy declares no rule`},
		{"global", `x = 1`, `policy.lua:1: globals are read-only (tried to set "x"); write local x`},
		{"library", `string.sub = 1`, `policy.lua:1: string is read-only (tried to set "sub")`},
		{"twice", `allow { "x", keys = "a", keys = "b" }`, `policy.lua:1: field "keys" is given twice`},
		{"glob", `allow { "x", keys = "prod/{a,b}" }`, `policy.lua:1: allow "x": keys: glob "prod/{a,b}": a key cannot contain '{' (wildcards are "*" and "**"; alternatives are a list)`},
		{"double star", `allow { "x", keys = "prod/a**" }`, `policy.lua:1: allow "x": keys: glob "prod/a**": "**" must be a whole segment`},
		{"empty list", `allow { "x", keys = {} }`, `policy.lua:1: allow "x": keys: an empty list matches nothing`},
		{"tz alone", `allow { "x", keys = "a", tz = "UTC" }`, `policy.lua:1: allow "x": tz needs hours, days, from or until`},
		{"hours", `allow { "x", keys = "a", hours = "8-20" }`, `policy.lua:1: allow "x": hours: hours "8-20": want "HH:MM-HH:MM" (did you mean "08:00-20:00"?)`},
		{"days", `allow { "x", keys = "a", days = "monday" }`, `policy.lua:1: allow "x": days: days "monday": want names such as "mon-fri" or "sat,sun" (did you mean "mon"?)`},
		{"keep", `redact { "x", keys = "a", mode = "full", keep = 3 }`, `policy.lua:1: redact "x": keep goes with mode "first" or "last", and only with them`},
		{"syntax", "allow {\n\"x\" keys }", `policy.lua:2: syntax error`},
		{"eof", "allow { ", `policy.lua:1: syntax error: unexpected end of file; "{" is not closed`},
		{"upvalue", "local n = 0\nallow { \"x\", keys = \"a\", when = function(req)\nn = n + 1 return true end }", `policy.lua:3: allow "x": a predicate may not change "n", which outlives the call (line 3)`},
		{"indirect upvalue", "local n = 0\nlocal t = { f = function() n = n + 1 return true end }\nallow { \"x\", keys = \"a\", when = function(req) return t.f() end }", `policy.lua:2: allow "x": a predicate may not change "n", which outlives the call (line 2)`},
		{"varargs", `local function f(...) return ... end f()`, `policy.lua:1: variable arguments (...) are not supported`},
		{"goto", `goto x ::x::`, `policy.lua:1: goto and labels are not supported`},
		{"computed key", `local k = "a" local t = { [k] = 1 } allow { t }`, `policy.lua:1: a computed table key; want a name or a quoted name`},
		{"error text", `error("boom\n\27[31m")`, `policy.lua:1: error: "boom\n\x1b[31m"`},
		{"reason", "allow { \"x\", keys = \"a\", reason = \"a\\nb\" }", `policy.lua:1: allow "x": reason: want one line of at most 256 bytes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Parse("policy.lua", []byte(tt.src), opts)
			var le *policy.LoadError
			if !errors.As(err, &le) || err.Error() != tt.want {
				t.Errorf("Parse = %v\nwant    %s", err, tt.want)
			}
		})
	}
}

func TestChainHook(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		code       policy.Code
		want       []string
	}{
		{"reorders", `return { "env", "vault" }`, policy.Allowed, []string{"env", "vault"}},
		{"shortens", `if req.labels.site == "x" then return { "file" } end return { "env" }`, policy.Allowed, []string{"env"}},
		{"empty", `return {}`, policy.NoChain, nil},
		{"TM-090 extends", `return { "vault", "evil" }`, policy.PolicyError, nil},
		{"repeats", `return { "env", "env" }`, policy.PolicyError, nil},
		{"string", `return "env"`, policy.PolicyError, nil},
		{"nothing", ``, policy.PolicyError, nil},
		{"named", `return { a = "env" }`, policy.PolicyError, nil},
		{"gap", `return { req.labels.site, "env" }`, policy.PolicyError, nil},
		{"loops", `while true do end`, policy.LimitExceeded, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := parse(t, `allow { "all", keys = "**" } chain { "hook", keys = "a/**", providers = function(req) `+tt.body+` end }`)
			d := p.Decide(policy.Request{Op: policy.OpGet, Key: "a/b", Time: noon})
			if d.Code != tt.code || !slices.Equal(d.Providers, tt.want) {
				t.Errorf("Decide = %+v", d)
			}
			if d := p.Decide(policy.Request{Op: policy.OpGet, Key: "b", Time: noon}); d.Code != policy.NoChain {
				t.Errorf("outside the chain: %+v", d)
			}
		})
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "all", keys = "**" }
		chain { "low", keys = "low/**", providers = "env" }
		chain { "rest", keys = "**", providers = { "env", "file" } }
		pin { "p", keys = { "a/**", "low/**" }, provider = "file" }`)
	get := func(key string) policy.Decision {
		return p.Decide(policy.Request{Op: policy.OpGet, Key: key, Time: noon})
	}
	if d := get("a/b"); !d.Allow || d.Pin != "file" || !slices.Equal(d.Providers, []string{"file"}) {
		t.Errorf("pinned: %+v", d)
	}
	if d := get("low/b"); d.Code != policy.NoChain || d.Pin != "file" {
		t.Errorf("pinned outside its chain: %+v", d)
	}
	if d := get("b"); !d.Allow || d.Pin != "" || len(d.Providers) != 2 {
		t.Errorf("not pinned: %+v", d)
	}
}
