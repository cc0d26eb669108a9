package policy

import (
	"context"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// machine runs Lua under a budget. It is the context of its own Lua state:
// the interpreter asks Done once before each instruction, which makes the
// count exact and the same on every machine, unlike a deadline. Nothing but
// that state may ever see this context.
type machine struct {
	context.Context
	state *lua.LState
	stop  chan struct{} // closed: what Done returns when the budget is used up

	limits Limits
	steps  int64 // instructions left
	bytes  int64 // bytes left
	fault  *fault

	load *loader      // set while a file is loaded; nil while a predicate runs
	log  func(string) // receives log(); nil discards

	req      Request // the request that a predicate reads
	reqTable *lua.LTable
	uses     int // calls so far; a state is dropped after maxUses
}

// fault is why Lua stopped.
type fault struct {
	code Code
	text string // for authors
	file string // where, "" if unknown
	line int
	load *LoadError // set if a required file could not be loaded
}

const maxUses = 10_000

// newMachine returns a machine without any global of its own: functions see
// the library that they were loaded with, which all machines share unchanged.
// depth is the deepest nesting of calls.
func newMachine(limits Limits, depth int, lib *library) *machine {
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
	m.state.SetMetatable(lua.LString(""), lib.stringMeta)
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

// Err is what the interpreter raises once Done has fired.
func (m *machine) Err() error {
	if m.steps >= 0 {
		return nil
	}
	m.overBudget("instruction budget exceeded")
	return context.DeadlineExceeded
}

func (m *machine) overBudget(text string) {
	if m.fault == nil {
		m.fault = &fault{code: LimitExceeded, text: text}
	}
}

// spend charges native work: steps as if they were instructions, and bytes.
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

// fail stops the script with an error for its author.
func (m *machine) fail(format string, args ...any) {
	if m.fault == nil {
		m.fault = &fault{code: PolicyError, text: fmt.Sprintf(format, args...)}
	}
	m.state.RaiseError("error")
}

// failLimit stops the script because a size limit was passed.
func (m *machine) failLimit(format string, args ...any) {
	m.overBudget(fmt.Sprintf(format, args...))
	m.state.RaiseError("limit")
}

// thrown is what panicked panics with; the fault is in the machine.
type thrown struct{}

// panicked is called by the interpreter on every error. Unlike its default it
// builds no traceback, which for deep recursion costs more than the script.
func (m *machine) panicked(L *lua.LState) {
	if m.fault == nil {
		text := ""
		if s, ok := L.Get(-1).(lua.LString); ok {
			text = string(s)
		}
		m.fault = &fault{code: PolicyError, text: text}
	}
	if m.fault.line == 0 {
		m.fault.file, m.fault.line = m.place()
		m.fault.text = strings.TrimPrefix(m.fault.text, fmt.Sprintf("%s:%d: ", m.fault.file, m.fault.line))
	}
	panic(thrown{})
}

// place is where the innermost Lua function is, or "" and 0.
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

// caught turns a recovered panic into a fault. A panic that is not ours is a
// defect of the interpreter or of a helper: it, too, only denies.
func (m *machine) caught(r any) *fault {
	if _, ours := r.(thrown); ours && m.fault != nil {
		return m.fault
	}
	return &fault{code: PolicyError, text: "the interpreter failed"}
}

// call runs fn with args and returns its single result.
func (m *machine) call(fn *lua.LFunction, args ...lua.LValue) (ret lua.LValue, f *fault) {
	defer func() {
		if r := recover(); r != nil {
			ret, f = lua.LNil, m.caught(r)
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
