package policy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

// when loads a policy whose only allow rule has a predicate with this body.
func when(t testing.TB, body string) *policy.Policy {
	t.Helper()
	return parse(t, "local std = require \"std/v1\"\nallow { \"rule\", keys = \"**\", when = function(req) "+body+"\nend }\nredact { \"r\", keys = std.segment(\"x/**\", 2), mode = \"full\" }")
}

func decideWhen(t testing.TB, body string) policy.Decision {
	t.Helper()
	return when(t, body).Decide(policy.Request{
		Caller: "canary-caller", Roles: []string{"dev"}, Op: policy.OpGet, Key: "team/blue/x",
		Labels: map[string]string{"team": "blue", "ip": "10.1.2.3", "version": "v1.10.0", "ticket": "OPS-7"}, Time: noon,
	})
}

// TestTM085OnlyTrueAllows tries every type and number of results.
func TestTM085OnlyTrueAllows(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "return", "return nil", "return 0", "return 1", `return ""`, `return "true"`, `return "allow"`, "return {}", "return { true }",
		"return std", "return function() return true end", "return req", "return req.labels", "return nil, true", "return 1, true",
		"return 0/0", "return req.labels.absent", "return req.labels.team", "return req.roles.dev and 1",
	} {
		if d := decideWhen(t, body); d.Allow || d.Code != policy.PolicyError || d.Err == nil {
			t.Errorf("%q: %+v", body, d)
		}
	}
	if d := decideWhen(t, "return false"); d.Allow || d.Code != policy.NoRule || d.Err != nil {
		t.Errorf("false: %+v", d)
	}
	for _, body := range []string{"return true", "return true, false", "return not nil", "return 1 == 1"} {
		if d := decideWhen(t, body); !d.Allow {
			t.Errorf("%q: %+v", body, d)
		}
	}
}

// TestTM076BoundedFunctions tries every function that can request much memory.
func TestTM076BoundedFunctions(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`local s = ("x"):rep(4097)`, `local s = string.rep("ab", 1e8)`, `local s = ("x"):rep(4000) s = s .. s`,
		`local s = table.concat({ ("x"):rep(4000), ("x"):rep(4000) })`,
		`local s = ("x"):rep(4000) for i = 1, 1000 do local u = s:upper() end`,
		`local s = ("x"):rep(4000) for i = 1, 1000 do local u = s:lower() end`,
		`local s = ("x"):rep(4000) for i = 1, 1000 do local u = s:reverse() end`,
		`local s = ("x"):rep(4000) for i = 1, 1000 do local u = s:sub(2) end`,
		`local s = ("x"):rep(4000) for i = 1, 1000 do local u = tostring(s) end`,
		`local s = ("x/"):rep(2000) for i = 1, 1000 do local u = std.segments(s) end`,
		`for i = 1, 5000 do local t = { 1, 2, 3, { 4 }, { 5 }, { 6 } } end`,
		`for i = 1, 5000 do local f = function() return i end end`,
	} {
		if d := decideWhen(t, body+" return true"); d.Allow || d.Code != policy.LimitExceeded {
			t.Errorf("%q: %+v", body, d)
		}
	}
}

// TestTM077NoPatterns checks that a pattern is an error or plain text.
func TestTM077NoPatterns(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`return req.key:find("^team") ~= nil`, `return req.key:find("t.am") ~= nil`,
	} {
		if d := decideWhen(t, body); d.Allow || d.Code != policy.PolicyError {
			t.Errorf("%q: %+v", body, d)
		}
	}
	for _, body := range []string{
		`return req.key:match("team") ~= nil`, `return (req.key:gsub("a", "b")) ~= nil`, `for w in req.key:gmatch("a") do end return true`,
	} {
		if _, err := policy.Parse("p", []byte(`allow { "x", keys = "**", when = function(req) `+body+` end }`), policy.Options{}); err == nil {
			t.Errorf("%q was loaded", body)
		}
	}
	if d := decideWhen(t, `return req.key:find("t.am", 1, true) == nil and req.key:find("team/") == 1`); !d.Allow {
		t.Errorf("plain find: %+v", d)
	}
}

