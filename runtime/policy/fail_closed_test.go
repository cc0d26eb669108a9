package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

// denyGuests are ways to deny callers with a role that begins with "guest-".
var denyGuests = map[string]string{
	"glob of roles": `roles = "guest-*"`,
	"list of globs": `roles = { "intern", "guest-*" }`,
	"any":           `roles = { any = "guest-*" }`,
	"pairs":         `when = function(req) for r in pairs(req.roles) do if std.starts(r, "guest-") then return true end end return false end`,
	"pairs value":   `when = function(req) for r, is in pairs(req.roles) do if is and std.starts(r, "guest-") then return true end end return false end`,
	"ipairs":        `when = function(req) for i, r in ipairs(req.roles) do if std.starts(r, "guest-") then return true end end return false end`,
	"length":        `when = function(req) for i = 1, #req.roles do if std.starts(req.roles[i], "guest-") then return true end end return false end`,
	"any of":        `when = function(req) return std.any(req.roles, function(r) return std.starts(r, "guest-") end) end`,
	"not all":       `when = function(req) return not std.all(req.roles, function(r) return not std.glob("guest-*", r) end) end`,
	"concat":        `when = function(req) return std.contains("," .. table.concat(req.roles, ","), ",guest-") end`,
	"local":         `when = function(req) local rs = req.roles return std.any(rs, function(r) return std.starts(r, "guest-") end) end`,
	"named":         `when = guest`,
}

// TestDenialByRoleNeverMisses checks that every way to name a group of roles in a
// deny rule works.
func TestDenialByRoleNeverMisses(t *testing.T) {
	t.Parallel()
	for name, condition := range denyGuests {
		p := parse(t, `local std = require "std/v1"
			local function guest(req) return std ~= nil and std.any(req.roles, function(r) return std.starts(r, "guest-") end) end
			allow { "all", keys = "**" }
			deny { "guests", keys = "**", `+condition+` }
			allow { "uses", keys = "x", when = guest }`)
		for _, tt := range []struct {
			roles []string
			allow bool
		}{{nil, true}, {[]string{"staff"}, true}, {[]string{"guest-7"}, false}, {[]string{"staff", "guest-x", "a"}, false}, {[]string{"a", "b", "z", "guest-"}, false}} {
			req := getKey("a/b")
			req.Roles = tt.roles
			if d := p.Decide(req); d.Allow != tt.allow || d.Err != nil {
				t.Errorf("%s: roles %q: %+v", name, tt.roles, d)
			}
		}
	}
}

// TestDenialByLabelNeverMisses is the same for labels.
func TestDenialByLabelNeverMisses(t *testing.T) {
	t.Parallel()
	for name, condition := range map[string]string{
		"glob":   `labels = { host = "quarantine-*" }`,
		"pairs":  `when = function(req) for k, v in pairs(req.labels) do if k == "host" and std.starts(v, "quarantine-") then return true end end return false end`,
		"any":    `when = function(req) return std.any(req.labels, function(v) return std.starts(v, "quarantine-") end) end`,
		"length": `when = function(req) return #req.labels == 2 and std.starts(req.labels.host, "quarantine-") end`,
	} {
		p := parse(t, `local std = require "std/v1" allow { "all", keys = "**" } deny { "no", keys = "**", `+condition+` }
			allow { "uses", keys = "x", when = function(req) return std.starts(req.key, "y") end }`)
		for value, allow := range map[string]bool{"db-1": true, "quarantine-1": false, "quarantine-": false, "x/quarantine-1": true} {
			req := getKey("a")
			req.Labels = map[string]string{"host": value, "zone": "b"}
			if d := p.Decide(req); d.Allow != allow || d.Err != nil {
				t.Errorf("%s: %q: %+v", name, value, d)
			}
		}
	}
	p := parse(t, `allow { "all", keys = "**" } deny { "no", keys = "**", when = function(req) for i, v in ipairs(req.labels) do return true end return false end }`)
	req := getKey("a")
	req.Labels = map[string]string{"host": "x"}
	if d := p.Decide(req); d.Allow || d.Code != policy.PolicyError {
		t.Errorf("ipairs over labels: %+v", d)
	}
}

