package luabox

import (
	"context"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// machine runs Lua under a budget. It is the context of its own Lua state: the
// interpreter calls Done before each instruction, so a count made there is exact
// and the same on every computer, unlike a deadline. No other code may use this
// context.
type machine struct {
	context.Context
	state *lua.LState
	stop  chan struct{} // always closed; Done returns it when the budget is used up

	limits Limits
	steps  int64 // instructions left
	bytes  int64 // bytes left
	fault  *Fault

	lookups map[*lua.LTable]*Lookup // tables of the record; nil while a file is loaded

	loader *Loader      // set while a file is loaded; nil while a predicate runs
	log    func(string) // receives the lines of log(); nil discards them
}

// newMachine returns a machine without globals of its own: functions see the
// sandbox in which they were loaded, which all machines share. depth is the
// maximal nesting of calls.
func newMachine(limits Limits, depth int, box *Sandbox) *machine {
	m := &machine{Context: context.Background(), limits: limits, stop: make(chan struct{})}
	close(m.stop)
	m.state = lua.NewState(lua.Options{
		CallStackSize:    depth,
		RegistrySize:     256,
		RegistryMaxSize:  8 << 10,
		RegistryGrowStep: 256,
		SkipOpenLibs:     true,
	})
	m.state.Panic = m.panicked
	m.state.SetContext(m)
	m.state.SetMetatable(lua.LString(""), box.stringMeta)
	return m
}

// machineOf returns the machine that runs L.
func machineOf(L *lua.LState) *machine { return L.Context().(*machine) }

// arm sets fresh budgets.
func (m *machine) arm(steps, bytes int64) { m.steps, m.bytes, m.fault = steps, bytes, nil }

// Done counts one instruction.
func (m *machine) Done() <-chan struct{} {
	m.steps--
	if m.steps >= 0 {
		return nil
	}
	return m.stop
}

// Err is what the interpreter raises after Done has returned a closed channel.
func (m *machine) Err() error {
	if m.steps >= 0 {
		return nil
	}
	m.overBudget("instruction budget exceeded")
	return context.DeadlineExceeded
}

func (m *machine) overBudget(text string) {
	if m.fault == nil {
		m.fault = &Fault{Limit: true, Text: text}
	}
}

// spend charges the work of a Go function: steps as if they were instructions,
// and bytes.
func (m *machine) spend(steps, bytes int) {
	m.steps -= int64(steps)
	m.bytes -= int64(bytes)
	switch {
	case m.steps < 0:
		m.overBudget("instruction budget exceeded")
	case m.bytes < 0:
		m.overBudget("memory budget exceeded")
	default:
		return
	}
	m.state.RaiseError("budget")
}

// fail stops the code with an error for its author.
func (m *machine) fail(format string, args ...any) {
	if m.fault == nil {
		m.fault = &Fault{Text: fmt.Sprintf(format, args...)}
	}
	m.state.RaiseError("error")
}

// failLimit stops the code because a size limit was exceeded.
func (m *machine) failLimit(format string, args ...any) {
	m.overBudget(fmt.Sprintf(format, args...))
	m.state.RaiseError("limit")
}

// throw stops the code with an error that has its own position.
func (m *machine) throw(err error) {
	m.fault = &Fault{err: err, Line: 1} // so that panicked looks for no position
	m.state.RaiseError("load")
}

// thrown is what panicked panics with; the fault is in the machine.
type thrown struct{}

// panicked is called by the interpreter on every error. Unlike its default it
// builds no traceback, which after a deep recursion costs more than the script.
func (m *machine) panicked(L *lua.LState) {
	if m.fault == nil {
		text := ""
		if s, ok := L.Get(-1).(lua.LString); ok {
			text = string(s)
		}
		m.fault = &Fault{Text: text}
	}
	if m.fault.Line == 0 {
		m.fault.File, m.fault.Line = m.place()
		m.fault.Text = strings.TrimPrefix(m.fault.Text, fmt.Sprintf("%s:%d: ", m.fault.File, m.fault.Line))
	}
	panic(thrown{})
}

// place returns the position of the innermost Lua function, or "" and 0.
func (m *machine) place() (file string, line int) {
	for level := range 4 {
		dbg, ok := m.state.GetStack(level)
		if !ok {
			break
		}
		if _, err := m.state.GetInfo("Sl", dbg, lua.LNil); err == nil && dbg.CurrentLine > 0 {
			return dbg.Source, dbg.CurrentLine
		}
	}
	return "", 0
}

// call runs fn with args and returns its first result. After a fault the machine
// must not be used again.
func (m *machine) call(fn *lua.LFunction, args ...lua.LValue) (ret lua.LValue, f *Fault) {
	defer func() {
		if r := recover(); r != nil {
			ret, f = lua.LNil, m.recovered(r)
		}
	}()
	m.state.Push(fn)
	for _, a := range args {
		m.state.Push(a)
	}
	m.state.Call(len(args), 1)
	ret = m.state.Get(-1)
	m.state.Pop(1)
	return ret, nil
}

// recovered turns a recovered panic into a fault. Any panic but thrown is a
// defect of the interpreter or of this package; it, too, only stops the code.
func (m *machine) recovered(r any) *Fault {
	if _, ok := r.(thrown); !ok || m.fault == nil {
		return &Fault{Text: "the interpreter failed"}
	}
	m.fault.Text = clip(m.fault.Text)
	return m.fault
}
