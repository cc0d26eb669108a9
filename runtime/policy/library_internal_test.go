package policy

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

var update = flag.Bool("update", false, "rewrite golden files")

const reachableGolden = "../../testdata/policy/reachable.txt"

// reachable lists every value that Lua code can get at: it walks over
// globals, fields, metatables and captured variables.
func reachable(roots map[string]lua.LValue) []string {
	var out []string
	seen := map[lua.LValue]bool{}
	var walk func(path string, v lua.LValue)
	walk = func(path string, v lua.LValue) {
		switch v := v.(type) {
		case *lua.LFunction:
			out = append(out, path+" function")
		case *lua.LTable:
			if seen[v] {
				return
			}
			seen[v] = true
			out = append(out, path+" table")
			for k, item := v.Next(lua.LNil); k != lua.LNil; k, item = v.Next(k) {
				walk(path+"."+k.String(), item)
			}
			if v.Metatable != lua.LNil {
				walk(path+"<meta>", v.Metatable)
			}
		default:
			out = append(out, path+" "+v.Type().String())
		}
	}
	for _, name := range sortedKeys(roots) {
		walk(name, roots[name])
	}
	slices.Sort(out)
	return out
}

// TestTM074ReachableFunctions holds everything that a policy, its predicates
// and its tests can reach to a list that a reader can check.
func TestTM074ReachableFunctions(t *testing.T) {
	t.Parallel()
	l := newLoader("x", Options{Limits: Limits{}.withDefaults()}, ruleFuncs())
	m := newMachine(l.opts.Limits, callDepth, l.lib)
	m.newRequest(l.lib)
	got := strings.Join(reachable(map[string]lua.LValue{
		"global": l.lib.env, "string": l.lib.stringMeta, "std": l.lib.std, "request": m.reqTable,
		"state": m.state.G.Global, "registry": m.state.G.Registry,
	}), "\n") + "\n"
	if *update {
		if err := os.MkdirAll(filepath.Dir(reachableGolden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(reachableGolden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(reachableGolden)
	if err != nil || got != string(want) {
		t.Errorf("reachable values changed (%v); got\n%s", err, got)
	}
}

// TestTM075AbsentNames looks for what must not be there.
func TestTM075AbsentNames(t *testing.T) {
	t.Parallel()
	lib := newLibrary(ruleFuncs())
	for _, name := range strings.Fields(`_G _VERSION collectgarbage channel coroutine debug dofile getfenv getmetatable
		io load loadfile loadstring module newproxy next os package pcall print _printregs rawequal rawget rawset
		select setfenv setmetatable unpack xpcall`) {
		if lib.env.RawGetString(name) != lua.LNil {
			t.Errorf("%s is there", name)
		}
		_, err := Parse("p", []byte("local x = "+name), Options{})
		if err == nil || !strings.Contains(err.Error(), "undefined variable") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for module, names := range map[string]string{
		"string": "dump find_pattern format gfind gmatch gsub match pack", "math": "random randomseed pow", "table": "getn maxn unpack foreach",
	} {
		for _, name := range strings.Fields(names) {
			_, err := Parse("p", []byte("local x = "+module+"."+name), Options{})
			if err == nil || !strings.Contains(err.Error(), "no field") {
				t.Errorf("%s.%s: %v", module, name, err)
			}
		}
	}
}

// TestPackageVariablesUnchanged: another user of the interpreter in the same
// process must not notice this package.
func TestPackageVariablesUnchanged(t *testing.T) {
	t.Parallel()
	p, err := Parse("p", []byte(`allow { "x", keys = "**", when = function(req) return true end }`), Options{Chain: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Decide(Request{Op: OpGet, Key: "a"})
	if lua.MaxArrayIndex != 67108864 || lua.RegistrySize != 256*20 || lua.CallStackSize != 256 || lua.MaxTableGetLoop != 100 {
		t.Error("variables of the interpreter were changed")
	}
}

// TestBudgetIsExact: the same script takes the same number of instructions
// each time, on every machine.
func TestBudgetIsExact(t *testing.T) {
	t.Parallel()
	src := []byte(`for i = 1, 10 do allow { "r" .. i, keys = "a/" .. i } end`)
	first := int64(0)
	for range 3 {
		p, err := Parse("p", src, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if first == 0 {
			first = p.used.Instructions
		}
		if p.used.Instructions != first {
			t.Errorf("%d instructions, then %d", first, p.used.Instructions)
		}
	}
	for budget, ok := range map[int64]bool{first - 1: false, first: true} {
		_, err := Parse("p", src, Options{Limits: Limits{LoadInstructions: budget}})
		if (err == nil) != ok {
			t.Errorf("budget %d of %d: %v", budget, first, err)
		}
	}
}

// TestTM081OneMachine runs two requests on the one machine of a pool.
func TestTM081OneMachine(t *testing.T) {
	t.Parallel()
	p, err := Parse("p", []byte(`allow { "x", keys = "**", when = function(req) log(req.caller, req.labels.canary) return true end }`), Options{Chain: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	r := p.rules[0]
	m := p.borrow(&Request{Op: OpGet, Key: "a", Caller: "one", Labels: map[string]string{"canary": "secret-label"}})
	var seen []string
	m.log = func(s string) { seen = append(seen, s) }
	m.call(r.when, m.reqTable)
	m.fill(&Request{Op: OpGet, Key: "b", Caller: "two"})
	m.call(r.when, m.reqTable)
	if len(seen) != 2 || seen[0] != "one secret-label" || seen[1] != "two nil" {
		t.Errorf("seen %q", seen)
	}
	p.giveBack(m, nil)
	if m.req.Caller != "" || m.log != nil {
		t.Error("the machine keeps its request")
	}
}

func TestWindowNextAgainstMinutes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ hours, days, zone, from string }{
		{"08:00-20:00", "mon-fri", "Europe/Berlin", "2026-03-27T12:10:30Z"},
		{"02:30-02:45", "", "Europe/Berlin", "2026-03-28T12:00:00Z"},
		{"02:30-02:45", "", "Europe/Berlin", "2026-10-24T12:00:00Z"},
		{"22:00-02:30", "sat", "Europe/Berlin", "2026-10-24T12:00:00Z"},
		{"", "sun", "Europe/Berlin", "2026-03-28T12:00:00Z"},
		{"01:45-02:15", "", "Australia/Lord_Howe", "2026-04-04T00:00:00Z"},
		{"23:00-01:00", "fri,mon", "America/New_York", "2026-10-30T00:00:00Z"},
		{"00:00-24:00", "tue", "Asia/Kathmandu", "2026-10-30T00:00:00Z"},
		{"00:00-24:00", "", "UTC", "2026-10-30T00:00:00Z"},
	} {
		w := testWindow(t, tt.hours, tt.days, tt.zone)
		at := testTime(t, tt.from)
		for range 12 {
			got := w.next(at)
			want := at.Truncate(60e9)
			inside, limit := w.contains(at), at.AddDate(0, 0, 9)
			for want = want.Add(60e9); w.contains(want) == inside && want.Before(limit); want = want.Add(60e9) {
			}
			if !want.Before(limit) {
				if !got.IsZero() {
					t.Errorf("%+v: next(%s) = %s, want never", tt, at, got)
				}
				break
			}
			if !got.Equal(want) {
				t.Errorf("%+v: next(%s) = %s, want %s", tt, at, got, want)
				break
			}
			at = got
		}
	}
}
