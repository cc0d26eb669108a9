package wasmbin

import "fmt"

// ValueType is the type of a value as the binary format writes it.
type ValueType byte

// The accepted value types.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

// String returns the name of the type in the text format.
func (t ValueType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return fmt.Sprintf("type %#x", byte(t))
}

// IsReference reports whether values of the type are references.
func (t ValueType) IsReference() bool { return t == FuncRef || t == ExternRef }

// Kind is the kind of an import or export.
type Kind byte

// The kinds of imports and exports.
const (
	Function   Kind = 0
	TableKind  Kind = 1
	MemoryKind Kind = 2
	GlobalKind Kind = 3
	kindsCount      = 4
	tagKind    Kind = 4
)

// String returns the name of the kind in the text format.
func (k Kind) String() string {
	switch k {
	case Function:
		return "function"
	case TableKind:
		return "table"
	case MemoryKind:
		return "memory"
	case GlobalKind:
		return "global"
	}
	return fmt.Sprintf("kind %d", byte(k))
}

// FuncType is the signature of a function.
type FuncType struct {
	Params, Results []ValueType
}

// String returns the signature as "(i32, i32) -> (i64)".
func (t FuncType) String() string { return list(t.Params) + " -> " + list(t.Results) }

func list(types []ValueType) string {
	s := "("
	for i, t := range types {
		if i > 0 {
			s += ", "
		}
		s += t.String()
	}
	return s + ")"
}

// Equal reports whether both signatures are the same.
func (t FuncType) Equal(u FuncType) bool {
	return string(raw(t.Params)) == string(raw(u.Params)) && string(raw(t.Results)) == string(raw(u.Results))
}

func raw(types []ValueType) []byte {
	b := make([]byte, len(types))
	for i, t := range types {
		b[i] = byte(t)
	}
	return b
}

// Range is a range of bytes of the module.
type Range struct{ Start, End int }

// Len returns the number of bytes.
func (g Range) Len() int { return g.End - g.Start }

// Import is one entry of the import section. Index is its index among its kind; Type
// is set for functions only.
type Import struct {
	Module, Name string
	Kind         Kind
	Index        uint32
	Type         FuncType
}

// Export is one entry of the export section. Type is set for functions only.
type Export struct {
	Name  string
	Kind  Kind
	Index uint32
	Type  FuncType
}

// Table describes a table; sizes are in elements.
type Table struct {
	Type     ValueType
	Min, Max uint32
	HasMax   bool
	Imported bool
}

// Memory describes a memory; sizes are in pages of 64 KiB.
type Memory struct {
	Min, Max uint32
	HasMax   bool
	Imported bool
}

// Global describes a global variable.
type Global struct {
	Type     ValueType
	Mutable  bool
	Imported bool
	init     constExpr
}

// Custom is a custom section. Payload aliases the parsed bytes.
type Custom struct {
	Name    string
	Payload []byte
	Section Range // the whole section with its header
}

// Body is the code of one defined function.
type Body struct {
	Code   Range  // the instructions, with the final end
	Locals uint64 // declared locals, without parameters
	runs   Range  // the declarations of locals, without their number
	groups int    // their number
}

// Data is a data segment.
type Data struct {
	Passive bool
	Bytes   Range
}

// Module is the structure of a module. Index spaces begin with the imports, as in the
// format. A Module aliases the bytes that it was parsed from, which must not change
// while it is in use. It is safe for concurrent readers.
type Module struct {
	Types     []FuncType
	Imports   []Import
	Functions []uint32 // type index of every function, imports first
	Tables    []Table
	Memories  []Memory
	Globals   []Global
	Exports   []Export
	HasStart  bool
	Start     uint32 // function index, if HasStart
	Elements  []Element
	Bodies    []Body // of the defined functions, in order
	Data      []Data
	Customs   []Custom

	bytes        []byte
	sections     [sectionCount]Range // contents of the sections, by id
	imported     [kindsCount]uint32
	hasDataCount bool
	dataCount    uint32
}

// Bytes returns what the module was parsed from, which must not be changed.
func (m *Module) Bytes() []byte { return m.bytes }

// Size returns the size of the module in bytes.
func (m *Module) Size() int { return len(m.bytes) }

// ImportedFunctions returns how many entries of Functions are imports.
func (m *Module) ImportedFunctions() int { return int(m.imported[Function]) }

// Export returns the export with the given name.
func (m *Module) Export(name string) (Export, bool) {
	for _, e := range m.Exports {
		if e.Name == name {
			return e, true
		}
	}
	return Export{}, false
}

// FuncType returns the signature of a function by its index, imports first.
func (m *Module) FuncType(index uint32) (FuncType, bool) {
	if uint64(index) >= uint64(len(m.Functions)) {
		return FuncType{}, false
	}
	return m.Types[m.Functions[index]], true
}
