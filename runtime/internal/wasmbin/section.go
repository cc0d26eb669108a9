package wasmbin

func (m *Module) readTypes(r *reader) {
	n := r.count(hardTypes, "types")
	for i := 0; i < n && r.err == nil; i++ {
		form := r.byte("a type")
		switch {
		case r.err != nil:
			return
		case form == 0x60:
			t := FuncType{Params: r.valueTypes("parameters"), Results: r.valueTypes("results")}
			m.Types = append(m.Types, t)
		case form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f:
			r.pos--
			r.fail(RefusedFeature, "garbage-collected types are not accepted")
		default:
			r.pos--
			r.fail(Malformed, "type form %#x is not a function type", form)
		}
	}
}

func (r *reader) valueTypes(what string) []ValueType {
	n := r.count(hardArity, what)
	if n == 0 {
		return nil
	}
	types := make([]ValueType, 0, n)
	for i := 0; i < n && r.err == nil; i++ {
		types = append(types, r.valueType())
	}
	return types
}

func (r *reader) valueType() ValueType {
	c := r.byte("a value type")
	if r.err == nil && !accepted(ValueType(c)) {
		r.pos--
		if c >= 0x62 && c <= 0x74 || c == 0x5a || c == 0x5b {
			r.fail(RefusedFeature, "value type %#x (garbage collection, typed references or exceptions) is not accepted", c)
		} else {
			r.fail(Malformed, "%#x is not a value type", c)
		}
	}
	return ValueType(c)
}

func accepted(t ValueType) bool {
	return t >= V128 && t <= I32 || t == FuncRef || t == ExternRef
}

func (r *reader) refType() ValueType {
	t := r.valueType()
	if r.err == nil && !t.IsReference() {
		r.pos--
		r.fail(Malformed, "%s is not a reference type", t)
	}
	return t
}

func (m *Module) typeIndex(r *reader, what string) uint32 {
	i := r.u32(what)
	if r.err == nil && int64(i) >= int64(len(m.Types)) {
		r.fail(BadIndex, "%s is %d, but there are %d types", what, i, len(m.Types))
		return 0
	}
	return i
}

func (m *Module) readImports(r *reader) {
	n := r.count(hardImports, "imports")
	for i := 0; i < n && r.err == nil; i++ {
		imp := Import{Module: r.name("an import's module name"), Name: r.name("an import's name")}
		imp.Kind = Kind(r.byte("an import's kind"))
		if r.err != nil {
			return
		}
		switch imp.Kind {
		case Function:
			t := m.typeIndex(r, "an import's type")
			if r.err != nil {
				return
			}
			m.Functions = append(m.Functions, t)
			imp.Type = m.Types[t]
		case TableKind:
			t := r.table()
			t.Imported = true
			m.Tables = append(m.Tables, t)
		case MemoryKind:
			mem := r.memory()
			mem.Imported = true
			m.Memories = append(m.Memories, mem)
		case GlobalKind:
			g := r.global()
			g.Imported = true
			m.Globals = append(m.Globals, g)
		case tagKind:
			r.fail(RefusedFeature, "exception handling (an imported tag) is not accepted")
			return
		default:
			r.pos--
			r.fail(Malformed, "the import %s from %s has the unknown kind %d", quote(imp.Name), quote(imp.Module), imp.Kind)
			return
		}
		imp.Index = m.imported[imp.Kind]
		m.imported[imp.Kind]++
		m.Imports = append(m.Imports, imp)
	}
	m.oneMemory(r)
}

func (m *Module) readFunctions(r *reader) {
	n := r.count(hardFunctions, "functions")
	for i := 0; i < n && r.err == nil; i++ {
		m.Functions = append(m.Functions, m.typeIndex(r, "a function's type"))
	}
}

// limits reads the limits of a table or memory. Flags other than "has a maximum"
// belong to proposals that are not accepted.
func (r *reader) limits(what string) (low, high uint32, has bool) {
	flags := r.byte(what)
	switch {
	case r.err != nil:
		return
	case flags > 7:
		r.pos--
		r.fail(Malformed, "%s has the unknown flags %#x", what, flags)
		return
	case flags&2 != 0:
		r.pos--
		r.fail(RefusedFeature, "threads (a shared %s) are not accepted", what)
		return
	case flags&4 != 0:
		r.pos--
		r.fail(RefusedFeature, "memory64 (a 64-bit %s) is not accepted", what)
		return
	}
	low = r.u32(what)
	if has = flags&1 != 0; has {
		high = r.u32(what)
		if r.err == nil && high < low {
			r.fail(Malformed, "%s has the minimum %d, above its maximum %d", what, low, high)
		}
	}
	return low, high, has
}

