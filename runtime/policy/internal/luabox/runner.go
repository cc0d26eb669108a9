package luabox

import lua "github.com/yuin/gopher-lua"

// RecordType describes the record that predicates receive.
type RecordType struct {
	Name      string   // used in messages, for example "the request"
	Short     string   // the usual name of the parameter, for example "req"
	Fields    []string // every field
	Texts     []string // fields that are strings
	TextItems []string // fields whose items are strings
}

// Runner calls predicates, one at a time. A program needs one Runner for each
// call that happens at the same time. Not safe for concurrent use.
type Runner struct {
	m      *machine
	record *lua.LTable
	calls  int
	failed bool
}

// maxCalls is the number of calls after which a Lua state is replaced.
const maxCalls = 10_000

// NewRunner returns a runner for the predicates of b. The fields of the record
// are lookups, and those that [Runner.Set] sets.
func (b *Sandbox) NewRunner(lookups ...Lookup) *Runner {
	r := &Runner{m: newMachine(b.limits, callDepth, b), record: newTable()}
	r.m.lookups = make(map[*lua.LTable]*Lookup, len(lookups))
	r.record.Metatable = b.strictMeta(b.config.Record.Name, b.config.Record.Fields)
	for _, l := range lookups {
		t := b.lookupTable(&l)
		r.m.lookups[t] = &l
		r.record.RawSetString(l.Field, t)
	}
	return r
}

// Set sets a field of the record for the following calls.
func (r *Runner) Set(field string, v Value) { r.record.RawSetString(field, v.v) }

// Call calls a predicate with the record and returns its first result, or the
// reason why it stopped. log receives what the predicate logs, as lines of at
// most 300 characters; it may be nil.
func (r *Runner) Call(fn *Function, log func(line string)) (Value, *Fault) {
	m := r.m
	m.arm(m.limits.CallInstructions, m.limits.CallBytes)
	m.log = log
	ret, f := m.call((*lua.LFunction)(fn), r.record)
	m.log = nil
	r.calls++
	r.failed = f != nil
	return Value{ret}, f
}

// Spent returns the instructions that the last call took.
func (r *Runner) Spent() int64 { return r.m.limits.CallInstructions - r.m.steps }

// Reusable reports whether the runner may be used again: the last call did not
// fail, and it is not too old.
func (r *Runner) Reusable() bool { return !r.failed && r.calls < maxCalls }
