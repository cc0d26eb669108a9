package wasmbin

import (
	"fmt"
	"math"

	"github.com/postern-project/postern/runtime/internal/wasmbin/cost"
)

// maxMetered and maxMeteredBody bound what Meter makes of all bodies and of one. The
// model weighs code that is never reached by its length before, but the charges in it take
// as much time and memory to write as others. Modules that compile within cost.Large stay
// far below.
const (
	maxMetered     = 128 << 20
	maxMeteredBody = 16 << 20
)

// errStopped ends a walk through a body of which no more needs to be known.
var errStopped = refuse(TooCostly, -1, "stopped")

// bodies reads every function body, as Meter does, and weighs what Meter makes of it,
// piece by piece. It stops where even cost.Large is exceeded, so that reading a body is
// bounded by what the limits accept, and when the context ends.
func (c *checker) bodies() *Error {
	c.grown = make(map[uint64]bool)
	meter := newMeter(c.m)
	w := rewriter{meter: meter, checker: c}
	model := cost.New(meter.appraised(), c.stop())
	w.look = func() *Error {
		if c.ended() || !model.Extend(w.out) {
			return errStopped
		}
		return nil
	}
	first := c.m.ImportedFunctions()
	left := maxMetered
	for i, b := range c.m.Bodies {
		if i%256 == 0 && c.ended() {
			return errStopped
		}
		w.most = max(1, min(left, maxMeteredBody))
		model.Begin(cost.Body{Index: uint32(first + i), Type: c.m.Functions[first+i], Locals: b.Locals + addedLocals, Private: addedLocals})
		err := w.code(i)
		if err != nil && err != errStopped {
			return err
		}
		left -= len(w.out)
		if err != nil || !model.End(w.out) {
			break
		}
	}
	c.cost = model.Estimate()
	return nil
}

// ended reports whether the context has ended.
func (c *checker) ended() bool { return c.ctx != nil && c.ctx.Err() != nil }

// stop returns the limits at which a module is refused whatever the operator allows.
func (c *checker) stop() cost.Limits {
	l, large := c.l.Compile, cost.Large
	return cost.Limits{Seconds: max(l.Seconds, large.Seconds), MiB: max(l.MiB, large.MiB), Function: max(l.Function, large.Function)}
}

// Appraised describes the module that [Meter] makes of m, without its bodies.
func Appraised(m *Module) cost.Module { return newMeter(m).appraised() }

func (t *meter) appraised() cost.Module {
	m := t.m
	out := cost.Module{
		Defined: len(m.Bodies) + 1, Globals: len(m.Globals) + 1, Mutable: 1, Exports: len(m.Exports) + len(t.result.Globals) + 1,
		Items: len(m.Data) + len(m.Elements), Bytes: len(m.bytes),
	}
	for _, e := range m.Elements {
		out.Items += e.Count
	}
	for _, f := range m.Types {
		out.Types = append(out.Types, cost.Type{Params: len(f.Params), Results: len(f.Results)})
	}
	out.Types = append(out.Types, cost.Type{Params: 1, Results: 1}, cost.Type{})
	tick := uint32(len(m.Types))
	out.Functions = append(out.Functions, m.Functions[:t.tick]...)
	out.Functions = append(append(out.Functions, tick), m.Functions[t.tick:]...)
	out.Functions = append(out.Functions, tick+1)
	for _, g := range m.Globals {
		if g.Mutable {
			out.Mutable++
		}
	}
	return out
}

// compile compares the cost of compiling the module with the limits.
func (c *checker) compile() *Error {
	e, l := c.cost, c.l.Compile
	if e.Within(l) {
		return nil
	}
	more := "about"
	if e.Partial {
		more = "more than"
	}
	// What one function takes is named as its own if it is most of the whole.
	module := func(part, all float64, function uint32) string {
		if part > all/2 {
			return fmt.Sprintf("function %d", function)
		}
		return "the module"
	}
	detail := ""
	switch {
	case l.Seconds > 0 && e.Seconds > l.Seconds:
		who := module(e.FunctionSeconds, e.Seconds, e.Function)
		detail = fmt.Sprintf("%s would take %s %.0f s to compile; the limit is %g s", who, more, math.Ceil(e.Seconds), l.Seconds)
	case l.Function > 0 && e.FunctionSeconds > l.Function:
		detail = fmt.Sprintf("function %d would take %s %.0f s to compile; the limit of one function is %g s", e.Function, more, math.Ceil(e.FunctionSeconds), l.Function)
	default:
		who := module(e.LargestMiB, e.MiB, e.Largest)
		detail = fmt.Sprintf("%s would take %s %.0f MiB to compile; the limit is %g MiB", who, more, math.Ceil(e.MiB), l.MiB)
	}
	if l != cost.Large && e.Within(cost.Large) {
		detail += "; limits: { module: large } accepts it"
	}
	return refuse(TooCostly, -1, "%s", detail)
}
