package policy

import (
	"maps"
	"slices"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
)

// perDecision bounds the predicates of one decision together, as a multiple of
// CallInstructions, so that many rules do not add up to a long wait.
const perDecision = 10

// evaluator runs predicates and chain hooks, for one request at a time.
type evaluator struct {
	runner *luabox.Runner
	req    Request // read by label and role
}

func newEvaluator(box *luabox.Sandbox) *evaluator {
	e := &evaluator{}
	e.runner = box.NewRunner(
		luabox.Lookup{Field: "labels", Name: "req.labels", Find: e.label, Names: e.labelNames},
		luabox.Lookup{Field: "roles", Name: "req.roles", Find: e.role, Names: e.roleNames, List: true},
	)
	return e
}

func (e *evaluator) label(name string) luabox.Value {
	v, ok := e.req.Labels[name]
	if !ok {
		return luabox.Value{}
	}
	return luabox.String(v)
}

func (e *evaluator) role(name string) luabox.Value {
	if !slices.Contains(e.req.Roles, name) {
		return luabox.Value{}
	}
	return luabox.Bool(true)
}

func (e *evaluator) labelNames() []string { return slices.Sorted(maps.Keys(e.req.Labels)) }

func (e *evaluator) roleNames() []string {
	return slices.Compact(slices.Sorted(slices.Values(e.req.Roles)))
}

// opValues holds the operations as Lua sees them: a predicate that compares the
// operation with "set" means both forms of it.
var opValues = func() (values [opEnd]luabox.Value) {
	for op, name := range opNames {
		values[op] = luabox.String(name)
	}
	values[OpCreate], values[OpUpdate] = values[OpSet], values[OpSet]
	return values
}()

func (e *evaluator) set(req *Request) {
	e.req = *req
	e.runner.Set("caller", luabox.String(req.Caller))
	e.runner.Set("key", luabox.String(req.Key))
	e.runner.Set("op", opValues[req.Op])
	e.runner.Set("time", luabox.Number(float64(req.Time.Unix())))
}

// borrow returns an evaluator for req; giveBack must follow.
func (p *Policy) borrow(req *Request) *evaluator {
	e, _ := p.evaluators.Get().(*evaluator)
	if e == nil {
		e = newEvaluator(p.box)
	}
	e.set(req)
	return e
}

func (p *Policy) giveBack(e *evaluator) {
	e.req = Request{}
	if e.runner.Reusable() {
		p.evaluators.Put(e)
	}
}

// run calls a predicate or hook. log receives what it logs; it may be nil.
func (p *Policy) run(fn *luabox.Function, req *Request, spent *found, log func(string)) (luabox.Value, *luabox.Fault) {
	if p.exhausted(spent) {
		return luabox.Value{}, &luabox.Fault{Limit: true, Text: "the predicates of one decision exceeded their common budget"}
	}
	e := p.borrow(req)
	ret, f := e.runner.Call(fn, log)
	spent.spent += e.runner.Spent()
	p.giveBack(e)
	return ret, f
}

// exhausted reports whether the predicates of a decision used up their common
// budget.
func (p *Policy) exhausted(f *found) bool {
	return f.spent > perDecision*p.opts.Limits.CallInstructions
}

// evalWhen runs a rule's predicate. Only true and false are answers: Lua counts
// 0 and "" as true, so any other result is a mistake and an error.
func (p *Policy) evalWhen(r *rule, req *Request, spent *found) (bool, *EvalError) {
	ret, f := p.run(r.when, req, spent, nil)
	answer, ok := ret.AsBool()
	if f == nil && !ok {
		f = &luabox.Fault{Text: "when must return true or false, not " + ret.Type()}
	}
	if f != nil {
		return false, r.evalError(f)
	}
	return answer, nil
}

// evalHook runs a chain hook. The result may reorder or shorten the configured
// chain, but not extend it: a hook that could name any provider could send a key
// to the wrong one.
func (p *Policy) evalHook(r *rule, req *Request, spent *found) ([]string, *EvalError) {
	ret, f := p.run(r.hook, req, spent, nil)
	if f != nil {
		return nil, r.evalError(f)
	}
	providers, problem := p.hookResult(ret)
	if problem != "" {
		return nil, r.evalError(&luabox.Fault{Text: problem})
	}
	return providers, nil
}

// hookResult reads the result of a chain hook, or describes what is wrong with it.
func (p *Policy) hookResult(v luabox.Value) (providers []string, problem string) {
	t, ok := v.AsTable()
	if !ok {
		return nil, "providers must return a list, not " + v.Type()
	}
	providers = make([]string, 0, len(p.opts.Chain))
	for k, item := range t.All() {
		name, ok := item.AsString()
		i := slices.Index(p.opts.Chain, name)
		if at, _ := k.AsNumber(); at != float64(len(providers)+1) || !ok || i < 0 { // nil leaves a gap
			return nil, "providers may only return names of the configured chain"
		}
		if slices.Contains(providers, name) {
			return nil, "providers returned a name twice"
		}
		providers = append(providers, p.opts.Chain[i])
	}
	return providers, ""
}

// evalError describes why r failed to run.
func (r *rule) evalError(f *luabox.Fault) *EvalError {
	e := &EvalError{Code: PolicyError, Rule: r.name, File: r.file, Line: r.line, detail: f.Text}
	if f.Limit {
		e.Code = LimitExceeded
	}
	if f.Line > 0 {
		e.Line = f.Line
	}
	if f.File != "" {
		e.File = f.File
	}
	return e
}