// TestTM078TM079Growth checks that growing tables and strings are stopped by a
// limit.
func TestTM078TM079Growth(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`local t = {} t[67108863] = 1`, `local t = {} table.insert(t, 67108863, 1)`, `local t = {} for i = 1, 1e6 do t[i] = i end`,
		`local t = {} for i = 1, 1e6 do table.insert(t, i) end`, `local s = "x" while true do s = s .. s end`,
		`local t = {} for i = 1, 1e6 do t["k" .. i] = i end`,
	} {
		_, err := policy.Parse("p", []byte(src), policy.Options{})
		if err == nil || strings.Contains(err.Error(), "declares no rule") {
			t.Errorf("%q: %v", src, err)
		}
	}
}

// TestTM080EndlessScripts tries endless loops and recursions.
func TestTM080EndlessScripts(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`while true do end`, `repeat until false`, `for i = 1, 1e18 do end`, `local function f() return f() end return f()`,
		`local function f() f() end f()`, `local function f() return 1 + f() end f()`,
		`local t = { 1, 2, 3 } return std.any(t, function() while true do end end)`,
		`local function f(x) return std.any({ 1 }, f) end return f(1)`,
	} {
		d := decideWhen(t, body)
		if d.Allow || d.Err == nil {
			t.Errorf("%q: %+v", body, d)
		}
	}
}

// TestTM081NothingIsKept checks that a predicate cannot change anything that
// outlives its call.
func TestTM081NothingIsKept(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`local last allow { "x", keys = "**", when = function(req) last = req.key return true end }`,
		`local n = 0 local function count() n = n + 1 return true end allow { "x", keys = "**", when = function(req) return count() end }`,
		`allow { "x", keys = "**", when = function(req) last = req.key return true end }`,
		`local next = ipairs({ 1, 2, 3 }) allow { "x", keys = "**", when = function(req) return next() == 3 end }`,
		`local t = { n = pairs({ 1, 2, 3 }) } allow { "x", keys = "**", when = function(req) return t.n() == 3 end }`,
	} {
		if _, err := policy.Parse("p", []byte(src), policy.Options{}); err == nil {
			t.Errorf("%q loads", src)
		}
	}
	for _, body := range []string{
		`req.key = "x"`, `req.labels.team = "x"`, `req.roles.admin = true`, `std.x = 1`, `string.x = 1`, `local t = {} t.x = 1`,
		`table.insert(req.labels, "x")`, `local t = { 1 } table.remove(t)`, `local t = { 2, 1 } table.sort(t)`,
	} {
		if d := decideWhen(t, body+" return true"); d.Allow || d.Code != policy.PolicyError {
			t.Errorf("%q: %+v", body, d)
		}
	}
	p := parse(t, `local kept = {} allow { "x", keys = "**", when = function(req) kept[1] = req.caller return true end }`)
	for range 3 {
		if d := p.Decide(getKey("a")); d.Allow || d.Code != policy.PolicyError {
			t.Errorf("captured table: %+v", d)
		}
	}
}

// TestTM082PoliciesAreApart checks that policies do not share tables.
func TestTM082PoliciesAreApart(t *testing.T) {
	t.Parallel()
	_, err := policy.Parse("evil", []byte(`string.sub = function() return "x" end allow { "x", keys = "**" }`), policy.Options{})
	if err == nil {
		t.Error("the library was changed")
	}
	if d := decideWhen(t, `return req.key:sub(1, 4) == "team"`); !d.Allow {
		t.Errorf("another policy sees a changed library: %+v", d)
	}
}