// TestConditionsThatCannotHoldAreErrors checks that what can never match, or would be
// taken literally, keeps a policy from loading.
func TestConditionsThatCannotHoldAreErrors(t *testing.T) {
	t.Parallel()
	fields := []string{
		`roles = "guest-?"`, `roles = "{a,b}"`, `roles = "team[12]"`, `roles = { all = "a-*", none = "a-*" }`, `roles = { every = "a" }`, `roles = { any = {} }`,
		`callers = "svc-?"`, `callers = "svc/{a,b}"`, `callers = "a**"`, `labels = { host = "q-?" }`, `labels = { ["h*"] = "x" }`, `labels = { host = "{a,b}" }`,
		`labels = { mfa = true }`, `hours = "24:00-06:00"`, `from = "2026-13-01"`, `until = ""`, `from = "2026-05-02", ["until"] = "2026-05-01"`, `tz = "UTC"`, `ops = "read,write"`,
	}
	for _, f := range fields {
		mustNotLoad(t, fmt.Sprintf(`deny { "x", keys = "**", %s }`, f))
	}
	for _, glob := range []string{"prod/{a,b}", "prod/?", "prod/[ab]", "^prod/", "/prod", "prod/", "a//b", "prod**", "team/${team}/x", "../a"} {
		mustNotLoad(t, fmt.Sprintf(`deny { "x", keys = %q }`, glob))
	}
	for _, expr := range []string{
		`std.ip_in(req.labels.ip, "203.0.113.7")`, `std.ip_in(req.labels.ip, "10.0.0.0/33")`, `std.ip_in(req.labels.ip, "::ffff:0:0/64")`, `std.ip_in(req.labels.ip, "10.0.0")`,
		`std.ip_in(req.labels.ip, "")`, `std.ip_in("10.0.0.256", "10.0.0.0/8")`, `std.glob("prod/{a,b}", req.key)`, `std.glob("prod/?", req.key)`, `std.glob("a**", req.key)`,
		`std.glob("/prod/**", req.key)`, `std.glob("svc-?", req.caller)`, `std.starts(req.key, "prod/*")`, `std.starts(req.key, "/prod//x")`, `std.contains(req.key, "^prod")`, `std.ends(req.caller, "*-bot")`,
		`std.semver_ge(req.labels.v, "two")`, `std.in_window(req.time, "8-18")`, `std.in_window(req.time, "08:00-18:00", "monday")`, `std.in_window(req.time, "08:00-18:00", "mon", "Mars")`,
		`req.key:match("^prod") ~= nil`, `req.caller:gsub("a", "b") == "x"`, `req.labels.team:startswith("x")`, `("x"):format() == "x"`, `(req.key .. "x"):match("x") ~= nil`,
		`req.op == "read"`, `req.op == "write"`, `req.op == "create"`, `req.op ~= "reed"`, `"GET" == req.op`, `req.key == "prod/*"`, `req.key == "/prod"`, `req.caller == "svc/*"`,
		`req.roles == "admin"`, `req.labels == "x"`, `req.roles["guest-*"] == true`, `req.labels.host == "quarantine-*"`, `req.labels.host ~= "prod-*"`, `req.caller ~= "svc/*"`, `req.labels.level == 3`, `req.labels.mfa == true`, `req.caller == 1000`,
		`req.time == "2026-01-01"`, `require("std/v1") ~= nil`,
	} {
		mustNotLoad(t, `local std = require "std/v1" allow { "used", keys = "x", when = function(req) return std.starts(req.key, "x") end }
			deny { "x", keys = "**", when = function(req) return `+expr+` end }`)
	}
	for _, body := range []string{
		`allow { "z", keys = "**" } return true`, `if req.op == "get" then deny { "z", keys = "**" } end return true`, `help() return true`, `require "std/v1" return true`,
		`local k = req.key return k:match("x") ~= nil`, `return (function() allow { "z", keys = "a" } return true end)()`,
	} {
		mustNotLoad(t, `local function help() allow { "inner", keys = "a" } end
			deny { "x", keys = "**", when = function(req) `+body+` end } deny { "uses", keys = "a", when = function(req) return help ~= nil end }`)
	}
}

