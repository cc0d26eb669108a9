package luabox_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/std"
)

var update = flag.Bool("update", false, "rewrite golden files")

const reachableGolden = "../../../../testdata/policy/reachable.txt"

// reachable lists every value that Lua code can get at: it visits globals,
// fields, metatables and captured variables.
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
	for _, name := range slices.Sorted(maps.Keys(roots)) {
		walk(name, roots[name])
	}
	slices.Sort(out)
	return out
}

// policySandbox returns a sandbox like that of a policy, and a runner for it.
func policySandbox() (*luabox.Sandbox, *luabox.Runner) {
	c := std.Config(luabox.Limits{})
	for _, k := range policy.RuleKinds() {
		c.Declare = append(c.Declare, k.Name)
	}
	box := luabox.New(c)
	none := func(string) luabox.Value { return luabox.Value{} }
	r := box.NewRunner(luabox.Lookup{Field: "labels", Find: none}, luabox.Lookup{Field: "roles", Find: none})
	return box, r
}

// TestTM074ReachableFunctions compares everything that a policy, its predicates
// and its tests can reach with a list that a reader can check.
func TestTM074ReachableFunctions(t *testing.T) {
	t.Parallel()
	got := strings.Join(reachable(luabox.Roots(policySandbox())), "\n") + "\n"
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

// TestPackageVariablesUnchanged checks that another user of the interpreter in
// the same process is not affected.
func TestPackageVariablesUnchanged(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("p", []byte(`allow { "x", keys = "**", when = function(req) return true end }`), policy.Options{Chain: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Decide(policy.Request{Op: policy.OpGet, Key: "a"})
	if lua.MaxArrayIndex != 67108864 || lua.RegistrySize != 256*20 || lua.CallStackSize != 256 || lua.MaxTableGetLoop != 100 {
		t.Error("variables of the interpreter were changed")
	}
}
