package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/suggest"
)

// loader runs a policy file once and collects the rules that it declares.
type loader struct {
	opts   Options
	file   string
	lib    *library
	m      *machine
	rules  []*rule
	names  map[string]int // kind and name of a rule, its line
	loaded map[string]lua.LValue
	active []string // modules being loaded, outermost first
	purity *purity

	nesting  int
	source   int
	warnings []Diagnostic
}

const loadDepth = 120 // nested calls while a file is loaded

// newLoader returns a loader whose files see declare beside the usual names.
func newLoader(file string, opts Options, declare map[string]lua.LGFunction) *loader {
	lib := newLibrary(declare)
	l := &loader{
		opts: opts, file: file, names: map[string]int{}, purity: newPurity(lib),
		lib: lib, loaded: map[string]lua.LValue{},
	}
	l.loaded["std/v1"] = l.lib.std
	l.m = newMachine(opts.Limits, loadDepth, l.lib)
	l.m.load = l
	l.m.arm(opts.Limits.LoadInstructions, opts.Limits.LoadBytes)
	return l
}

// ruleFuncs are the functions that declare rules.
func ruleFuncs() map[string]lua.LGFunction {
	out := map[string]lua.LGFunction{}
	for k := kind(0); k < kindCount; k++ {
		out[k.String()] = func(L *lua.LState) int {
			m := machineOf(L)
			if m.load == nil {
				m.fail("rules are declared at the top of a policy, not by predicates")
			}
			m.load.declare(k, L.Get(1))
			return 0
		}
	}
	return out
}

// run loads src and everything that it requires.
func (l *loader) run(src []byte) error {
	fn, err := l.compile(l.file, src)
	if err != nil {
		return err
	}
	if _, f := l.m.call(fn); f != nil {
		return l.faultError(f)
	}
	return nil
}

func (l *loader) compile(file string, src []byte) (*lua.LFunction, error) {
	c, err := compileFile(file, src, l.opts.Limits, l.lib)
	if err != nil {
		return nil, err
	}
	l.nesting = max(l.nesting, c.nesting)
	l.source += len(src)
	l.warnings = append(l.warnings, c.warnings...)
	return &lua.LFunction{Env: l.lib.env, Proto: c.proto}, nil
}

// faultError is a fault as the author of the policy sees it.
func (l *loader) faultError(f *fault) *LoadError {
	if f.load != nil {
		return f.load
	}
	file := f.file
	if file == "" {
		file = l.file
	}
	return &LoadError{File: file, Line: f.line, Msg: clip(f.text)}
}

// clip bounds what Lua reported, and keeps it on one line.
func clip(s string) string {
	const most = 300
	out := make([]rune, 0, min(len(s), most))
	for _, r := range s {
		if len(out) == most {
			break
		}
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

// throw stops the running file with err.
func (l *loader) throw(err *LoadError) {
	l.m.fault = &fault{code: PolicyError, load: err, line: max(err.Line, 1)}
	l.m.state.RaiseError("load")
}

// require returns a module: the standard one, or one that Options names.
func (l *loader) require(name string) lua.LValue {
	if v, ok := l.loaded[name]; ok {
		return v
	}
	file, line := l.m.place()
	src, ok := l.opts.Libs[name]
	if !ok {
		known := append(sortedKeys(l.opts.Libs), "std/v1")
		l.throw(&LoadError{File: file, Line: line, Msg: "unknown module " + quote(name), Hint: suggest.Closest(name, known)})
	}
	if slices.Contains(l.active, name) || len(l.active) > 8 {
		l.throw(&LoadError{File: file, Line: line, Msg: "module " + quote(name) + " requires itself"})
	}
	l.active = append(l.active, name)
	fn, err := l.compile(name, []byte(src))
	if err != nil {
		var le *LoadError
		errors.As(err, &le)
		l.throw(le)
	}
	l.m.spend(16, 1024)
	L := l.m.state
	L.Push(fn)
	L.Call(0, 1)
	v := L.Get(-1)
	L.Pop(1)
	l.active = l.active[:len(l.active)-1]
	l.freeze(name, v)
	l.loaded[name] = v
	return v
}

// freeze makes a module's tables read-only for whoever requires it.
func (l *loader) freeze(name string, v lua.LValue) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return
	}
	if _, done := l.lib.frozen[t]; done {
		return
	}
	l.lib.frozen[t] = name
	for k, item := t.Next(lua.LNil); k != lua.LNil; k, item = t.Next(k) {
		l.m.spend(1, 0)
		l.freeze(name, item)
	}
}