func mustNotLoad(t *testing.T, src string) {
	t.Helper()
	_, err := policy.Parse("policy.lua", []byte(src), policy.Options{Chain: []string{"env"}})
	var le *policy.LoadError
	if !errors.As(err, &le) || le.Line == 0 {
		t.Errorf("Parse(%s) = %v, want an error with a line", strings.TrimSpace(src), err)
	}
}

// TestWrongArgumentsKeepADenial checks that a std function that is given a text
// without the form that it needs stops the predicate, so that a deny rule holds.
func TestWrongArgumentsKeepADenial(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		`std.ip_in(req.labels.bad, "203.0.113.0/24")`, `std.ip_in(req.labels.ip, req.labels.bad)`, `std.semver_ge(req.labels.bad, "2.0")`, `std.semver_ge(req.labels.version, req.labels.bad)`,
		`({ s = std.starts }).s(req.key)`, `({ s = std.ip_in }).s(req.labels.ip)`, `std.glob(req.labels.braces, req.key)`, `std.segment(req.key, 0) == "a"`, `std.segment(req.key, "x") == "a"`, `std.starts(req.roles, "a")`, `std.any(req.key, function() return false end)`,
		`std.any({ a = 1 }, function() return false end)`, `std.in_window(req.time, req.labels.bad)`, `req.labels[1] == "x"`,
	} {
		p := parse(t, `local std = require "std/v1" allow { "all", keys = "**" } deny { "x", keys = "**", when = function(req) return `+expr+` and std ~= nil end }`)
		req := getKey("a/b")
		req.Labels = map[string]string{"bad": "no-such-form!", "ip": "10.0.0.1", "version": "1.2", "braces": "{a,b}"}
		if d := p.Decide(req); d.Allow || d.Code != policy.PolicyError {
			t.Errorf("%s: %+v", expr, d)
		}
	}
	for expr, want := range map[string]bool{
		`std.ip_in("::ffff:10.1.2.3", "10.0.0.0/8")`: true, `std.ip_in("10.1.2.3", "::ffff:10.0.0.0/104")`: true, `std.ip_in("11.1.2.3", "::ffff:10.0.0.0/104")`: false,
		`std.ip_in("fe80::1%eth0", "fe80::/10")`: true, `std.ip_in("203.0.113.7", "203.0.113.7/32")`: true, `std.ip_in(nil, "10.0.0.0/8")`: false, `std.starts(nil, "a")`: false,
	} {
		p := parse(t, `local std = require "std/v1" allow { "x", keys = "**", when = function(req) return `+expr+` end }`)
		if d := p.Decide(getKey("a")); d.Allow != want || d.Err != nil {
			t.Errorf("%s: %+v", expr, d)
		}
	}
}

// TestEveryoneIncludesTheNamelessCaller checks that a rule for callers "**" holds for
// the empty caller too.
func TestEveryoneIncludesTheNamelessCaller(t *testing.T) {
	t.Parallel()
	for _, callers := range []string{`"**"`, `{ "svc/*", "**" }`} {
		p := parse(t, `allow { "all", keys = "**" } deny { "no", keys = "prod/**", callers = `+callers+` }`)
		for _, caller := range []string{"", "app", "a/b/c"} {
			req := getKey("prod/x")
			if req.Caller = caller; p.Decide(req).Allow {
				t.Errorf("callers = %s spares %q", callers, caller)
			}
		}
	}
	p := parse(t, `allow { "all", keys = "**" } deny { "no", keys = "prod/**", callers = "*" }`)
	if !p.Decide(getKey("prod/x")).Allow {
		t.Error(`callers = "*" matches the empty caller`)
	}
}