// TestTM083TM084RequestOnly checks that a predicate sees only the request.
func TestTM083TM084RequestOnly(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"value", "secret", "version", "provider", "env"} {
		_, err := policy.Parse("p", fmt.Appendf(nil, `allow { "x", keys = "**", when = function(req) return req.%s == nil end }`, name), policy.Options{})
		if err == nil {
			t.Errorf("req.%s exists", name)
		}
		if d := decideWhen(t, fmt.Sprintf("local r = req return r.%s == nil", name)); d.Allow {
			t.Errorf("r.%s exists", name)
		}
	}
	if d := decideWhen(t, `return req.caller == "canary-caller" and req.op == "get" and req.key == "team/blue/x" and req.roles.dev and req.roles.ops == nil
		and req.labels.team == "blue" and req.labels.nobody == nil and req.time == 1772452800`); !d.Allow {
		t.Errorf("request: %+v %v", d, d.Err)
	}
}

// TestTM086FaultsShowNothing checks that a fault denies, and that callers see no
// text of the script or of the request.
func TestTM086FaultsShowNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`error("leak-me " .. req.caller)`, `local t t[req.caller] = 1`, `local t return t[req.caller].x`, `return req[req.caller]`,
		`assert(false, "leak-me " .. req.caller)`, `return req.caller + 1`, `return req.caller < 1`, `return ("x"):rep(req.caller)`, `log(req.caller) error("leak-me")`,
	} {
		d := decideWhen(t, body)
		shown := fmt.Sprintf("%+v %v %s", d, d.Err, d.Message)
		if d.Allow || d.Code != policy.PolicyError || d.Rule != "rule" || d.Line != 2 {
			t.Errorf("%q: %+v", body, d)
		}
		// %+v prints the error of the decision with its Error method.
		if strings.Contains(shown, "leak-me") || strings.Contains(shown, "canary") {
			t.Errorf("%q shows %s", body, shown)
		}
	}
}

// TestDenyFaultsMatchP3 checks that a deny rule whose predicate fails denies.
func TestDenyFaultsMatchP3(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "return 1", "error('x')", "while true do end", "local x = nil + 1", "return req.labels.absent.x", `local s = ("x"):rep(1e9) return false`} {
		for _, kind := range []string{"deny { \"d\", keys = \"**\", ", "chain { \"d\", keys = \"**\", providers = \"env\", "} {
			p := parse(t, `allow { "all", keys = "**" } `+kind+`when = function(req) `+body+` end }`)
			d := p.Decide(getKey("a"))
			if d.Allow || d.Err == nil || len(d.Providers) != 0 || (d.Code != policy.PolicyError && d.Code != policy.LimitExceeded) {
				t.Errorf("%s%q: %+v", kind, body, d)
			}
		}
	}
}

// TestPredicatesRunInParallel shares one policy between goroutines, for the race
// detector.
func TestPredicatesRunInParallel(t *testing.T) {
	t.Parallel()
	p := parse(t, `local std = require "std/v1"
		local teams = { "blue", "red", { deep = { "green" } } }
		for i, team in ipairs(teams) do
		  if type(team) == "string" then
		    allow { team, keys = "team/**", when = function(req)
		      local function same(a) return a == team and std.any(teams, function(x) return x == team end) end
		      return same(std.segment(req.key, 2)) and req.labels.n == req.caller end }
		  end
		end
		allow { "broken", keys = "broken", when = function(req) error(req.caller) end }`)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				name := fmt.Sprintf("%d-%d", g, i)
				team := []string{"blue", "red", "green"}[i%3]
				d := p.Decide(policy.Request{Caller: name, Op: policy.OpGet, Key: "team/" + team + "/x", Labels: map[string]string{"n": name}, Time: noon})
				if d.Allow != (team != "green") || d.Allow && d.Rule != team {
					t.Errorf("%s: %+v", team, d)
				}
				if d := p.Decide(getKey("broken")); d.Code != policy.PolicyError {
					t.Errorf("broken: %+v", d)
				}
			}
		})
	}
	wg.Wait()
}

