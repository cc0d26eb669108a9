package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

// mistakes are policies with one mistake each, and the identifier of the finding.
var mistakes = []struct{ id, src string }{
	{"rule-covered", `allow { "wide", roles = "dev", keys = "stage/**" } allow { "narrow", roles = "dev", keys = "stage/db/**" }`},
	{"rule-covered", `allow { "one", roles = "dev", keys = "stage/**" } allow { "same", roles = "dev", keys = "stage/**" }`},
	{"rule-covered", `allow { "all", roles = "dev", keys = "**" } deny { "wide", keys = "stage/**" } deny { "narrow", keys = "stage/db" }`},
	{"rule-covered", `allow { "wide", roles = "team-*", keys = "a/**" } allow { "narrow", roles = { "team-1", "team-2" }, keys = "a/b" }`},
	{"rule-covered", `allow { "wide", callers = "svc/**", keys = "a/**" } allow { "narrow", callers = "svc/x", labels = { z = "1" }, keys = "a/*/c" }`},
	{"allow-never", `allow { "a", roles = "dev", keys = "stage/**" } deny { "d", keys = "stage/**" }`},
	{"allow-never", `allow { "a", roles = "dev", keys = "stage/db/pw" } deny { "d", keys = "stage/*/pw" }`},
	{"allow-never", `allow { "a", roles = "dev", keys = "stage/db*/pw" } deny { "d", keys = "stage/*/pw" }`},
	{"allow-never", `allow { "a", roles = "dev", ops = "*", keys = "stage/**" } deny { "d", ops = "read", keys = "stage/**" } deny { "e", ops = "write", keys = "stage/**" }`},
	{"allow-never", `allow { "a", roles = "dev", keys = "a/**" } deny { "d", keys = "a/*" } deny { "e", keys = "a/*/**" }`},
	{"deny-idle", `allow { "a", roles = "dev", keys = "stage/**" } deny { "d", keys = "prod/**" }`},
	{"deny-idle", `allow { "a", roles = "dev", keys = "stage/db*/**" } deny { "d", keys = "stage/mail/**" }`},
	{"no-allow", `deny { "d", keys = "prod/**" }`},
	{"allow-everything", `allow { "a", keys = { "*", "*/**" } }`},
	{"allow-everything", `allow { "a", keys = "**/*" }`},
	{"allow-everything", `allow { "a", keys = "**", callers = { "x", "**" } }`},
	{"allow-everything", `allow { "a", keys = "**", when = function(r) return true end }`},
	{"when-constant", `allow { "a", roles = "x", keys = "**", when = function(r) return true end }`},
	{"when-constant", `allow { "a", keys = "**", when = function(r) return false end }`},
	{"when-constant", `local function never(r) return false end allow { "a", keys = "**", when = never }`},
	{"when-contradiction", `allow { "a", labels = { env = "dev" }, keys = "**", when = function(r) return r.labels.env == "prod" and r.op == "get" end }`},
	{"when-unreachable", `allow { "a", roles = "x", keys = "**", when = function(r) do return r.op == "get" end return false end }`},
	{"when-short-key", `local std = require "std/v1" allow { "a", keys = { "team/*/x", "*" }, when = function(r) return r.labels.team == std.segment(r.key, 2) end }`},
	{"when-loop", `allow { "a", keys = "**", when = function(r) while r.op == "x" .. "y" do end return r.op == "get" end }`},
	{"rule-unreachable", `allow { "a", roles = "x", keys = "**" } chain { "c", keys = "**", providers = "env" } chain { "late", keys = "prod/**", providers = "file" }`},
	{"rule-unreachable", `allow { "a", roles = "x", keys = "**" } chain { "c", keys = "*", providers = "env" } chain { "d", keys = "*/**", providers = "env" } chain { "late", keys = "**", providers = "file" }`},
	{"rule-unreachable", `allow { "a", roles = "x", keys = "**" } redact { "r", keys = "**", mode = "full" } redact { "late", keys = "**/pw", mode = "hash" }`},
	{"rule-unreachable", `allow { "a", roles = "x", keys = "**" } pin { "p", keys = "a/*", provider = "env" } pin { "late", keys = "a/b", provider = "env" }`},
	{"mask-nothing", `allow { "a", roles = "x", keys = "**" } redact { "r", keys = "**", mode = "none" }`},
	{"mask-idle", `allow { "a", roles = "x", keys = "dev/**" } redact { "r", keys = "prod/**", mode = "hash" }`},
	{"mask-idle", `allow { "a", roles = "x", ops = "write", keys = "**" } redact { "r", keys = "prod/**", mode = "hash" }`},
	{"mask-idle", `allow { "a", roles = "x", keys = "dev/**" } redact { "r", keys = "prod/host", mode = "none" }`},
	{"mask-idle", `allow { "a", roles = "x", keys = "dev/**" } redact { "r", keys = { "dev/host", "prod/host" }, mode = "none" }`},
	{"mask-idle", `allow { "a", roles = "x", keys = "dev/**" } deny { "d", keys = "dev/db/**" } redact { "r", keys = "dev/db/pw", mode = "hash" }`},
	{"pin-idle", `allow { "a", roles = "x", keys = "**" } chain { "c", keys = "**", providers = "env" } pin { "p", keys = "root/**", provider = "vault" }`},
	{"pin-idle", `allow { "a", roles = "x", keys = "**" } pin { "p", keys = "root/**", provider = "vault" }`},
	{"chain-gap", `allow { "a", roles = "x", keys = "**" } chain { "c", keys = "prod/**", providers = "env" }`},
	{"when-contradiction", `allow { "a", ops = "read", keys = "**", when = function(r) return r.op == "delete" end }`},
	{"when-contradiction", `deny { "a", keys = "a/**", when = function(r) return r.labels.x == "1" and r.key == "b/x" end }`},
	{"when-contradiction", `deny { "a", keys = "**", callers = "svc-*", when = function(r) return "web" == r.caller end }`},
	{"when-contradiction", `deny { "a", keys = "**", roles = { none = "ops*" }, when = function(r) return r.roles.ops == true end }`},
	{"when-contradiction", `deny { "a", keys = "**", roles = { none = "ops*" }, when = function(r) return r.roles["ops-1"] and r.op == "get" end }`},
	{"when-constant", `allow { "a", roles = "x", keys = "**", when = function(r) return r.op == "get" or true end }`},
	{"when-constant", `deny { "a", keys = "**", when = function(r) return r.op == "get" and false end }`},
	{"when-constant", `deny { "a", keys = "**", when = function(r) return r.op == "get" and r.key ~= "x" and "set" == r.op end }`},
	{"when-constant", `deny { "a", keys = "**", when = function(r) return r.labels.x == "1" and r.labels.x == "2" end }`},
	{"when-constant", `allow { "a", roles = "x", keys = "**", when = function(r) return r.op ~= "get" or r.op ~= "set" end }`},
	{"allow-everything", `allow { "a", keys = "**", when = function(r) return r.op ~= "get" or r.op ~= "set" end }`},
	{"when-result", `allow { "a", keys = "a", when = function() end }`}, {"when-result", `allow { "a", keys = "a", when = function(r) return nil end }`},
	{"when-result", `allow { "a", keys = "a", when = function(r) return "yes" end }`}, {"when-result", `allow { "a", keys = "a", when = function(r) return 1 end }`},
	{"when-result", `allow { "a", keys = "a", when = function(r) return {} end }`}, {"when-result", `deny { "a", keys = "a", when = function(r) return r.labels.x end }`},
	{"when-result", `deny { "a", keys = "a", when = function(r) return r.roles.x end }`}, {"when-result", `deny { "a", keys = "a", when = function(r) return r.labels end }`},
	{"when-result", `deny { "a", keys = "a", when = function(r) if r.op == "get" then return true end end }`},
	{"when-result", `deny { "a", keys = "a", when = function(r) return r.op == "get" or "x" end }`},
	{"when-result", `local function f(r) return r.labels.x and r.op == "get" end deny { "a", keys = "a", when = f }`},
	{"odd-name", `deny { "a", keys = "**", roles = " ops" }`}, {"odd-name", `deny { "a", keys = "**", callers = "svc " }`}, {"odd-name", `deny { "a", keys = "**", callers = " " }`},
	{"odd-name", `deny { "a", keys = "**", roles = "guest, contractor" }`}, {"odd-name", `deny { "a", keys = "**", roles = { none = "a|b" } }`},
	{"odd-name", `deny { "a", keys = "**", roles = { all = "!staff" } }`}, {"odd-name", `deny { "a", keys = "**", roles = "not staff" }`}, {"odd-name", `deny { "a", keys = "**", callers = "^guest" }`},
	{"odd-name", `deny { "a", keys = "**", labels = { env = "prod,stage" } }`}, {"odd-name", `deny { "a", keys = "**", labels = { ["env "] = "prod" } }`}, {"odd-name", `deny { "a", keys = "**", labels = { env = "!dev" } }`},
	{"odd-name", "deny { \"a\", keys = \"**\", roles = \"guest\u200b\" }"}, {"odd-name", "deny { \"a\", keys = \"**\", callers = \"a\u00a0b\" }"}, {"odd-name", `deny { "a", keys = "**", roles = "a\tb" }`},
	{"star-name", `deny { "a", keys = "**", callers = "*" }`}, {"star-name", `deny { "a", keys = "**", roles = { all = "*" } }`}, {"star-name", `deny { "a", keys = "**", labels = { env = "*" } }`},
	{"star-name", `allow { "a", keys = "**", roles = { none = "*" } }`},
	{"deny-one-read", `allow { "a", roles = "x", keys = "**" } deny { "d", roles = "y", ops = "get", keys = "a/**" }`},
	{"deny-one-read", `allow { "a", roles = "x", ops = { "get", "watch" }, keys = "**" } deny { "d", ops = { "get", "write" }, keys = "a/**" } deny { "e", roles = "z", ops = "watch", keys = "a/**" }`},
	{"when-contradiction", `local std = require "std/v1" deny { "a", keys = { "a/**", "c/x" }, when = function(r) return r.op == "get" and std.starts(r.key, "b/") end }`},
	{"when-both-absent", `allow { "a", keys = "**", when = function(r) return r.labels.team == r.labels.owner end }`},
	{"when-both-absent", `allow { "a", keys = "**", when = function(r) return r.op == "get" and (r.op == "set" or r.labels.team == r.labels.owner) end }`},
	{"name-case", `allow { "a", roles = { "guest", "dev" }, keys = "**" } deny { "d", roles = "Guest", keys = "a/**" }`},
	{"name-case", `allow { "a", callers = "svc-a", keys = "**" } deny { "d", callers = "SVC-a", keys = "a/**" }`},
	{"name-case", `allow { "a", labels = { env = "*" }, keys = "**" } deny { "d", labels = { Env = "prod" }, keys = "a/**" }`},
	{"label-field", `deny { "d", labels = { roles = "guest" }, keys = "a/**" }`}, {"pattern-covered", `allow { "a", callers = { "svc", "*" }, keys = "**" }`},
	{"pattern-covered", `allow { "a", roles = { "ops-1", "**" }, keys = "**" }`}, {"role-excluded", `allow { "a", roles = { any = { "ops", "dev" }, none = "o*" }, keys = "**" }`},
	{"time-idle", `allow { "a", roles = "x", keys = "**", hours = "00:00-24:00" }`}, {"time-idle", `allow { "a", roles = "x", keys = "**", days = "tue-mon" }`},
	{"rule-not-declared", `allow { "a", roles = "x", keys = "**" } for _, n in ipairs({}) do deny { n, keys = "a/**" } end`},
	{"rule-not-declared", `allow { "a", roles = "x", keys = "**" } if false then deny { "d", keys = "a/**" } end`},
	{"rule-not-declared", `local t = {} allow { "a", roles = "x", keys = "**" } if t.prod then deny { "d", keys = "a/**" } end`},
	{"rule-not-declared", `local function rules() deny { "d", keys = "a/**" } end allow { "a", roles = "x", keys = "**" }`},
	{"hook-result", `allow { "a", roles = "x", keys = "**" } chain { "c", keys = "**", providers = function(r) return "env" end }`},
	{"key-case", `allow { "a", roles = "x", keys = "prod/**" } deny { "d", keys = "Prod/db" }`},
	{"empty-segment", `allow { "a", callers = "svc//x", keys = "**" }`},
	{"reason-unused", `allow { "a", roles = "x", keys = "**", reason = "because" }`},
	{"unused-local", `local x = 1 allow { "a", roles = "x", keys = "**" }`},
	{"unused-local", `local std = require "std/v1" allow { "a", roles = "x", keys = "**" }`},
	{"hidden-local", `local x = "a" local x = "b" allow { x, roles = "x", keys = "**" }`},
	{"load", `allow { "a", roles = { "x", "x" }, keys = "**" }`},
	{"load", ``}, {"load", `-- nothing`}, {"load", `redact { "r", keys = "**", mode = "last", keep = 9 }`},
	{"syntax", `allow {`},
}