// declare adds one rule.
func (l *loader) declare(k kind, v lua.LValue) {
	file, line := l.m.place()
	d := &draft{opts: &l.opts, given: map[string]bool{}, zoned: window{days: allDays, loc: time.UTC}}
	d.rule = rule{kind: k, file: file, line: line, ops: opsAll, index: len(l.rules)}
	fail := func(err error) {
		le := &LoadError{File: file, Line: line, Rule: k.String(), Msg: err.Error()}
		if d.name != "" {
			le.Rule = d.describe()
		}
		var h *hinted
		if errors.As(err, &h) {
			le.Hint = h.hint
		}
		l.throw(le)
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		fail(fmt.Errorf("want a table: %s { \"name\", ... }", k))
	}
	l.m.spend(4, 512)
	if err := d.fill(t); err != nil {
		fail(err)
	}
	if err := l.check(d); err != nil {
		fail(err)
	}
	r := d.rule
	l.names[ruleID(&r)] = line
	l.rules = append(l.rules, &r)
}

// ruleID is what must be unique: allow and deny share one set of names.
func ruleID(r *rule) string {
	if r.kind == kindDeny {
		return kindAllow.String() + "\x00" + r.name
	}
	return r.kind.String() + "\x00" + r.name
}

const maxName = 128

// fill reads the name and every field.
func (d *draft) fill(t *lua.LTable) error {
	name, ok := t.RawGetInt(1).(lua.LString)
	if !ok || name == "" || len(name) > maxName || !printable(string(name)) {
		return fmt.Errorf("the first item must be the rule's name, a line of at most %d bytes", maxName)
	}
	d.name = string(name)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if k == lua.LNumber(1) {
			continue
		}
		key, ok := k.(lua.LString)
		if !ok {
			return fmt.Errorf("only the name stands without a field; did a comma replace an equals sign?")
		}
		f, ok := fieldOf(d.kind, string(key))
		if !ok {
			return oneOf("field", string(key), fieldNamesOf(d.kind))
		}
		d.given[f.name] = true
		if err := f.parse(d, v); err != nil {
			var h *hinted
			if errors.As(err, &h) {
				return err
			}
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, f := range fields {
		if f.must.has(d.kind) && !d.given[f.name] {
			return fmt.Errorf("%s is missing", f.name)
		}
	}
	return d.agree()
}

// agree checks fields against each other.
func (d *draft) agree() error {
	if d.given["tz"] && !d.given["hours"] && !d.given["days"] {
		return fmt.Errorf("tz needs hours or days")
	}
	if d.window != nil {
		w := d.zoned
		d.window = &w
	}
	partial := d.mask.Mode == mask.First || d.mask.Mode == mask.Last
	if d.kind == kindRedact && partial != d.given["keep"] {
		return fmt.Errorf(`keep goes with mode "first" or "last", and only with them`)
	}
	return nil
}

// check is what one rule must satisfy among the others.
func (l *loader) check(d *draft) error {
	if line, dup := l.names[ruleID(&d.rule)]; dup {
		return fmt.Errorf("the name is already used in line %d", line)
	}
	for _, fn := range []*lua.LFunction{d.when, d.hook} {
		if fn != nil {
			l.m.spend(4, 0)
		}
	}
	return nil
}

// checkPurity runs after the file has ended, when captured variables have
// their final values.
func (l *loader) checkPurity() error {
	for _, r := range l.rules {
		for _, fn := range []*lua.LFunction{r.when, r.hook} {
			if fn == nil {
				continue
			}
			if err := l.purity.function(fn); err != nil {
				e := &LoadError{File: r.file, Line: r.line, Rule: r.describe(), Msg: err.Error()}
				var imp *impure
				if errors.As(err, &imp) && imp.line > 0 {
					e.Line = imp.line
				}
				return e
			}
		}
	}
	return nil
}

// revision identifies the text that decides: the policy and its modules.
func revision(src []byte, libs map[string]string) string {
	h := sha256.New()
	part := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	part(string(src))
	for _, name := range sortedKeys(libs) {
		part(name)
		part(libs[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
