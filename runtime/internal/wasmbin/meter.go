package wasmbin

import (
	"math"
	"strconv"
	"strings"

	"github.com/postern-project/postern/runtime/internal/wasmbin/parts"
)

// Imports and exports that metering adds. A module must not import from TickModule
// or export a name with ReservedPrefix itself.
const (
	// TickModule and TickName name the imported function (i64) -> (i64) that is
	// called when the fuel is below zero. It gets the fuel, which is negative by what
	// the guest has overdrawn, and returns the new fuel. It panics to stop the guest.
	// If it returns less than zero, the next charge calls it again.
	TickModule = "postern_host"
	TickName   = "tick"
	// ReservedPrefix is the prefix of every export that Meter adds.
	ReservedPrefix = "postern."
	// FuelGlobal is the exported mutable i64 global that holds the fuel. It starts at
	// zero, so that the first charge, even in the start function, calls the tick.
	FuelGlobal = ReservedPrefix + "fuel"
	// globalPrefix and a number are the names of the exported mutable globals.
	globalPrefix = ReservedPrefix + "global."
)

// Stretch is the largest weight of the instructions that run between two charges. A
// plain instruction has the weight 1, one that takes longer has more. One unit of
// fuel is charged at every function entry, at every pass through a loop header, and
// in straight code before instructions of more than Stretch have run since the last
// charge: u units pay for at most u*Stretch instructions. A loop header costs one
// more for each localsPerUnit locals of its function, which a pass may have to move.
//
// Bulk instructions are also charged for their length, from the first byte: a unit,
// and one for each BulkBytes bytes or BulkElements table elements. Growing the memory
// costs a unit, and PageUnits for each page of 64 KiB.
const (
	Stretch      = 128
	BulkBytes    = 1 << bulkByteBits
	BulkElements = 1 << bulkElementBits
	PageUnits    = 1 << pageUnitBits

	bulkByteBits    = 10
	bulkElementBits = 7
	pageUnitBits    = 7
	localsPerUnit   = 64
)

// Revision says which Meter made what was kept of a module. It is raised with every change
// of what Meter makes of any: a test fails until it is.
const Revision = 1

// Metered is a rewritten module.
type Metered struct {
	// Bytes is the new binary. It does not alias the input.
	Bytes []byte
	// Globals are the mutable globals of the module, without the fuel, under the names
	// of their exports. Unless one of the flags is set, restoring them and the memory
	// restores the module.
	Globals []MeteredGlobal
	// MutableTables is set if an instruction can change a table, or if a table is
	// imported or exported.
	MutableTables bool
	// DropsSegments is set if an instruction can drop a data or element segment.
	DropsSegments bool
}

// MeteredGlobal is a mutable global under its new export.
type MeteredGlobal struct {
	Name string
	Type ValueType // I32, I64, F32 or F64
}

// Meter rewrites a module so that a host can stop it anywhere and restore its
// globals, without changing what the module computes. The index of every defined
// function grows by one. Custom sections are dropped, except for the function names,
// which are remapped and made printable so that traces are readable and safe. The
// same input gives the same output.
//
// Pages is the largest memory that the host allows, in pages of 64 KiB. If the memory can
// exceed [parts.WholePages], an instruction that works on much memory is done in parts, each with
// its charge.
//
// Meter checks every index in the code, because one that is out of range could
// refer to something that Meter adds. It does not check limits: call [Check] first.
// It leaves operand types to the engine. It refuses what [Meterable] refuses. The
// error is an *Error.
func Meter(m *Module, pages int) (*Metered, error) {
	if err := Meterable(m); err != nil {
		return nil, err
	}
	meter := newMeter(m)
	meter.addParts(pages)
	code, err := meter.code()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(m.bytes)+len(code)/2)
	out = append(out, magic+version...)
	out = appendSection(out, typeID, meter.types())
	out = appendSection(out, importID, meter.imports())
	out = appendSection(out, functionID, meter.functions())
	out = meter.copySection(out, tableID)
	out = meter.copySection(out, memoryID)
	out = appendSection(out, globalID, meter.globals())
	out = appendSection(out, exportID, meter.exports())
	if m.HasStart {
		out = appendSection(out, startID, appendU32(nil, meter.remap(m.Start)))
	}
	if len(m.Elements) > 0 {
		out = appendSection(out, elementID, meter.elements())
	}
	if m.hasDataCount {
		out = appendSection(out, dataCountID, appendU32(nil, m.dataCount))
	}
	out = appendSection(out, codeID, code)
	out = meter.copySection(out, dataID)
	meter.result.Bytes = appendSection(out, customID, meter.names())
	return &meter.result, nil
}

