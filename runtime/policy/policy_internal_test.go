package policy

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/copytest"
)

// TestOptionsCloneCopiesEveryField: a field that is added to Options is copied too.
func TestOptionsCloneCopiesEveryField(t *testing.T) {
	t.Parallel()
	o := copytest.Filled[Options](t)
	for _, difference := range copytest.Differences(o, o.clone()) {
		t.Errorf("the copy: %s", difference)
	}
}

// TestTM075AbsentNames checks that dangerous functions of the interpreter do not
// exist.
func TestTM075AbsentNames(t *testing.T) {
	t.Parallel()
	globals := sandbox(Limits{}).Globals()
	for _, name := range strings.Fields(`_G _VERSION collectgarbage channel coroutine debug dofile getfenv getmetatable
		io load loadfile loadstring module newproxy next os package pcall print _printregs rawequal rawget rawset
		select setfenv setmetatable unpack xpcall`) {
		if _, ok := globals[name]; ok {
			t.Errorf("%s exists", name)
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

// TestBudgetIsExact checks that the same script takes the same number of
// instructions each time.
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

// TestTM081OneMachine runs two requests on one Lua state.
func TestTM081OneMachine(t *testing.T) {
	t.Parallel()
	p, err := Parse("p", []byte(`allow { "x", keys = "**", when = function(req) log(req.caller, req.labels.canary) return true end }`), Options{Chain: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	r := p.rules[0]
	var seen []string
	log := func(s string) { seen = append(seen, s) }
	e := p.borrow(&Request{Op: OpGet, Key: "a", Caller: "one", Labels: map[string]string{"canary": "secret-label"}})
	e.runner.Call(r.when, log)
	e.set(&Request{Op: OpGet, Key: "b", Caller: "two"})
	e.runner.Call(r.when, log)
	if len(seen) != 2 || seen[0] != "one secret-label" || seen[1] != "two nil" {
		t.Errorf("seen %q", seen)
	}
	e.runner.Call(r.when, nil)
	if len(seen) != 2 {
		t.Error("the runner keeps its log function")
	}
	p.giveBack(e)
	if e.req.Caller != "" {
		t.Error("the evaluator keeps its request")
	}
}