func (r *reader) table() (t Table) {
	if r.pos < r.end && r.b[r.pos] == 0x40 {
		r.fail(RefusedFeature, "typed references (a table with an initial value) are not accepted")
		return t
	}
	t.Type = r.refType()
	t.Min, t.Max, t.HasMax = r.limits("table")
	return t
}

func (m *Module) readTables(r *reader) {
	n := r.count(hardTables, "tables")
	for i := 0; i < n && r.err == nil; i++ {
		m.Tables = append(m.Tables, r.table())
	}
}

// maxPages is the number of pages that a 32-bit address can reach.
const maxPages = 65_536

func (r *reader) memory() (mem Memory) {
	mem.Min, mem.Max, mem.HasMax = r.limits("memory")
	if r.err == nil && (mem.Min > maxPages || mem.Max > maxPages) {
		r.fail(Malformed, "a memory cannot have more than %d pages", maxPages)
	}
	return mem
}

func (m *Module) readMemories(r *reader) {
	n := r.count(hardTables, "memories")
	for i := 0; i < n && r.err == nil; i++ {
		m.Memories = append(m.Memories, r.memory())
	}
	m.oneMemory(r)
}

func (m *Module) oneMemory(r *reader) {
	if r.err == nil && len(m.Memories) > 1 {
		r.fail(RefusedFeature, "multi-memory (%d memories) is not accepted", len(m.Memories))
	}
}

func (r *reader) global() (g Global) {
	g.Type = r.valueType()
	mutable := r.byte("the mutability of a global")
	if r.err == nil && mutable > 1 {
		r.pos--
		if mutable&2 != 0 && mutable < 4 {
			r.fail(RefusedFeature, "threads (a shared global) are not accepted")
		} else {
			r.fail(Malformed, "%#x is not a mutability", mutable)
		}
	}
	g.Mutable = mutable == 1
	return g
}

func (m *Module) readGlobals(r *reader) {
	n := r.count(hardGlobals, "globals")
	for i := 0; i < n && r.err == nil; i++ {
		g := r.global()
		g.init = m.constExpr(r)
		m.Globals = append(m.Globals, g)
	}
}

func (m *Module) readExports(r *reader) {
	n := r.count(hardExports, "exports")
	seen := make(map[string]struct{})
	for i := 0; i < n && r.err == nil; i++ {
		e := Export{Name: r.name("an export's name")}
		e.Kind = Kind(r.byte("an export's kind"))
		e.Index = r.u32("an export's index")
		if r.err != nil {
			return
		}
		if _, twice := seen[e.Name]; twice {
			r.fail(Malformed, "%s is exported twice", quote(e.Name))
			return
		}
		seen[e.Name] = struct{}{}
		m.exported(r, &e)
		m.Exports = append(m.Exports, e)
	}
}

// exported checks the index of an export and sets its type.
func (m *Module) exported(r *reader, e *Export) {
	var have int
	switch e.Kind {
	case Function:
		have = len(m.Functions)
	case TableKind:
		have = len(m.Tables)
	case MemoryKind:
		have = len(m.Memories)
	case GlobalKind:
		have = len(m.Globals)
	case tagKind:
		r.fail(RefusedFeature, "exception handling (an exported tag) is not accepted")
		return
	default:
		r.fail(Malformed, "the export %s has the unknown kind %d", quote(e.Name), e.Kind)
		return
	}
	if int64(e.Index) >= int64(have) {
		r.fail(BadIndex, "the export %s is %s %d, but there are %d", quote(e.Name), e.Kind, e.Index, have)
		return
	}
	if e.Kind == Function {
		e.Type = m.Types[m.Functions[e.Index]]
	}
}

func (m *Module) readStart(r *reader) {
	m.HasStart, m.Start = true, r.u32("the start function")
	t, ok := m.FuncType(m.Start)
	switch {
	case r.err != nil:
	case !ok:
		r.fail(BadIndex, "the start function is %d, but there are %d functions", m.Start, len(m.Functions))
	case len(t.Params)+len(t.Results) > 0:
		r.fail(Malformed, "the start function has the type %s", t)
	}
}
