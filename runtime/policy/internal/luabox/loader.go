package luabox

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/postern-project/postern/runtime/policy/internal/purity"
)

// Loader runs a file and the modules that it requires, under the budgets of one
// load. Not safe for concurrent use.
type Loader struct {
	box      *Sandbox
	m        *machine
	declarer Declarer
	libs     map[string]string
	file     string                // the file, for errors without a position
	loaded   map[string]lua.LValue // results of require, by module
	active   []string              // modules being loaded, outermost first
	purity   *purity.Checker

	nesting  int
	source   int
	warnings []Warning
}

// Used is what running files took of the limits.
type Used struct {
	Source       int // bytes
	Nesting      int
	Instructions int64
	Bytes        int64
}

// NewLoader returns a loader whose file passes its declarations to d, and may
// require the built-in modules of the sandbox and those of libs, which holds
// the source of each by name.
func (b *Sandbox) NewLoader(d Declarer, libs map[string]string) *Loader {
	l := &Loader{box: b, declarer: d, libs: libs, loaded: map[string]lua.LValue{}}
	for name, t := range b.modules {
		l.loaded[name] = t
	}
	l.purity = purity.New(purity.Config{
		Native: func(fn *lua.LFunction) bool { return b.natives[fn] },
		Files:  append([]string{"require"}, b.config.Declare...),
		Hint:   b.hint,
	})
	l.restart()
	return l
}

// restart replaces the Lua state with one that has full budgets.
func (l *Loader) restart() {
	l.m = newMachine(l.box.limits, loadDepth, l.box)
	l.m.loader = l
	l.arm()
}

func (l *Loader) arm() { l.m.arm(l.box.limits.LoadInstructions, l.box.limits.LoadBytes) }

// Run runs a file; name stands for it in errors. The error is the one that the
// Declarer threw, or an *Error.
func (l *Loader) Run(name string, src []byte) error {
	l.file = name
	fn, err := l.compile(name, src)
	if err != nil {
		return err
	}
	if _, f := l.m.call(fn); f != nil {
		return l.faultError(f)
	}
	return nil
}

// Call calls a function that the file declared, with the rights of the file and
// the budgets of one load of its own. The errors are those of [Loader.Run].
func (l *Loader) Call(fn *Function, arg Value) error {
	l.arm()
	if _, f := l.m.call((*lua.LFunction)(fn), arg.lua()); f != nil {
		l.restart() // a state that has failed cannot be used again
		return l.faultError(f)
	}
	return nil
}

// Module returns a read-only table of further host functions, for [Loader.Call].
func (l *Loader) Module(m Module) Value { return Value{l.box.module(m)} }

// Used returns what running the file took.
func (l *Loader) Used() Used {
	limits := l.box.limits
	return Used{
		Source: l.source, Nesting: l.nesting,
		Instructions: limits.LoadInstructions - l.m.steps, Bytes: limits.LoadBytes - l.m.bytes,
	}
}

// Warnings returns the probable mistakes in the files.
func (l *Loader) Warnings() []Warning { return l.warnings }

func (l *Loader) compile(file string, src []byte) (*lua.LFunction, error) {
	c, err := compileFile(file, src, l.box)
	if err != nil {
		return nil, err
	}
	l.nesting = max(l.nesting, c.nesting)
	l.source += len(src)
	l.warnings = append(l.warnings, c.warnings...)
	return &lua.LFunction{Env: l.box.env, Proto: c.proto}, nil
}

// faultError returns a fault as the author of the file sees it.
func (l *Loader) faultError(f *Fault) error {
	if f.err != nil {
		return f.err
	}
	file := f.File
	if file == "" {
		file = l.file
	}
	return &Error{File: file, Line: f.Line, Msg: f.Text}
}

// require returns what a module returned; each module runs once.
func (l *Loader) require(name string) lua.LValue {
	if v, ok := l.loaded[name]; ok {
		return v
	}
	fn := l.module(name)
	l.active = append(l.active, name)
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

// maxActive is the number of modules that may require one another.
const maxActive = 8

// module compiles a module that is not loaded yet.
func (l *Loader) module(name string) *lua.LFunction {
	file, line := l.m.place()
	fail := func(msg, hint string) { l.m.throw(&Error{File: file, Line: line, Msg: msg, Hint: hint}) }
	src, ok := l.libs[name]
	switch {
	case !ok:
		known := slices.AppendSeq(slices.Collect(maps.Keys(l.libs)), maps.Keys(l.box.modules))
		hint := l.box.hint(name, known)
		for _, k := range slices.Sorted(slices.Values(known)) {
			if hint == "" && strings.HasPrefix(k, name+"/") {
				hint = k
			}
		}
		fail(fmt.Sprintf("unknown module %.64q", name), hint)
	case slices.Contains(l.active, name):
		fail(fmt.Sprintf("module %.64q requires itself", name), "")
	case len(l.active) > maxActive:
		fail(fmt.Sprintf("more than %d modules require one another", maxActive), "")
	}
	fn, err := l.compile(name, []byte(src))
	if err != nil {
		l.m.throw(err)
	}
	return fn
}

// freeze makes the tables of a module, or of a declaration, read-only.
func (l *Loader) freeze(name string, v lua.LValue) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return
	}
	if _, done := l.box.frozen[t]; done {
		return
	}
	l.box.frozen[t] = name
	for k, item := t.Next(lua.LNil); k != lua.LNil; k, item = t.Next(k) {
		l.m.spend(1, 0)
		l.freeze(name, item)
	}
}

// CheckPredicate reports whether fn can run as a predicate: it, and every function that it
// can reach, changes nothing that outlives a call, and reads no captured variable or member
// of a captured table that is nil. The error is an *Error, whose file is "" if it is the
// one that declared fn. The result is final only after Run has returned, when captured
// variables have their last values.
func (l *Loader) CheckPredicate(fn *Function) error {
	err := l.purity.Function((*lua.LFunction)(fn))
	var e *purity.Error
	if errors.As(err, &e) {
		return &Error{File: e.File, Line: e.Line, Msg: e.Msg, Hint: e.Hint}
	}
	return err
}