// TestLimitsHoldInTools runs an endless predicate with every tool.
func TestLimitsHoldInTools(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "loop", keys = "**", when = function(req) while true do log("x") end end }`)
	if x := p.Explain(getKey("a")); x.Decision.Code != policy.LimitExceeded || len(x.Log) > 50 {
		t.Errorf("explain: %+v", x)
	}
	r, err := policytest.RunTests(p, []policytest.File{{Name: "t", Source: []byte(`test("a", function(t) t.deny { key = "a", code = "limit_exceeded" } end)
		test("many", function(t) while true do t.deny { key = "a" } end end)`)}}, nil)
	if err != nil || len(r.Tests[0].Failures) != 0 || len(r.Tests[1].Failures) != 1 {
		t.Errorf("test: %+v, %v", r, err)
	}
	log := `{"ts":"2026-03-02T12:00:00Z","op":"get","key":"a","effect":"allow","code":"allowed","rule":"x"}` + "\n"
	open := parse(t, `allow { "all", keys = "**" }`)
	if d, err := policytest.Diff(open, p, strings.NewReader(log)); err != nil || d.AllowToDeny != 1 {
		t.Errorf("diff: %+v, %v", d, err)
	}
	src := "allow { \"loop\", keys = \"**\" } while true do end"
	if r := policy.CheckSource("p", []byte(src), policy.Options{}); r.OK() {
		t.Errorf("check: %+v", r)
	}
}

// TestManyPredicates checks that predicates which each stay within their budget do
// not add up to an endless decision.
func TestManyPredicates(t *testing.T) {
	t.Parallel()
	p := parse(t, `for i = 1, 1000 do
		allow { "r" .. i, keys = "**", when = function(req) for i = 1, 2000 do end return false end }
	end allow { "last", keys = "**" }`)
	if d := p.Decide(getKey("a")); !d.Allow || d.Rule != "last" {
		t.Errorf("a rule without a predicate did not match: %+v", d)
	}
	p = parse(t, `for i = 1, 1000 do
		allow { "r" .. i, keys = "**", when = function(req) for i = 1, 2000 do end return i == 1000 end }
	end`)
	if d := p.Decide(getKey("a")); d.Allow || d.Code != policy.LimitExceeded {
		t.Errorf("Decide = %+v", d)
	}
}

func TestStd(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		`std.segment("a/b/c", 1) == "a"`, `std.segment("a/b/c", 3) == "c"`, `std.segment("a/b/c", 4) == ""`, `std.segment("a/b/c", -1) == "c"`,
		`std.segment("a/b/c", -3) == "a"`, `std.segment("a/b/c", -4) == ""`, `std.segment(nil, 1) == ""`,
		`std.segment(req.key, 9) ~= req.labels.absent`, `#std.segments("a/b/c") == 3`, `std.starts("abc", "ab")`, `not std.starts(nil, "ab")`,
		`std.ends("abc", "bc")`, `std.contains("abc", "b")`, `not std.contains("abc", nil)`, `std.is_ticket(req.labels.ticket)`,
		`not std.is_ticket(nil)`, `not std.is_ticket("OPS-")`, `not std.is_ticket("ops-1")`, `not std.is_ticket("OPS-01")`, `not std.is_ticket("X-1 or 1")`,
		`std.ip_in(req.labels.ip, "10.0.0.0/8")`, `not std.ip_in(req.labels.ip, "10.2.0.0/16")`, `std.ip_in("::1", "::/0")`,
		`std.ip_in("::ffff:10.0.0.1", "10.0.0.0/8")`, `std.semver_ge(req.labels.version, "1.9.9")`, `not std.semver_ge("1.9", "1.10")`, `std.semver_ge("1.0", "1.0.0")`,
		`not std.semver_ge("1.0.0-rc1", "1.0.0")`, `std.semver_ge("1.0.0", "1.0.0-rc1")`,
		`std.in_window(req.time, "08:00-20:00")`, `not std.in_window(req.time, "08:00-09:00")`, `std.in_window(req.time, "13:00-14:00", "mon", "Europe/Berlin")`,
		`std.any({ 1, 2 }, function(x) return x == 2 end)`, `not std.all({ 1, 2 }, function(x) return x == 2 end)`, `std.all({}, function() return false end)`,
		`std.glob("team/*/**", req.key)`, `not std.glob("team/*", req.key)`, `req.roles.dev == true`, `tostring({}) == "table"`, `tostring(1) == "1"`,
		`tonumber("12") == 12`, `tonumber("x") == nil`, `tonumber("nan") == nil`, `type(req) == "table"`, `("abc"):sub(2) == "bc"`, `("abc"):sub(-2, -2) == "b"`,
		`("abc"):upper() == "ABC"`, `("abc"):byte(2) == 98`, `string.char(97, 98) == "ab"`, `("a"):rep(3) == "aaa"`, `("abc"):reverse() == "cba"`,
		`("abc"):len() == 3 and #"abc" == 3`, `math.max(1, 3, 2) == 3 and math.min(2, 1) == 1 and math.floor(1.5) == 1`, `"a" < "b" and "b" >= "b" and 1 <= 2`,
		`table.concat({ 1, 2 }, ",") == "1,2"`, `"a" .. 1 .. "b" == "a1b"`,
	} {
		if d := decideWhen(t, "return "+expr); !d.Allow {
			detail := ""
			if e, ok := d.Err.(*policy.EvalError); ok {
				detail = e.Detail()
			}
			t.Errorf("%s: %s %s", expr, d.Code, detail)
		}
	}
}

