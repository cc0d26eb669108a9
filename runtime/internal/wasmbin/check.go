package wasmbin

import (
	"context"

	"github.com/postern-project/postern/runtime/internal/wasmbin/cost"
)

// pageBytes is the size of a page of memory.
const pageBytes = 64 << 10

// Check compares a module with limits: without them, a small file could make an
// engine allocate and compile without bound. It reads every function body, refuses
// instructions outside the accepted set and checks every index in them. It does not
// check operand types. The error is an *Error.
//
// WebAssembly 2.0 is accepted, with one memory, which the module itself defines, and
// imports of functions only. A table without a maximum is accepted if no instruction
// can grow it and it is neither imported nor exported.
func Check(m *Module, limits Limits) error {
	_, err := Appraise(context.Background(), m, limits)
	return err
}

// Appraise is [Check], and returns what it costs at most to compile the module once
// [Meter] has rewritten it, for any memory: calls of functions that work in parts cost less
// than the instructions with their charges. If ctx ends before, the error is the cause of
// that.
func Appraise(ctx context.Context, m *Module, limits Limits) (cost.Estimate, error) {
	c := checker{ctx: ctx, m: m, l: limits.withDefaults()}
	err := firstOf(c.sizes, c.names, c.imports, c.memory, c.segments, c.bodies, c.tables, c.compile)
	if c.ended() {
		return cost.Estimate{}, context.Cause(ctx)
	}
	return c.cost, err
}

// CheckLimits is [Check] without the function bodies and what depends on them.
func CheckLimits(m *Module, limits Limits) error {
	c := checker{m: m, l: limits.withDefaults()}
	return firstOf(c.sizes, c.names, c.imports, c.memory, c.segments)
}

func firstOf(steps ...func() *Error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type checker struct {
	ctx   context.Context // nil if only limits are checked
	m     *Module
	l     Limits
	grown map[uint64]bool // tables with a table.grow
	cost  cost.Estimate
	// labels of all br_tables
	labels int
}

func (c *checker) sizes() *Error {
	m, l := c.m, c.l
	if len(m.bytes) > l.ModuleBytes {
		return refuse(TooLarge, -1, "the module has %d bytes, at most %d are accepted", len(m.bytes), l.ModuleBytes)
	}
	custom, locals, slots, mutable := 0, uint64(0), 0, 0
	for i, t := range m.Types {
		if n := max(len(t.Params), len(t.Results)); n > l.Arity {
			return refuse(TooMany, -1, "type %d has %d parameters or results, at most %d are accepted", i, n, l.Arity)
		}
		slots += len(t.Params) + len(t.Results)
	}
	for _, g := range m.Globals {
		if g.Mutable {
			mutable++
		}
	}
	for _, s := range m.Customs {
		custom += s.Section.Len()
	}
	if custom > l.CustomBytes {
		return refuse(TooLarge, -1, "the custom sections have %d bytes, at most %d are accepted", custom, l.CustomBytes)
	}
	for i, b := range m.Bodies {
		if b.Locals > uint64(l.Locals) {
			return refuse(TooMany, b.runs.Start, "function %d has %d locals, at most %d are accepted", i+m.ImportedFunctions(), b.Locals, l.Locals)
		}
		locals += b.Locals
	}
	for _, n := range []struct {
		what        string
		have, limit int
	}{
		{"types", len(m.Types), l.Types},
		{"imports", len(m.Imports), l.Imports},
		{"exports", len(m.Exports), l.Exports},
		{"functions", len(m.Bodies), l.Functions},
		{"parameters and results of all types", slots, l.TypeSlots},
		{"globals", len(m.Globals), l.Globals},
		{"mutable globals", mutable, l.Mutable},
		{"tables", len(m.Tables), l.Tables},
		{"data segments", len(m.Data), l.Segments},
		{"element segments", len(m.Elements), l.Segments},
	} {
		if n.have > n.limit {
			return refuse(TooMany, -1, "%d %s, at most %d are accepted", n.have, n.what, n.limit)
		}
	}
	if locals > uint64(l.TotalLocals) {
		return refuse(TooMany, -1, "%d locals in all functions, at most %d are accepted", locals, l.TotalLocals)
	}
	return nil
}

func (c *checker) names() *Error {
	long := func(name, what string) *Error {
		if len(name) <= c.l.NameBytes {
			return nil
		}
		return refuse(NameTooLong, -1, "the name %s of %s has %d bytes, at most %d are accepted", quote(name), what, len(name), c.l.NameBytes)
	}
	for _, i := range c.m.Imports {
		if err := long(i.Module, "an import's module"); err != nil {
			return err
		}
		if err := long(i.Name, "an import"); err != nil {
			return err
		}
	}
	for _, e := range c.m.Exports {
		if err := long(e.Name, "an export"); err != nil {
			return err
		}
	}
	for _, s := range c.m.Customs {
		if err := long(s.Name, "a custom section"); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) imports() *Error {
	for _, i := range c.m.Imports {
		if i.Kind != Function {
			return refuse(ImportKind, -1, "the import %s from %s is a %s; only functions can be imported", quote(i.Name), quote(i.Module), i.Kind)
		}
	}
	return nil
}

func (c *checker) memory() *Error {
	if len(c.m.Memories) == 0 {
		return refuse(MemoryMissing, -1, "the module defines no memory")
	}
	if low := c.m.Memories[0].Min; uint64(low) > uint64(c.l.MemoryPages) {
		return refuse(MemoryTooLarge, -1, "the memory starts with %d pages, at most %d are accepted", low, c.l.MemoryPages)
	}
	return nil
}

func (c *checker) segments() *Error {
	data, elements := int64(0), 0
	for _, d := range c.m.Data {
		data += int64(d.Bytes.Len())
	}
	if limit := int64(c.l.MemoryPages) * pageBytes; data > limit {
		return refuse(DataTooLarge, -1, "the data segments have %d bytes, the memory limit is %d", data, limit)
	}
	for _, e := range c.m.Elements {
		elements += e.Count
	}
	if elements > c.l.Elements {
		return refuse(TooMany, -1, "%d elements in all segments, at most %d are accepted", elements, c.l.Elements)
	}
	return nil
}

// tables runs last, because the bodies decide which tables can grow.
func (c *checker) tables() *Error {
	total := uint64(0)
	reachable := make(map[uint64]bool)
	for _, e := range c.m.Exports {
		if e.Kind == TableKind {
			reachable[uint64(e.Index)] = true
		}
	}
	for i, t := range c.m.Tables {
		limit := uint64(c.l.TableElements)
		if total += uint64(t.Min); total > limit {
			return refuse(TableTooLarge, -1, "the tables start with more than %d elements", limit)
		}
		grows := c.grown[uint64(i)] || reachable[uint64(i)]
		switch {
		case t.HasMax && grows && uint64(t.Max) > limit:
			return refuse(TableTooLarge, -1, "table %d can grow to %d elements, at most %d are accepted", i, t.Max, limit)
		case !t.HasMax && grows:
			return refuse(TableUnbounded, -1, "table %d can grow and has no maximum", i)
		}
	}
	return nil
}