func TestRoleSets(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "all", keys = "a", roles = { all = { "dev", "eu-*" } } }
		allow { "none", keys = "b", roles = { none = { "guest-*", "intern" } } }
		allow { "both", keys = "c", roles = { "dev", "ops" } }
		allow { "mixed", keys = "d", roles = { any = { "dev", "ops-*" }, all = "mfa", none = "banned" } }
		deny { "others", keys = "root", roles = { none = "breakglass" } }
		allow { "root", keys = "root" }`)
	for _, tt := range []struct {
		key, roles string
		want       bool
	}{
		{"a", "", false}, {"a", "dev", false}, {"a", "dev eu-west", true}, {"a", "eu-west", false},
		{"b", "", true}, {"b", "dev", true}, {"b", "dev guest-1", false}, {"b", "intern", false},
		{"c", "", false}, {"c", "ops", true},
		{"d", "dev", false}, {"d", "dev mfa", true}, {"d", "ops-1 mfa", true}, {"d", "ops-1 mfa banned", false}, {"d", "mfa", false},
		{"root", "", false}, {"root", "breakglass", true}, {"root", "dev", false}, {"root", "dev breakglass", true},
	} {
		req := getKey(tt.key)
		req.Roles = strings.Fields(tt.roles)
		if d := p.Decide(req); d.Allow != tt.want {
			t.Errorf("%s with %q: %+v", tt.key, tt.roles, d)
		}
	}
}

// TestUntilIsAField checks that a reserved word of Lua is the name of a field in a
// table, and nothing else.
func TestUntilIsAField(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`allow { "x", keys = "**", until = "2026-03-31" }`, `allow { "x", keys = "**", ["until"] = "2026-03-31" }`, `allow { until = "2026-03-31"; "x", keys = "**" }`,
		"allow { \"x\", keys = \"**\",\n  until\n= \"2026-03-31\" }", `repeat local done = true until done == true allow { "x", keys = "**", until = "2026-03-31" }`,
	} {
		p := parse(t, src)
		req := getKey("a")
		if !p.Decide(req).Allow {
			t.Errorf("%s: denied before the end", src)
		}
		if req.Time = noon.AddDate(0, 2, 0); p.Decide(req).Allow {
			t.Errorf("%s: allowed after the end", src)
		}
		if x := p.Explain(req); len(x.Misses) != 1 || !strings.Contains(x.Misses[0].Failed[0], "until 2026-03-31") {
			t.Errorf("Explain = %+v", x.Misses)
		}
	}
	for _, src := range []string{`allow { "x", keys = "**", until == "x" }`, `until = 1`, `allow { "x", until }`, strings.Repeat(`x = { until = `, 500)} {
		mustNotLoad(t, src)
	}
}

func TestCreateApartFromUpdate(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "c", keys = "inbox/**", ops = "create" }
		allow { "u", keys = "config/**", ops = "update" }
		allow { "two", keys = "both/**", ops = "create" } allow { "two-u", keys = "both/**", ops = "update" }
		allow { "s", keys = "free/**", ops = "set" } deny { "no-new", keys = "free/fixed/**", ops = "create" }`)
	for _, tt := range []struct {
		key                 string
		create, update, set bool
	}{
		{"inbox/a", true, false, false}, {"config/a", false, true, false}, {"both/a", true, true, true},
		{"free/a", true, true, true}, {"free/fixed/a", false, true, false}, {"other", false, false, false},
	} {
		for op, want := range map[policy.Op]bool{policy.OpCreate: tt.create, policy.OpUpdate: tt.update, policy.OpSet: tt.set, policy.OpDelete: false, policy.OpGet: false} {
			if d := p.Decide(policy.Request{Op: op, Key: tt.key, Time: noon}); d.Allow != want {
				t.Errorf("%s %s: %+v", op, tt.key, d)
			}
		}
	}
	if !p.SplitsSet() || parse(t, `allow { "a", keys = "**", ops = { "create", "update", "get" } } deny { "b", keys = "x", ops = "write" }`).SplitsSet() {
		t.Error("SplitsSet")
	}
	mustNotLoad(t, `chain { "x", keys = "**", ops = "create", providers = "env" }`)
	q := parse(t, `allow { "a", keys = "**", ops = "set", when = function(req) return req.op == "set" end }`)
	if !q.Decide(policy.Request{Op: policy.OpCreate, Key: "a", Time: noon}).Allow {
		t.Error("a predicate sees another operation than set")
	}
}
