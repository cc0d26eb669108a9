package policy

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"github.com/cedar-policy/cedar-go"
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/postern-project/postern/runtime/policy"
)

// decider reports whether the request with the given index is allowed.
type decider func(i int) bool

// engines lists the engines; make compiles n rules and prepares the requests.
var engines = []struct {
	name string
	make func(tb testing.TB, n int, all []request) decider
}{
	{"Go, table by hand", byHand},
	{"postern", postern},
	{"postern, predicates", posternPredicates},
	{"expr", exprEngine},
	{"cedar-go", cedarEngine},
	{"cel-go", celEngine},
	{"starlark-go", starlarkEngine},
	{"opa", opaEngine},
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// byHand is the lower bound: a map from role to prefix.
func byHand(_ testing.TB, n int, all []request) decider {
	reads := map[string]string{}
	for i := range n {
		reads[fmt.Sprintf("r%d", i)] = fmt.Sprintf("space%d/", i)
	}
	return func(i int) bool {
		q := &all[i]
		write := q.op == "set" || q.op == "delete"
		if write && strings.HasPrefix(q.key, "space1/") {
			return false
		}
		if write {
			return q.role == "writer"
		}
		prefix, ok := reads[q.role]
		return ok && strings.HasPrefix(q.key, prefix)
	}
}

func postern(tb testing.TB, n int, all []request) decider {
	return posternOf(tb, all, each(n, `allow { "r$", roles = "r$", ops = "read", keys = "space$/**" }`))
}

// posternPredicates has a Lua predicate in every rule, which is called when the
// rest of the rule matches.
func posternPredicates(tb testing.TB, n int, all []request) decider {
	return posternOf(tb, all, `local std = require "std/v1"`+"\n"+
		each(n, `allow { "r$", roles = "r$", ops = "read", keys = "*/**", when = function(req) return std.segment(req.key, 1) == "space$" end }`))
}

func posternOf(tb testing.TB, all []request, rules string) decider {
	p, err := policy.Parse("peers.lua", []byte(rules+`
allow { "writer", roles = "writer", ops = "write", keys = "**" }
deny  { "frozen", ops = "write", keys = "space1/**" }
`), policy.Options{Chain: []string{"env"}})
	check(tb, err)
	reqs := make([]policy.Request, len(all))
	for i, q := range all {
		op, _ := policy.ParseOp(q.op)
		reqs[i] = policy.Request{Caller: "bench", Roles: []string{q.role}, Op: op, Key: q.key, Time: time.Unix(1767614400, 0)}
	}
	return func(i int) bool { return p.Decide(reqs[i]).Allow }
}

// first evaluates the rules of an engine that has only expressions, each a program
// of its own: the first denies, any other allows.
func first(n int, eval func(rule int) bool) bool {
	if eval(0) {
		return false
	}
	for rule := 1; rule < n; rule++ {
		if eval(rule) {
			return true
		}
	}
	return false
}

// expressions returns the rules in the syntax that expr and CEL share, except for
// how a prefix is tested.
func expressions(n int, startsWith string) []string {
	all := []string{`op in ["set", "delete"] && ` + strings.ReplaceAll(startsWith, "$", `"space1/"`)}
	all = append(all, `role == "writer" && op in ["set", "delete"]`)
	for i := range n {
		all = append(all, fmt.Sprintf(`role == "r%d" && op in ["get", "keys", "watch"] && %s`, i,
			strings.ReplaceAll(startsWith, "$", fmt.Sprintf(`"space%d/"`, i))))
	}
	return all
}

func exprEngine(tb testing.TB, n int, all []request) decider {
	env := func(q request) map[string]any { return map[string]any{"role": q.role, "op": q.op, "key": q.key} }
	var programs []*vm.Program
	for _, text := range expressions(n, "key startsWith $") {
		p, err := expr.Compile(text, expr.Env(env(request{})), expr.AsBool())
		check(tb, err)
		programs = append(programs, p)
	}
	var envs []map[string]any
	for _, q := range all {
		envs = append(envs, env(q))
	}
	var machine vm.VM
	return func(i int) bool {
		return first(len(programs), func(rule int) bool {
			out, err := machine.Run(programs[rule], envs[i])
			return err == nil && out.(bool)
		})
	}
}

func celEngine(tb testing.TB, n int, all []request) decider {
	env, err := cel.NewEnv(cel.Variable("role", cel.StringType), cel.Variable("op", cel.StringType), cel.Variable("key", cel.StringType))
	check(tb, err)
	var programs []cel.Program
	for _, text := range expressions(n, "key.startsWith($)") {
		tree, issues := env.Compile(text)
		check(tb, issues.Err())
		p, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize))
		check(tb, err)
		programs = append(programs, p)
	}
	var inputs []any
	for _, q := range all {
		in, err := cel.NewActivation(map[string]any{"role": q.role, "op": q.op, "key": q.key})
		check(tb, err)
		inputs = append(inputs, in)
	}
	return func(i int) bool {
		return first(len(programs), func(rule int) bool {
			out, _, err := programs[rule].Eval(inputs[i])
			return err == nil && out.Value() == true
		})
	}
}