// TestEveryMistakeIsFoundByItsName checks that each mistake has its own identifier.
func TestEveryMistakeIsFoundByItsName(t *testing.T) {
	t.Parallel()
	ids := policy.DiagnosticIDs()
	seen := map[string]bool{"many-rules": true}
	for _, m := range mistakes {
		r := policy.CheckSource("policy.lua", []byte(m.src), policy.Options{Chain: []string{"env"}})
		if !slices.ContainsFunc(r.Diagnostics, func(d policy.Diagnostic) bool { return d.ID == m.id && (d.Line == 1 || m.id == "load") }) {
			t.Errorf("%s is not found in %s: %v", m.id, m.src, r.Diagnostics)
		}
		for _, d := range r.Diagnostics {
			if seen[d.ID] = true; ids[d.ID] == "" {
				t.Errorf("%q has no description", d.ID)
			}
		}
	}
	for id := range ids {
		if !seen[id] {
			t.Errorf("no mistake is %q", id)
		}
	}
}

// TestSoundPoliciesHaveNoFindings checks policies that only look like a mistake.
func TestSoundPoliciesHaveNoFindings(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`allow { "a", roles = "x", keys = "a/**" } deny { "d", roles = "y", keys = "a/**" }`,
		`allow { "a", roles = "x", keys = "a/**" } deny { "d", keys = "a/**", hours = "22:00-06:00" }`,
		`allow { "a", roles = "x", keys = "a/**" } allow { "b", roles = "y", keys = "a/**" }`,
		`allow { "a", roles = { none = "guest" }, keys = "a/**" } allow { "b", roles = "x", keys = "a/**" }`,
		`allow { "a", roles = "x", keys = "a/**", hours = "08:00-10:00" } allow { "b", roles = "x", keys = "a/**", hours = "12:00-14:00" }`,
		`allow { "a", roles = "x", keys = "a/**" } deny { "d", keys = { "a/x", "b/**" } }`,
		`allow { "a", roles = "x", keys = "**" } chain { "c", keys = "a/**", providers = "env" } chain { "d", keys = "**", providers = "env" }`,
		`allow { "a", callers = "spiffe://prod/ns/x", keys = "**" }`,
		`allow { "a", roles = "x", keys = "a/**" } deny { "d", roles = "y", keys = "a/b" } redact { "r", keys = { "a/b", "a/c" }, mode = "none" }`,
		`allow { "a", roles = "x", keys = "a/**" } deny { "d", ops = "write", keys = "a/b" } redact { "r", keys = "a/b", mode = "hash" }`,
		`deny { "all", keys = "**" }`,
		`allow { "a", roles = "dev", ops = "read", keys = "stage/**" } deny { "d", ops = "write", keys = "stage/**" }`,
		`allow { "a", roles = "x", keys = "a/**" } deny { "d", keys = "a/**", when = function(r) return r.labels.mfa ~= "yes" end }`,
		`allow { "a", labels = { env = "d*" }, keys = "**", when = function(r) return r.labels.env == "dev" end }`,
		`allow { "a", roles = "x", ops = "create", keys = "a/**" } allow { "b", roles = "x", ops = "update", keys = "a/**" }`,
		`allow { "a", keys = "**", when = function(r) if r.op == "get" then return true else return r.labels.x == "1" end end }`,
		`allow { "a", keys = "**", when = function(r) if r.roles.x then return true end error("no") end }`,
		`local function both(name) allow { name, roles = name, keys = name .. "/**" } deny { name .. "-d", roles = name, keys = name .. "/x" } end both("a") both("b")`,
		`allow { "a", roles = "x", keys = "**" } deny { "d", roles = "y", ops = "get", keys = "a/**" } deny { "e", roles = "y", ops = "watch", keys = "a/**" }`,
		`allow { "a", roles = "x", ops = "get", keys = "**" } deny { "d", roles = "y", ops = "get", keys = "a/**" }`,
		`allow { "a", callers = "*", labels = { env = "*" }, keys = "**" } deny { "d", callers = "**", roles = "guest", keys = "a/**" }`,
		`local std = require "std/v1" deny { "a", keys = "a*/**", when = function(r) return std.starts(r.key, "ab/c") end } allow { "b", roles = "x", keys = "**" }`,
		`allow { "a", keys = "**", when = function(r) return r.labels.a ~= nil and r.labels.a == r.labels.b end }`,
		`allow { "a", callers = { "CN=a,OU=b", "svc-*" }, roles = { any = { "x", "y*" }, none = "z" }, keys = "**" }`,
		`allow { "a", keys = "**", when = function(r) return r.op == "get" or r.op == "set" end }`,
		`allow { "a", ops = "create", keys = "**", when = function(r) return r.op == "set" and r.op ~= "get" and r.labels.x ~= "1" end }`,
		`allow { "a", roles = "x", keys = "**" } redact { "tok", keys = "**/token", mode = "last", keep = 4 } redact { "all", keys = "**", mode = "full" }`,
	} {
		r := policy.CheckSource("policy.lua", []byte(src), policy.Options{Chain: []string{"env"}})
		if !r.OK() || len(r.Diagnostics) > 0 {
			t.Errorf("%s: %v", src, r.Diagnostics)
		}
	}
}

