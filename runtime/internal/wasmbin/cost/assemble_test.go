package cost_test

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Types of values, and pieces of code that many modules here use.
const (
	i32, i64, f32, f64, v128, funcref = "\x7f", "\x7e", "\x7d", "\x7c", "\x7b", "\x70"

	load = "\x41\x00\x28\x02\x00" // a number that the compiler does not know
	drop = "\x1a"
	end  = "\x0b"
)

// leb returns an unsigned number in LEB128.
func leb(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

// sleb returns a number that is not negative in signed LEB128.
func sleb(n int) string {
	if n < 64 {
		return leb(n)
	}
	return string([]byte{byte(n&127) | 128}) + sleb(n>>7)
}

func rep(s string, n int) string { return strings.Repeat(s, max(n, 0)) }

func sized(s string) string { return leb(len(s)) + s }

func section(id byte, s string) string { return string([]byte{id}) + sized(s) }

func vector(items []string) string { return leb(len(items)) + strings.Join(items, "") }

func get(i int) string { return "\x20" + leb(i) }
func set(i int) string { return "\x21" + leb(i) }

// Types and functions that every module of an assembler has.
const (
	typeGet, typeNone      = 0, 1 // () -> (i32), () -> ()
	functionGet, firstFree = 0, 1
)

// assembler writes a module that exports what the guest ABI wants.
type assembler struct {
	types, globals, functions, bodies []string
	imports                           int  // of one function, () -> (i32)
	tables                            bool // two tables, an element segment and a data segment
	exports                           int  // besides those that the guest ABI wants
	elements                          int  // of a segment besides those of tables
}

func newAssembler() *assembler {
	m := &assembler{types: []string{"\x60\x00\x01" + i32, "\x60\x00\x00"}}
	m.add(typeGet, 0, i32, "\x41\x00")
	return m
}

// signature adds a type and returns its index.
func (m *assembler) signature(params, results string) int {
	m.types = append(m.types, "\x60"+sized(params)+sized(results))
	return len(m.types) - 1
}

// add adds a function with locals of one type and returns its index.
func (m *assembler) add(signature, locals int, of, code string) int {
	head := "\x00"
	if locals > 0 {
		head = "\x01" + leb(locals) + of
	}
	m.functions = append(m.functions, leb(signature))
	m.bodies = append(m.bodies, sized(head+code+end))
	return m.imports + len(m.functions) - 1
}

// importing adds imports. Functions that are added later are behind them.
func (m *assembler) importing(n int) { m.imports = n }

func (m *assembler) variables(n int, mutable bool) {
	kind := "\x00"
	if mutable {
		kind = "\x01"
	}
	for range n {
		m.globals = append(m.globals, i64+kind+"\x42\x00\x0b")
	}
}

func (m *assembler) bytes() []byte {
	var b strings.Builder
	b.WriteString("\x00asm\x01\x00\x00\x00" + section(1, vector(m.types)))
	if m.imports > 0 {
		one := sized("wasi_snapshot_preview1") + sized("sched_yield") + "\x00\x00"
		b.WriteString(section(2, leb(m.imports)+rep(one, m.imports)))
	}
	b.WriteString(section(3, vector(m.functions)))
	if m.tables {
		b.WriteString(section(4, "\x02"+funcref+"\x01\x10\x10"+"\x6f\x01\x10\x10"))
	}
	b.WriteString(section(5, "\x01\x00\x01"))
	if len(m.globals) > 0 {
		b.WriteString(section(6, vector(m.globals)))
	}
	get := leb(m.imports + functionGet)
	var exports strings.Builder
	for i := range m.exports {
		exports.WriteString(sized(strconv.Itoa(i)) + "\x00" + get)
	}
	b.WriteString(section(7, leb(2+m.exports)+sized("memory")+"\x02\x00"+sized("postern_get")+"\x00"+get+exports.String()))
	if m.tables {
		segments := "\x01\x00\x01" + get + "\x03\x00\x01" + get
		b.WriteString(section(9, "\x03"+segments+"\x05"+funcref+leb(m.elements)+rep("\xd2"+get+end, m.elements)))
		b.WriteString(section(12, "\x01"))
	}
	b.WriteString(section(10, vector(m.bodies)))
	if m.tables {
		b.WriteString(section(11, "\x01\x01\x01x"))
	}
	return []byte(b.String())
}