// Remetered returns what Meter returned for m, given the Bytes of that. Neither flag was
// set. The bytes are believed.
func Remetered(m *Module, kept []byte) *Metered {
	meter := newMeter(m)
	meter.result.Bytes = kept
	return &meter.result
}

// Meterable checks whether [Meter] accepts the imports, exports and globals of m. It
// refuses names that are reserved for what Meter adds, and mutable globals whose
// value a host cannot restore: vectors and references. The error is an *Error.
func Meterable(m *Module) error {
	for _, i := range m.Imports {
		if i.Module == TickModule {
			return refuse(ReservedName, -1, "the module imports %s from %s, a name reserved for the host", quote(i.Name), TickModule)
		}
	}
	for _, e := range m.Exports {
		if strings.HasPrefix(e.Name, ReservedPrefix) {
			return refuse(ReservedName, -1, "the module exports %s; names that start with %s are reserved for the host", quote(e.Name), ReservedPrefix)
		}
	}
	for i, g := range m.Globals {
		if g.Mutable && !g.Imported && (g.Type == V128 || g.Type.IsReference()) {
			return refuse(UnrestorableState, -1, "global %d is mutable and has the type %s, which a host cannot restore", i, g.Type)
		}
	}
	return nil
}

// meter holds the indexes that metering adds.
type meter struct {
	m      *Module
	result Metered
	tick   uint32 // index of the imported function
	slow   uint32 // index of the function that calls it
	fuel   uint32 // index of the global
	parts  []parts.Function
}

func newMeter(m *Module) *meter {
	t := &meter{
		m:    m,
		tick: m.imported[Function],
		slow: uint32(len(m.Functions)) + 1,
		fuel: uint32(len(m.Globals)),
	}
	for i, g := range m.Globals {
		if g.Mutable && !g.Imported {
			t.result.Globals = append(t.result.Globals, MeteredGlobal{Name: globalPrefix + strconv.Itoa(i), Type: g.Type})
		}
	}
	for _, e := range m.Exports {
		t.result.MutableTables = t.result.MutableTables || e.Kind == TableKind
	}
	for _, table := range m.Tables {
		t.result.MutableTables = t.result.MutableTables || table.Imported
	}
	return t
}

// addParts adds the functions for a memory that the host lets grow to so many pages.
func (t *meter) addParts(pages int) {
	if len(t.m.Memories) == 0 {
		return
	}
	if memory := t.m.Memories[0]; memory.HasMax {
		pages = min(pages, int(memory.Max))
	}
	var segments []int
	for _, d := range t.m.Data[:min(len(t.m.Data), int(t.m.dataCount))] {
		segments = append(segments, d.Bytes.Len())
	}
	t.parts = parts.Functions(pages, segments)
}

// remap returns the new index of a function.
func (t *meter) remap(index uint32) uint32 {
	if index >= t.tick {
		return index + 1
	}
	return index
}

func (t *meter) copySection(out []byte, id byte) []byte {
	s := t.m.sections[id]
	if s.Start == 0 {
		return out
	}
	return appendSection(out, id, t.m.bytes[s.Start:s.End])
}

// types writes the types, with those of the tick, of the slow path and of parts.
func (t *meter) types() []byte {
	all := append(t.m.Types[:len(t.m.Types):len(t.m.Types)], FuncType{Params: []ValueType{I64}, Results: []ValueType{I64}}, FuncType{})
	if t.parts != nil {
		all = append(all, FuncType{Params: []ValueType{I32, I32, I32}})
	}
	b := appendU32(nil, uint32(len(all)))
	for _, f := range all {
		b = append(b, 0x60)
		b = append(appendU32(b, uint32(len(f.Params))), raw(f.Params)...)
		b = append(appendU32(b, uint32(len(f.Results))), raw(f.Results)...)
	}
	return b
}

func (t *meter) imports() []byte {
	b := appendU32(nil, uint32(len(t.m.Imports))+1)
	for _, i := range t.m.Imports {
		b = append(appendName(appendName(b, i.Module), i.Name), byte(i.Kind))
		switch i.Kind {
		case Function:
			b = appendU32(b, t.m.Functions[i.Index])
		case TableKind:
			table := t.m.Tables[i.Index]
			b = appendLimits(append(b, byte(table.Type)), table.Min, table.Max, table.HasMax)
		case MemoryKind:
			mem := t.m.Memories[i.Index]
			b = appendLimits(b, mem.Min, mem.Max, mem.HasMax)
		case GlobalKind:
			b = appendGlobalType(b, t.m.Globals[i.Index])
		}
	}
	b = append(appendName(appendName(b, TickModule), TickName), byte(Function))
	return appendU32(b, uint32(len(t.m.Types)))
}