// typos are files with a typing error and what the message must contain: what is
// wrong, or what was meant.
var typos = []struct{ src, want string }{
	{`allow { "a", role = "x", keys = "**" }`, `"roles"`}, {`allow { "a", key = "**" }`, `"keys"`}, {`allow { "a", op = "get", keys = "**" }`, `"ops"`},
	{`allow { "a", caller = "x", keys = "**" }`, `"callers"`}, {`allow { "a", label = {}, keys = "**" }`, `"labels"`}, {`allow { "a", hour = "08:00-09:00", keys = "**" }`, `"hours"`},
	{`allow { "a", ops = "reed", keys = "**" }`, `"read"`}, {`allow { "a", ops = "list", keys = "**" }`, `want get, set, delete, keys, watch, create, update, read, write, *`},
	{`allow { "a", ops = "READ", keys = "**" }`, `"read"`}, {`allow { "a", ops = "get,set", keys = "**" }`, `several are a list`},
	{`alow { "a", keys = "**" }`, `"allow"`}, {`Allow { "a", keys = "**" }`, `"allow"`}, {`permit { "a", keys = "**" }`, `allow`}, {`forbid { "a", keys = "**" }`, `deny`},
	{`allow { roles = "x", keys = "**" }`, `first item`}, {`allow { name = "a", keys = "**" }`, `write allow { "a", ... }`}, {`allow { "a", roles = "x" }`, `keys is missing`},
	{`allow { "a" roles = "x", keys = "**" }`, `comma`}, {`allow { "a", keys = "**"`, `"{" is not closed`}, {`allow { "a", roles: "x", keys = "**" }`, `NAME = VALUE`},
	{`allow { "a", roles = ["x"], keys = "**" }`, `{ "a", "b" }`}, {`allow { "a", keys = "**", when = function(req) return req.caller = "x" end }`, `==`},
	{`allow { "a", keys = "**", when = function(req) return req.caller != "x" end }`, `~=`}, {`allow { "a", keys = "**", when = function(req) return a && b end }`, `written and`},
	{`allow { "a", keys = "**", when = function(req) return req.labels.x == null end }`, `nil`}, {`allow { "a", keys = "**", when = (req) => true }`, `function(req) return ... end`},
	{`allow { "a", keys = "**", when = function(req) return true }`, `"end"`}, {`allow { "a", keys = "**", when = function(req) req.op == "get" end }`, `"return"`},
	{`allow { "a", keys = "**", when = function(req) return rq.op == "get" end }`, `"req"`}, {`allow { "a", keys = "**", when = function(req) return req.user == "x" end }`, `no field "user"`},
	{`allow { "a", keys = "**", when = function(req) return req.callers == "x" end }`, `"caller"`}, {`allow { "a", keys = "**", when = function(req) return std.starts(req.key, "x") end }`, `local std = require "std/v1"`},
	{`local s = require "std/v1" allow { "a", keys = "**", when = function(req) return s.startswith(req.key, "x") end }`, `has no field "startswith"`},
	{`local std = require "std" allow { "a", keys = std }`, `"std/v1"`}, {`local std = require("std.v1") allow { "a", keys = std }`, `"std/v1"`},
	{`allow { "a", keys = "**", when = function(req) return string.match(req.key, "x") ~= nil end }`, `std.glob`}, {`allow { "a", keys = string.format("%s", "x") }`, `..`},
	{`allow { "a", keys = "**", when = function(req) return req.key:split("/")[1] == "x" end }`, `std.segments`}, {`allow { "a", keys = "**", when = function(req) return os.time() < 5 end }`, `from and until`},
	{`allow { "a", keys = os.getenv("X") }`, `environment`}, {`print("x")`, `log`}, {`allow { "a", keys = "**", when = function(req) return pcall(f) end }`, `"pcall"`},
	{`local t = setmetatable({}, {})`, `metatables`}, {`allow { "a", keys = { table.unpack({ "x" }) } }`, `one by one`}, {`local x = ("a"):gsub("a", "b")`, `patterns`},
	{`local x = 7 // 2`, `math.floor`}, {`local x = 7 & 2`, `bits`}, {`allow { "a", keys = "**", hours = "08:00-18:00", tz = "Europe/Berlim" }`, `IANA`},
	{`allow { "a", keys = "**", hours = "08:00-18:00", tz = "CEST" }`, `IANA`}, {`allow { "a", keys = "**", hours = "08:00-18:00", tz = "+02:00" }`, `IANA`},
	{`allow { "a", keys = "**", hours = "8-18" }`, `"08:00-18:00"`}, {`allow { "a", keys = "**", hours = "8:00-18:00" }`, `"08:00-18:00"`}, {"allow { \"a\", keys = \"**\", hours = \"08:00\u201318:00\" }", `"08:00-18:00"`},
	{`allow { "a", keys = "**", days = "Mon-Fri" }`, `"mon-fri"`}, {`allow { "a", keys = "**", days = { "mon", "tue" } }`, `"mon,tue"`}, {`allow { "a", keys = "**", days = "monday" }`, `"mon"`},
	{`allow { "a", keys = "**", days = "mon, tue" }`, `"mon,tue"`}, {`allow { "a", keys = "**", days = "weekdays" }`, `"mon-fri"`}, {`allow { "a", keys = "**", from = "1.4.2026" }`, `"2026-06-30"`},
	{`redact { "a", keys = "**", mode = "mask" }`, `want none, full, first, last, hash`}, {`redact { "a", keys = "**", mode = "lst", keep = 4 }`, `"last"`}, {`chain { "c", keys = "**", provider = "env" }`, `"providers"`},
	{`pin { "c", keys = "**", providers = "env" }`, `"provider"`}, {`redact { "a", keys = "**", hours = "08:00-09:00", mode = "full" }`, `unknown field "hours"`},
	{`allow { "a", keys = "x" } deny { "a", keys = "**" }`, `already used in line 1`}, {`allow("a", { keys = "**" })`, `want a table`}, {`allow "a"`, `want a table`},
	{`allow { "a", keys = "^prod/.*$" }`, `not a regular expression`}, {`allow { "a", keys = "***" }`, `whole segment`}, {`allow { "a", keys = "prod**" }`, `whole segment`},
	{`allow { "a", keys = "../x" }`, `".."`}, {`allow { "a", keys = "my key" }`, `' '`}, {`allow { "a", keys = "team/${team}/**" }`, `use when`}, {`allow { "a", labels = { "team" }, keys = "**" }`, `{ name = "value" }`},
	{`allow { "a", labels = { mfa = true }, keys = "**" }`, `write it in quotes`}, {`allow { "a", labels = { level = 3 }, keys = "**" }`, `write it in quotes`}, {`allow { "a", keys = "**", when = "x" }`, `function(req) ... end`},
	{`allow { "a", roles = ROLES, keys = "**" }`, `"ROLES"`}, {`allow { "a", roles = { { "x" } }, keys = "**" }`, `list of strings`}, {"--[[ x\nallow { \"a\" }", `comment`},
	{"\ufeffallow { \"a\", keys = \"a\" }", `byte order mark`}, {"local x\n\ufeffallow { \"a\", keys = \"a\" }", `byte order mark`},
	{`allow { "a", keys = "**", when = function(req) allow { "z", keys = "**" } return true end }`, `at the top of a file`}, {`test("x", function(t) end)`, `policy_test.lua`},
	{`allow { "a", keys = "**", when = function(req) return req.caller == nil end }`, `never nil`}, {`deny { "a", keys = "**", when = function(req) return nil ~= req.roles end }`, `never nil`},
	{`deny { "a", keys = "**", when = function(req) return not req.op == "get" end }`, `write not (a == b)`}, {`deny { "a", keys = "**", when = function(req) return nil ~= not req.labels.x end }`, `write not (a == b)`},
	{`local std = require "std/v1" deny { "a", keys = "**", when = function(req) return std.starts(req.caller) end }`, `want 2 arguments, not 1`},
	{`local std = require "std/v1" deny { "a", keys = "**", when = function(req) return std.ip_in(req.labels.ip) end }`, `want 2 arguments, not 1`},
	{`local std = require "std/v1" deny { "a", keys = "**", when = function(req) return std.in_window(req.time) end }`, `want 2 to 4 arguments, not 1`},
	{`local std = require "std/v1" deny { "a", keys = "**", when = function(req) return std.contains(req.caller, "a", "b") end }`, `want 2 arguments, not 3`},
	{`local std = require "std/v1" deny { "a", keys = "**", when = function(req) return std.glob(req.key, "a/*") end }`, `the pattern is the first argument`},
	{`allow { "a", keys = "**", when = function(req, role) return req.caller ~= role end }`, `"role" is always nil`},
	{`local function f(req, role) return req.caller ~= role end allow { "a", keys = "**", when = f }`, `"role" is always nil`},
	{`deny { "a", keys = "**", when = function(req) return req.key:lower() == "A/B" end }`, `lower never gives "A/B"`},
	{`deny { "a", keys = "**", when = function(req) return "x" ~= (req.labels.x or ""):upper() end }`, `upper never gives "x"`},
	{`ADMIN = "x"`, `write local ADMIN`}, {`local n = 0 allow { "a", keys = "**", when = function(req) n = n + 1 return true end }`, `may not change "n"`},
	{`allow { "a", keys = "**", when = function(req) return req.op == "read" end }`, `get, keys and watch`}, {`allow { "a", keys = "**", when = function(req) return None end }`, `nil`},
}