func cedarEngine(tb testing.TB, n int, all []request) decider {
	text := `forbid (principal, action in [Action::"set", Action::"delete"], resource) when { context.key like "space1/*" };
permit (principal == Role::"writer", action in [Action::"set", Action::"delete"], resource);
` + each(n, `permit (principal == Role::"r$", action in [Action::"get", Action::"keys", Action::"watch"], resource) when { context.key like "space$/*" };`)
	set, err := cedar.NewPolicySetFromBytes("peers.cedar", []byte(text))
	check(tb, err)
	var reqs []cedar.Request
	for _, q := range all {
		reqs = append(reqs, cedar.Request{
			Principal: cedar.NewEntityUID("Role", cedar.String(q.role)),
			Action:    cedar.NewEntityUID("Action", cedar.String(q.op)),
			Resource:  cedar.NewEntityUID("Secret", "any"),
			Context:   cedar.NewRecord(cedar.RecordMap{"key": cedar.String(q.key)}),
		})
	}
	return func(i int) bool {
		d, _ := cedar.Authorize(set, cedar.EntityMap{}, reqs[i])
		return d == cedar.Allow
	}
}

func starlarkEngine(tb testing.TB, n int, all []request) decider {
	text := `def decide(role, op, key):
  if op in ("set", "delete"):
    return role == "writer" and not key.startswith("space1/")
` + each(n, `  if role == "r$" and op in ("get", "keys", "watch") and key.startswith("space$/"): return True`) + "  return False\n"
	thread := &starlark.Thread{}
	globals, err := starlark.ExecFileOptions(&syntax.FileOptions{}, thread, "peers.star", text, nil)
	check(tb, err)
	globals.Freeze()
	var args []starlark.Tuple
	for _, q := range all {
		args = append(args, starlark.Tuple{starlark.String(q.role), starlark.String(q.op), starlark.String(q.key)})
	}
	return func(i int) bool {
		thread.Steps = 0
		thread.SetMaxExecutionSteps(100_000)
		out, err := starlark.Call(thread, globals["decide"], args[i], nil)
		return err == nil && bool(out.Truth())
	}
}

func opaEngine(tb testing.TB, n int, all []request) decider {
	text := `package peers
default allow := false
read := {"get", "keys", "watch"}
write := {"set", "delete"}
deny if { write[input.op]; startswith(input.key, "space1/") }
allow if { not deny; input.role == "writer"; write[input.op] }
` + each(n, `allow if { not deny; input.role == "r$"; read[input.op]; startswith(input.key, "space$/") }`)
	ctx := context.Background()
	query, err := rego.New(rego.Query("data.peers.allow"), rego.Module("peers.rego", text)).PrepareForEval(ctx)
	check(tb, err)
	var inputs []ast.Value
	for _, q := range all {
		in, err := ast.InterfaceToValue(map[string]any{"role": q.role, "op": q.op, "key": q.key})
		check(tb, err)
		inputs = append(inputs, in)
	}
	return func(i int) bool {
		rs, err := query.Eval(ctx, rego.EvalParsedInput(inputs[i]))
		return err == nil && rs.Allowed()
	}
}
