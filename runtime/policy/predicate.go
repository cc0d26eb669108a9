package policy

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

const callDepth = 64 // nested calls in a predicate

// opValues are the operations as Lua sees them.
var opValues = [opEnd]lua.LValue{
	OpGet: lua.LString("get"), OpSet: lua.LString("set"), OpDelete: lua.LString("delete"),
	OpKeys: lua.LString("keys"), OpWatch: lua.LString("watch"),
}

// evalWhen runs a rule's predicate. Only true and false are answers: Lua
// counts 0 and "" as true, so anything else is a mistake and denies.
func (p *Policy) evalWhen(r *rule, req *Request, spent *found) (bool, *EvalError) {
	ret, f := p.run(r.when, req, spent)
	answer, ok := ret.(lua.LBool)
	if f == nil && !ok {
		f = &fault{code: PolicyError, text: "when must return true or false, not " + ret.Type().String()}
	}
	if f != nil {
		return false, r.evalError(f)
	}
	return bool(answer), nil
}

// perDecision bounds the predicates of one decision together, as a multiple
// of what one may take: many rules must not add up to a long wait.
const perDecision = 10

// run calls a predicate or hook on a machine of its own.
func (p *Policy) run(fn *lua.LFunction, req *Request, spent *found) (lua.LValue, *fault) {
	if spent.spent > perDecision*p.opts.Limits.CallInstructions {
		return lua.LNil, &fault{code: LimitExceeded, text: "the predicates of one decision exceeded their common budget"}
	}
	m := p.borrow(req)
	ret, f := m.call(fn, m.reqTable)
	spent.spent += p.opts.Limits.CallInstructions - m.steps
	p.giveBack(m, f)
	return ret, f
}

// evalHook runs a chain hook. Its answer may reorder or shorten the
// configured chain: a hook that could name any provider could send a key to
// the wrong one.
func (p *Policy) evalHook(r *rule, req *Request, spent *found) ([]string, *EvalError) {
	ret, f := p.run(r.hook, req, spent)
	var out []string
	if f == nil {
		out, f = p.hookAnswer(ret)
	}
	if f != nil {
		return nil, r.evalError(f)
	}
	return out, nil
}

func (p *Policy) hookAnswer(v lua.LValue) ([]string, *fault) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, &fault{code: PolicyError, text: "providers must return a list, not " + v.Type().String()}
	}
	out := make([]string, 0, len(p.opts.Chain))
	for k, item := t.Next(lua.LNil); k != lua.LNil; k, item = t.Next(k) {
		name, ok := item.(lua.LString)
		i := slices.Index(p.opts.Chain, string(name))
		if _, number := k.(lua.LNumber); !number || !ok || i < 0 {
			return nil, &fault{code: PolicyError, text: "providers may only return names of the configured chain"}
		}
		if slices.Contains(out, string(name)) {
			return nil, &fault{code: PolicyError, text: "providers returned a name twice"}
		}
		out = append(out, p.opts.Chain[i])
	}
	return out, nil
}

func (r *rule) evalError(f *fault) *EvalError {
	e := &EvalError{Code: f.code, Rule: r.name, File: r.file, Line: r.line, detail: clip(f.text)}
	if f.line > 0 {
		e.Line = f.line
	}
	if f.file != "" {
		e.File = f.file
	}
	return e
}

// borrow returns a machine that holds req and fresh budgets.
func (p *Policy) borrow(req *Request) *machine {
	m, _ := p.machines.Get().(*machine)
	if m == nil {
		m = newMachine(p.opts.Limits, callDepth, p.lib)
		m.newRequest(p.lib)
	}
	m.arm(p.opts.Limits.CallInstructions, p.opts.Limits.CallBytes)
	m.fill(req)
	return m
}

// giveBack keeps the machine for the next call, unless it failed or is old.
func (p *Policy) giveBack(m *machine, f *fault) {
	m.req = Request{}
	m.log = nil
	m.uses++
	if f == nil && m.uses < maxUses {
		p.machines.Put(m)
	}
}

// newRequest builds the table that predicates see. Its fields are replaced
// for each call; labels and roles look names up in the request itself, so
// that a call costs the same whatever the caller carries.
func (m *machine) newRequest(lib *library) {
	t := newTable()
	t.Metatable = lib.strictMeta("the request", requestFields)
	t.RawSetString("labels", m.lookupTable(lib, func(name string) lua.LValue {
		v, ok := m.req.Labels[name]
		if !ok {
			return lua.LNil
		}
		m.checkString(len(v))
		return lua.LString(v)
	}))
	t.RawSetString("roles", m.lookupTable(lib, func(name string) lua.LValue {
		if slices.Contains(m.req.Roles, name) {
			return lua.LTrue
		}
		return lua.LNil
	}))
	m.reqTable = t
}

func (m *machine) lookupTable(lib *library, find func(string) lua.LValue) *lua.LTable {
	meta := newTable()
	meta.RawSetString("__index", lib.function(func(L *lua.LState) int {
		m.spend(2, 16)
		name, _ := L.Get(2).(lua.LString)
		L.Push(find(string(name)))
		return 1
	}))
	t := newTable()
	t.Metatable = meta
	return t
}

func (m *machine) fill(req *Request) {
	m.req = *req
	m.reqTable.RawSetString("caller", lua.LString(req.Caller))
	m.reqTable.RawSetString("key", lua.LString(req.Key))
	m.reqTable.RawSetString("op", opValues[req.Op])
	m.reqTable.RawSetString("time", lua.LNumber(req.Time.Unix()))
}