func TestTyposAreRefusedWithLineAndHint(t *testing.T) {
	t.Parallel()
	for _, tt := range typos {
		r := policy.CheckSource("policy.lua", []byte("\n"+tt.src), policy.Options{Providers: []string{"env"}, Chain: []string{"env"}})
		if strings.HasPrefix(tt.src, "\ufeff") {
			r = policy.CheckSource("policy.lua", []byte(tt.src), policy.Options{})
		}
		if r.OK() || len(r.Diagnostics) != 1 || r.Diagnostics[0].Line == 0 || !strings.Contains(r.Diagnostics[0].String(), strings.ReplaceAll(tt.want, "in line 1", "in line 2")) {
			t.Errorf("%s: %v, want %s", tt.src, r.Diagnostics, tt.want)
		}
	}
	crlf := "allow { \"a\", roles = \"x\",\r\n keys = \"a\" }\r\n"
	if r := policy.CheckSource("policy.lua", []byte(crlf), policy.Options{}); !r.OK() {
		t.Errorf("CRLF: %v", r.Diagnostics)
	}
}

// TestNoChoiceBetweenConstants: Lua takes one of two constants with "or" and "and", so a
// rule would be narrower than it reads.
func TestNoChoiceBetweenConstants(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`deny { "d", keys = "a/**" or "b/**" }`, `deny { "d", keys = "a/**" and "b/**" }`, `deny { "d", keys = { "a" or "b", "c" } }`,
		`deny { "d", keys = { "a" } or { "b" } }`, `deny { "d", keys = "**", roles = "web" or "dev" }`, `deny { "d", keys = "**", roles = { none = "a" or "b" } }`,
		`deny { "d", keys = "**", labels = { env = "a" or "b" } }`, `deny { "d", keys = "**", ops = "get" or "set" or "delete" }`,
		`redact { "d", keys = "**", mode = "last", keep = 4 or 2 }`, `deny { "d" or "e", keys = "**" }`, `local k = "a" or "b" deny { "d", keys = k }`,
		`deny { "d", keys = "**", when = function(r) return r.op == "get" end or function(r) return true end }`, `deny { "d", keys = "a" .. "b" or "c" }`,
	} {
		r := policy.CheckSource("p.lua", []byte(src), policy.Options{Chain: []string{"env"}})
		if r.OK() || !strings.Contains(r.Diagnostics[0].Msg, "write a list") || r.Diagnostics[0].Line != 1 {
			t.Errorf("%s: %v", src, r.Diagnostics)
		}
	}
	for _, src := range []string{`local x = true deny { "d", keys = x and "a" or "b" }`, `local t = { k = "a" } deny { "d", keys = t.k or "b" }`} {
		if r := policy.CheckSource("p.lua", []byte(src), policy.Options{Chain: []string{"env"}}); !r.OK() {
			t.Errorf("%s: %v", src, r.Diagnostics)
		}
	}
}