// TestTM092KeyAsGiven checks that a predicate sees the key of the request, byte for
// byte.
func TestTM092KeyAsGiven(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "A/b@c", "x:y+z", "a.b-c_d/0"} {
		p := parse(t, fmt.Sprintf(`allow { "x", keys = "**", when = function(req) return req.key == %q end }`, key))
		if d := p.Decide(getKey(key)); !d.Allow {
			t.Errorf("%q: %+v", key, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	for _, src := range brokenForms {
		f.Add(src)
	}
	for _, src := range hostileBodies {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := policy.Parse("policy.lua", []byte(src), policy.Options{Chain: []string{"env"}})
		if err != nil {
			return
		}
		if d := p.Decide(policy.Request{}); d.Allow {
			t.Errorf("an empty request was allowed: %+v", d)
		}
		d := p.Decide(getKey("a/b"))
		if d.Allow && (d.Err != nil || d.Rule == "") || p.Explain(getKey("a/b")).Decision.Code != d.Code {
			t.Errorf("Decide = %+v", d)
		}
	})
}

func FuzzGlob(f *testing.F) {
	f.Add("prod/**", "prod/a")
	f.Add(strings.Repeat("**/a*b*c/", 20)+"x", strings.Repeat("aabbcc/", 70)+"x")
	f.Fuzz(func(t *testing.T, pat, key string) {
		p, err := policy.Parse("p", fmt.Appendf(nil, "allow { \"x\", keys = \"%s\" }", pat), policy.Options{Chain: []string{"env"}})
		if err != nil || len(pat) > 40 || len(key) > 40 || strings.ContainsAny(pat, "\"\\") {
			return
		}
		d := p.Decide(getKey(key))
		if want := oracleGlob(strings.Split(pat, "/"), strings.Split(key, "/")); d.Err == nil && d.Allow != want {
			t.Errorf("glob %q on %q: %v, want %v", pat, key, d.Allow, want)
		}
	})
}

func FuzzDecide(f *testing.F) {
	f.Add("app", "dev", uint8(1), "team/blue/dev/x", "team", "blue", int64(1772452800))
	f.Add("", "ops", uint8(2), "prod/a", "quarantined", "yes", int64(0))
	p := parse(f, example)
	f.Fuzz(func(t *testing.T, caller, role string, op uint8, key, name, value string, at int64) {
		req := policy.Request{Caller: caller, Roles: []string{role}, Op: policy.Op(op), Key: key, Labels: map[string]string{name: value}, Time: time.Unix(at, 0)}
		d := p.Decide(req)
		if d.Allow && (d.Err != nil || d.Code != policy.Allowed || len(d.Providers) == 0) || !d.Allow && d.Code == policy.Allowed {
			t.Errorf("Decide(%+v) = %+v", req, d)
		}
		if again := p.Decide(req); again.Code != d.Code || again.Rule != d.Rule {
			t.Errorf("Decide(%+v) = %+v, then %+v", req, d, again)
		}
	})
}