func appendLimits(b []byte, low, high uint32, has bool) []byte {
	if !has {
		return appendU32(append(b, 0), low)
	}
	return appendU32(appendU32(append(b, 1), low), high)
}

func appendGlobalType(b []byte, g Global) []byte {
	if g.Mutable {
		return append(b, byte(g.Type), 1)
	}
	return append(b, byte(g.Type), 0)
}

func (t *meter) functions() []byte {
	defined := t.m.Functions[t.tick:]
	b := appendU32(nil, uint32(len(defined)+1+len(t.parts)))
	for _, typ := range defined {
		b = appendU32(b, typ)
	}
	b = appendU32(b, uint32(len(t.m.Types))+1)
	for range t.parts {
		b = appendU32(b, uint32(len(t.m.Types))+2)
	}
	return b
}

func (t *meter) globals() []byte {
	defined := t.m.Globals[t.m.imported[GlobalKind]:]
	b := appendU32(nil, uint32(len(defined))+1)
	for _, g := range defined {
		b = t.appendConst(appendGlobalType(b, g), g.init)
	}
	b = appendGlobalType(b, Global{Type: I64, Mutable: true})
	return append(b, opI64Const, 0, opEnd)
}

func (t *meter) appendConst(b []byte, e constExpr) []byte {
	b = append(b, e.op)
	if e.op == opRefFunc {
		b = appendU32(b, t.remap(e.index))
	} else {
		b = append(b, e.imm...)
	}
	return append(b, opEnd)
}

func (t *meter) exports() []byte {
	b := appendU32(nil, uint32(len(t.m.Exports)+len(t.result.Globals))+1)
	for _, e := range t.m.Exports {
		index := e.Index
		if e.Kind == Function {
			index = t.remap(index)
		}
		b = appendU32(append(appendName(b, e.Name), byte(e.Kind)), index)
	}
	for i, g := range t.m.Globals {
		if g.Mutable && !g.Imported {
			b = append(appendName(b, globalPrefix+strconv.Itoa(i)), byte(GlobalKind))
			b = appendU32(b, uint32(i))
		}
	}
	b = append(appendName(b, FuelGlobal), byte(GlobalKind))
	return appendU32(b, t.fuel)
}

func (t *meter) elements() []byte {
	b := appendU32(nil, uint32(len(t.m.Elements)))
	for _, e := range t.m.Elements {
		b = t.appendElement(b, e)
	}
	return b
}

// appendElement writes a segment in the form that it had.
func (t *meter) appendElement(b []byte, e Element) []byte {
	b = appendU32(b, e.flags)
	if e.Mode == ActiveElements {
		if e.flags&2 != 0 {
			b = appendU32(b, e.Table)
		}
		b = t.appendConst(b, e.offset)
	}
	withExprs := e.flags&4 != 0
	if e.flags&3 != 0 {
		if withExprs {
			b = append(b, byte(e.Type))
		} else {
			b = append(b, 0)
		}
	}
	b = appendU32(b, uint32(e.Count))
	for _, f := range e.funcs {
		b = appendU32(b, t.remap(f))
	}
	for _, x := range e.exprs {
		b = t.appendConst(b, x)
	}
	return b
}

// code writes the rewritten bodies, the slow path and parts.
func (t *meter) code() ([]byte, error) {
	limits := Limits{Nesting: math.MaxInt32, BranchTable: math.MaxInt32, Labels: math.MaxInt}
	w := rewriter{meter: t, checker: &checker{m: t.m, l: limits, grown: make(map[uint64]bool)}}
	size := t.m.sections[codeID].Len()
	out := make([]byte, 0, size+size/8+64)
	out = appendU32(out, uint32(len(t.m.Bodies)+1+len(t.parts)))
	for i := range t.m.Bodies {
		body, err := w.body(i)
		if err != nil {
			return nil, err
		}
		out = appendU32(out, uint32(len(body)))
		out = append(out, body...)
	}
	slow := appendU32([]byte{0, opGlobalGet}, t.fuel)
	slow = appendU32(append(slow, opCall), t.tick)
	slow = append(appendU32(append(slow, opGlobalSet), t.fuel), opEnd)
	out = append(appendU32(out, uint32(len(slow))), slow...)
	w.extra = parts.Free
	for _, p := range t.parts {
		body := p.Body(func(b []byte) []byte { return w.charge(b, parts.Bytes/BulkBytes) },
			func(b []byte) []byte { return w.chargeLength(b, parts.Length, bulkByteBits, opI64ShrU) })
		out = append(appendU32(out, uint32(len(body))), body...)
	}
	return out, nil
}
