package wasmbin

// Element is an element segment: references for a table.
type Element struct {
	Table  uint32
	Type   ValueType
	Mode   ElementMode
	Count  int
	flags  uint32 // the form in the binary
	offset constExpr
	funcs  []uint32 // either funcs or exprs is set
	exprs  []constExpr
}

// ElementMode is how an element segment is used.
type ElementMode byte

// The modes of an element segment.
const (
	ActiveElements      ElementMode = iota // copied into the table at instantiation
	PassiveElements                        // copied by table.init
	DeclarativeElements                    // only declares functions for ref.func
)

func (m *Module) readElements(r *reader) {
	n := r.count(hardSegments, "element segments")
	total := 0
	for i := 0; i < n && r.err == nil; i++ {
		e := m.element(r, hardElements-total)
		total += e.Count
		m.Elements = append(m.Elements, e)
	}
}

// element reads a segment in one of its eight forms. Bit 0 of the flags means that it
// is not active, bit 1 that a table index follows or that it is declarative, bit 2
// that it holds expressions.
func (m *Module) element(r *reader, room int) (e Element) {
	flags := r.u32("an element segment")
	if r.err == nil && flags > 7 {
		r.pos--
		r.fail(Malformed, "an element segment has the unknown flags %#x", flags)
	}
	e.flags, e.Type = flags, FuncRef
	if flags&1 == 0 {
		if flags&2 != 0 {
			e.Table = r.u32("an element segment's table")
		}
		m.hasTable(r, e.Table)
		e.offset = m.constExpr(r)
	} else if e.Mode = PassiveElements; flags&2 != 0 {
		e.Mode = DeclarativeElements
	}
	withExprs := flags&4 != 0
	if flags&3 != 0 {
		e.Type = r.elementType(withExprs)
	}
	m.elementItems(r, &e, withExprs, room)
	return e
}

func (m *Module) hasTable(r *reader, index uint32) {
	if r.err == nil && int64(index) >= int64(len(m.Tables)) {
		r.fail(BadIndex, "an element segment refers to table %d, but there are %d", index, len(m.Tables))
	}
}

func (r *reader) elementType(withExprs bool) ValueType {
	if withExprs {
		return r.refType()
	}
	if kind := r.byte("an element kind"); r.err == nil && kind != 0 {
		r.pos--
		r.fail(Malformed, "%#x is not an element kind", kind)
	}
	return FuncRef
}

func (m *Module) elementItems(r *reader, e *Element, withExprs bool, room int) {
	e.Count = r.count(room, "elements")
	for i := 0; i < e.Count && r.err == nil; i++ {
		if withExprs {
			e.exprs = append(e.exprs, m.constExpr(r))
		} else {
			e.funcs = append(e.funcs, m.funcIndex(r, "an element"))
		}
	}
}

func (m *Module) funcIndex(r *reader, what string) uint32 {
	i := r.u32(what)
	if r.err == nil && int64(i) >= int64(len(m.Functions)) {
		r.fail(BadIndex, "%s refers to function %d, but there are %d", what, i, len(m.Functions))
	}
	return i
}

func (m *Module) readData(r *reader) {
	n := r.count(hardSegments, "data segments")
	for i := 0; i < n && r.err == nil; i++ {
		flags := r.u32("a data segment")
		d := Data{Passive: flags == 1}
		switch {
		case r.err != nil:
			return
		case flags > 2:
			r.pos--
			r.fail(Malformed, "a data segment has the unknown flags %#x", flags)
			return
		case flags == 2:
			if index := r.u32("a data segment's memory"); index != 0 {
				r.fail(RefusedFeature, "multi-memory (a data segment for memory %d) is not accepted", index)
				return
			}
		}
		if !d.Passive {
			if len(m.Memories) == 0 {
				r.fail(BadIndex, "a data segment needs a memory, but there is none")
				return
			}
			m.constExpr(r)
		}
		size := r.u32("the size of a data segment")
		d.Bytes = Range{r.pos, r.pos}
		r.take(size, "a data segment")
		d.Bytes.End = r.pos
		m.Data = append(m.Data, d)
	}
}

// readCode notes where the bodies are. Check and Meter read their instructions.
func (m *Module) readCode(r *reader) {
	n := r.count(hardFunctions, "function bodies")
	for i := 0; i < n && r.err == nil; i++ {
		size := r.u32("the size of a function body")
		s := r.sub(size, "a function body")
		m.Bodies = append(m.Bodies, s.body())
		r.err = s.err
	}
}

// maxLocals is the number of locals that the format allows a function.
const maxLocals = 1<<32 - 1

func (r *reader) body() (b Body) {
	b.groups = r.count(hardFunctions, "groups of locals")
	b.runs.Start = r.pos
	for i := 0; i < b.groups && r.err == nil; i++ {
		b.Locals += uint64(r.u32("a number of locals"))
		r.valueType()
		if b.Locals > maxLocals {
			r.fail(Malformed, "a function has more than %d locals", uint64(maxLocals))
		}
	}
	b.runs.End = r.pos
	b.Code = Range{r.pos, r.end}
	if r.err == nil && (b.Code.Len() == 0 || r.b[r.end-1] != opEnd) {
		r.fail(Malformed, "a function body does not end with end")
	}
	return b
}
