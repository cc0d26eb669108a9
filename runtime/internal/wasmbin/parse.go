package wasmbin

import (
	"bytes"
	"strings"
)

// Parse refuses counts above these, independent of Limits. They bound what a few
// bytes of input can make the parser allocate.
const (
	hardModuleBytes = 64 << 20
	hardTypes       = 100_000
	hardArity       = 1_000
	hardImports     = 100_000
	hardFunctions   = 1_000_000
	hardTables      = 1_000
	hardGlobals     = 200_000
	hardExports     = 200_000
	hardSegments    = 100_000
	hardElements    = 2_000_000
	hardCustoms     = 10_000
)

const (
	magic   = "\x00asm"
	version = "\x01\x00\x00\x00"
)

// IDs of sections.
const (
	customID = iota
	typeID
	importID
	functionID
	tableID
	memoryID
	globalID
	exportID
	startID
	elementID
	codeID
	dataID
	dataCountID
	tagID
	sectionCount = tagID
)

// sectionRank is the order of the sections; custom sections may be anywhere.
var sectionRank = [sectionCount]int{
	typeID: 1, importID: 2, functionID: 3, tableID: 4, memoryID: 5, globalID: 6, exportID: 7,
	startID: 8, elementID: 9, dataCountID: 10, codeID: 11, dataID: 12,
}

// Parse reads the structure of a core module. It checks the binary format, all
// indexes outside of function bodies and the UTF-8 of names, and refuses the
// proposals outside of the accepted set that show in the structure; [Check] reads the
// bodies. The error is always an *Error. The Module aliases b.
func Parse(b []byte) (*Module, error) {
	if err := preamble(b); err != nil {
		return nil, err
	}
	m := &Module{bytes: b}
	r := &reader{b: b, pos: len(magic) + len(version), end: len(b)}
	rank := 0
	for !r.done() {
		rank = m.section(r, rank)
	}
	if r.err == nil {
		m.consistent(r)
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

func preamble(b []byte) error {
	switch {
	case len(b) > hardModuleBytes:
		return refuse(TooLarge, -1, "the module has %d bytes, at most %d are accepted", len(b), hardModuleBytes)
	case len(b) == 0:
		return refuse(Truncated, 0, "the file is empty")
	case !bytes.HasPrefix(b, []byte(magic)) && !strings.HasPrefix(magic, string(b[:min(len(b), 4)])):
		if bytes.HasPrefix(bytes.TrimSpace(b[:min(len(b), 256)]), []byte("(module")) {
			return refuse(NotWasm, 0, "this is WebAssembly text; assemble it to a binary module first")
		}
		return refuse(NotWasm, 0, "the file does not begin with the magic bytes of WebAssembly")
	case len(b) < 8:
		return refuse(Truncated, len(b), "the file ends within its preamble")
	case string(b[4:8]) == version:
		return nil
	case b[6] == 1 && b[7] == 0:
		return refuse(Component, 4, "this is a component; build a core module")
	}
	return refuse(BadVersion, 4, "the preamble has version %d and layer %d; want version 1 and layer 0",
		uint16(b[4])|uint16(b[5])<<8, uint16(b[6])|uint16(b[7])<<8)
}

// section reads one section and returns the rank of the last one that is not custom.
func (m *Module) section(r *reader, rank int) int {
	start := r.pos
	id := r.byte("a section id")
	size := r.u32("a section size")
	if r.err != nil {
		return rank
	}
	if id == tagID {
		r.pos = start
		r.fail(RefusedFeature, "exception handling (a tag section) is not accepted")
		return rank
	}
	if id > tagID {
		r.pos = start
		r.fail(Malformed, "unknown section id %d", id)
		return rank
	}
	s := r.sub(size, "section "+sectionName(id))
	if id == customID {
		m.custom(s, start)
	} else {
		if sectionRank[id] <= rank {
			r.pos = start
			r.fail(Malformed, "section %s is repeated or out of order", sectionName(id))
			return rank
		}
		rank = sectionRank[id]
		m.sections[id] = Range{s.pos, s.end}
		m.content(id, s)
	}
	if s.err == nil && s.pos != s.end {
		s.fail(Malformed, "section %s has %d bytes after its content", sectionName(id), s.end-s.pos)
	}
	r.err = s.err
	return rank
}

func (m *Module) content(id byte, r *reader) {
	switch id {
	case typeID:
		m.readTypes(r)
	case importID:
		m.readImports(r)
	case functionID:
		m.readFunctions(r)
	case tableID:
		m.readTables(r)
	case memoryID:
		m.readMemories(r)
	case globalID:
		m.readGlobals(r)
	case exportID:
		m.readExports(r)
	case startID:
		m.readStart(r)
	case elementID:
		m.readElements(r)
	case codeID:
		m.readCode(r)
	case dataID:
		m.readData(r)
	case dataCountID:
		m.hasDataCount, m.dataCount = true, r.u32("the data count")
	}
}

func (m *Module) custom(r *reader, start int) {
	name := r.name("the name of a custom section")
	if r.err != nil {
		return
	}
	if len(m.Customs) >= hardCustoms {
		r.fail(TooMany, "more than %d custom sections", hardCustoms)
		return
	}
	payload := r.take(uint32(r.end-r.pos), "a custom section")
	m.Customs = append(m.Customs, Custom{Name: name, Payload: payload, Section: Range{start, r.end}})
}

// consistent compares sections with each other.
func (m *Module) consistent(r *reader) {
	if defined := len(m.Functions) - m.ImportedFunctions(); defined != len(m.Bodies) {
		r.fail(Malformed, "%d functions are declared, but %d have code", defined, len(m.Bodies))
	}
	if m.hasDataCount && int64(m.dataCount) != int64(len(m.Data)) {
		r.fail(Malformed, "the data count is %d, but there are %d data segments", m.dataCount, len(m.Data))
	}
}

func sectionName(id byte) string {
	names := [sectionCount]string{
		"custom", "type", "import", "function", "table", "memory", "global",
		"export", "start", "element", "code", "data", "data count",
	}
	return names[id]
}
