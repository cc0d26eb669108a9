package generate

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
)

// ReportKey is the key under which a get answers with its counts.
const ReportKey = "report"

// KeyName returns the name of the key i that a get asks for.
func KeyName(i int) string { return keyPrefix + letterName(i) }

const keyPrefix = "k/"

func letterName(i int) string {
	return string([]byte{'a' + byte(i>>12&15), 'a' + byte(i>>8&15), 'a' + byte(i>>4&15), 'a' + byte(i&15)})
}

// Counts reads the value of [ReportKey]: how often each import succeeded.
func Counts(value string) ([]uint32, error) {
	if len(value) != 4*len(Imports()) {
		return nil, fmt.Errorf("a report of %d bytes", len(value))
	}
	out := make([]uint32, len(value)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32([]byte(value[4*i:]))
	}
	return out, nil
}

// Listed reads the keys that a listing reports: it appends the imports that succeeded.
func Listed(key string) (int, bool) {
	rest, ok := strings.CutPrefix(key, ReportKey+"/")
	if !ok || len(rest) != letterCount {
		return 0, false
	}
	n := 0
	for _, c := range []byte(rest) {
		n = n<<4 | int(c-'a')
	}
	return n, n < len(Imports())
}

const (
	loops    = 6 // locals that count passes
	result   = loops
	locals   = loops + 1
	slots    = 16
	maxSlots = 64

	tableVariants = 7
)

// module is a module that is being encoded.
type module struct {
	p        *Program
	imports  []abi.Func
	current  int // the function that is being encoded
	types    []string
	answered int // the global that has a bit for each answered key
	depth    int // the global that counts down a recursion
}

// Wasm returns the module.
func (p *Program) Wasm() []byte {
	m := &module{p: p, imports: Imports()}
	m.answered, m.depth = len(m.imports), len(m.imports)+1
	plain, status := m.typeOf(nil, nil), m.typeOf(nil, []abi.Type{abi.I32})

	var imports []string
	for _, f := range m.imports {
		imports = append(imports, sized(f.Module)+sized(f.Name)+"\x00"+leb(m.typeOf(f.Params, f.Results)))
	}
	var bodies, funcs []string
	for i := range p.Funcs {
		m.current = i
		funcs, bodies = append(funcs, leb(plain)), append(bodies, m.function(p.Funcs[i]))
	}
	funcs, bodies = append(funcs, leb(plain)), append(bodies, m.recursion())
	first := len(m.imports) + len(bodies)
	exports := []string{sized("memory") + "\x02\x00"}
	for i, op := range []string{"get", "set", "delete", "keys", "open"} {
		funcs, bodies = append(funcs, leb(status)), append(bodies, m.export(op))
		exports = append(exports, sized("postern_"+op)+"\x00"+leb(first+i))
	}
	var globals []string
	for range m.imports {
		globals = append(globals, "\x7f\x01\x41\x00\x0b")
	}
	globals = append(globals, "\x7e\x01\x42\x00\x0b", "\x7f\x01\x41\x00\x0b")
	// The table has the last of the functions only, which calls none: no cycle.
	leaf := leb(len(m.imports) + len(p.Funcs) - 1)
	return []byte("\x00asm\x01\x00\x00\x00" +
		section(1, vec(m.types)) + section(2, vec(imports)) + section(3, vec(funcs)) +
		section(4, "\x01\x70\x01"+leb(slots)+leb(maxSlots)) +
		section(5, "\x01\x01"+leb(p.Pages)+leb(256)) + section(6, vec(globals)) + section(7, vec(exports)) +
		section(9, "\x02\x00\x41\x00\x0b"+leb(slots)+strings.Repeat(leaf, slots)+"\x01\x00"+leb(slots)+strings.Repeat(leaf, slots)) +
		section(12, "\x02") + section(10, vec(bodies)) +
		section(11, "\x02\x00\x41"+sleb(dataAt)+"\x0b"+sized(string(data))+"\x01"+sized(strings.Repeat("d", 1024))))
}

func (m *module) typeOf(params, results []abi.Type) int {
	list := func(types []abi.Type) string {
		b := leb(len(types))
		for _, t := range types {
			b += string([]byte{byte(t)})
		}
		return b
	}
	t := "\x60" + list(params) + list(results)
	if i := slices.Index(m.types, t); i >= 0 {
		return i
	}
	m.types = append(m.types, t)
	return len(m.types) - 1
}

func leb(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

func sleb(v int64) string {
	var b []byte
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return string(append(b, c))
		}
		b = append(b, c|0x80)
	}
}

func sized(s string) string               { return leb(len(s)) + s }
func vec(s []string) string               { return leb(len(s)) + strings.Join(s, "") }
func section(id byte, body string) string { return string([]byte{id}) + sized(body) }

func i32(v uint32) string       { return "\x41" + sleb(int64(int32(v))) }
func get(local int) string      { return "\x20" + leb(local) }
func set(local int) string      { return "\x21" + leb(local) }
func global(i int) string       { return "\x23" + leb(i) }
func setGlobal(i int) string    { return "\x24" + leb(i) }
func callTo(fn int) string      { return "\x10" + leb(fn) }
func store(at, v uint32) string { return i32(at) + i32(v) + "\x36\x00\x00" }

// function returns a function without parameters.
func (m *module) function(body []statement) string {
	return sized("\x01" + leb(locals) + "\x7f" + m.code(body, 0) + "\x0b")
}

// recursion returns the function that calls itself as often as a global says.
func (m *module) recursion() string {
	self := len(m.imports) + len(m.p.Funcs)
	less := global(m.depth) + i32(1) + "\x6b" + setGlobal(m.depth)
	return sized("\x00" + global(m.depth) + "\x45\x04\x40\x0f\x0b" + less + callTo(self) + "\x0b")
}

// export returns the function that serves the operation.
func (m *module) export(op string) string {
	code := ""
	if op == m.p.Op {
		code = callTo(len(m.imports))
	}
	emit := slices.IndexFunc(m.imports, func(f abi.Func) bool { return f.Module == abi.ModuleCore && f.Name == "emit" })
	record := func(b string) string { // writes and emits a constant record
		for len(b)%4 != 0 {
			b += "\x00"
		}
		out := ""
		for i := 0; i < len(b); i += 4 {
			out += store(recordAt+uint32(i), binary.LittleEndian.Uint32([]byte(b[i:])))
		}
		return out
	}
	switch op {
	case "get":
		// The host also asks for no keys, to warm up: then the request is empty.
		code = i32(0) + i32(0) + callTo(0) + "\x45\x04\x40" + i32(0) + "\x0f\x0b" + code
		for i := range m.p.Keys {
			b := string(abi.AppendUint32(abi.Append(nil, abi.TagKey, []byte(KeyName(i))), abi.TagStatus, uint32(abi.NotFound)))
			code += global(m.answered) + "\x42" + sleb(int64(i)) + "\x88\xa7" + i32(1) + "\x71\x45\x04\x40" +
				record(b) + i32(recordAt) + i32(uint32(len(b))) + callTo(emit) + "\x1a\x0b"
		}
		head := abi.Append(nil, abi.TagKey, []byte(ReportKey))
		n := 4 * len(m.imports)
		value := abi.Append(nil, abi.TagValue, make([]byte, n))
		b := string(head) + string(value)
		code += record(b)
		for i := range m.imports {
			code += i32(recordAt+uint32(len(b)-n+4*i)) + global(i) + "\x36\x00\x00"
		}
		code += i32(recordAt) + i32(uint32(len(b))) + callTo(emit) + "\x1a"
	case "keys":
		for i := range m.imports {
			b := string(abi.Append(nil, abi.TagKey, []byte(ReportKey+"/"+letterName(i))))
			code += global(i) + "\x04\x40" + record(b) + i32(recordAt) + i32(uint32(len(b))) + callTo(emit) + "\x1a\x0b"
		}
	}
	return sized("\x00" + code + i32(0) + "\x0b")
}

// pass returns the number of the pass of the innermost loop.
func pass(depth int) string {
	if depth == 0 {
		return i32(0)
	}
	return get(depth - 1)
}

func (m *module) code(body []statement, depth int) string {
	var b strings.Builder
	for _, s := range body {
		b.WriteString(m.statement(s, depth))
	}
	return b.String()
}

func (m *module) statement(s statement, depth int) string {
	switch s.kind {
	case call:
		return m.call(s, depth)
	case loop:
		if depth == loops {
			return m.code(s.body, depth)
		}
		count := get(depth) + i32(1) + "\x6a\x22" + leb(depth)
		return i32(0) + set(depth) + "\x03\x40" + m.code(s.body, depth+1) + count + i32(s.n) + "\x49\x0d\x00\x0b"
	case branch:
		return pass(depth) + i32(s.n) + "\x71\x45\x04\x40" + m.code(s.body, depth) + "\x0b"
	case answer:
		return m.answer(s, depth)
	case repeat:
		return m.repeat(s)
	case letters:
		return lettersAt(s.at, s.n, depth)
	case bulk:
		return [...]string{
			i32(bufAt) + i32(0x61) + i32(s.n) + "\xfc\x0b\x00",
			i32(bufAt) + i32(bufAt/2) + i32(s.n) + "\xfc\x0a\x00\x00",
			i32(bufAt) + i32(0) + i32(min(s.n, 1024)) + "\xfc\x08\x01\x00",
		}[s.fn]
	case grow:
		return i32(s.n) + "\x40\x00\x1a"
	case table:
		n := min(s.n, slots)
		return [...]string{
			i32(n%slots) + "\x25\x00\x1a",
			i32(n%slots) + i32(0) + "\x25\x00\x26\x00",
			"\xd0\x70" + i32(s.n) + "\xfc\x0f\x00\x1a",
			"\xfc\x10\x00\x1a",
			i32(1) + i32(0) + "\x25\x00" + i32(n/2) + "\xfc\x11\x00",
			i32(1) + i32(0) + i32(n/2) + "\xfc\x0e\x00\x00",
			i32(0) + i32(0) + i32(n) + "\xfc\x0c\x01\x00",
		}[s.fn]
	case compute:
		one := [...]string{
			i32(1<<31-1) + pass(depth) + i32(1) + "\x72\x6e\x1a",
			"\x44\x00\x00\x00\x00\x00\x00\xf8\x3f\x9f\x9f\x1a",
			i32(bufAt) + "\x28\x00\x00" + i32(3) + "\x6c\x1a",
			"\x42\x07\x42\x03\x81\x7a\x1a",
		}[s.fn]
		return strings.Repeat(one, int(s.n))
	case invoke:
		if s.fn == 0 {
			return i32(uint32(depth)) + "\x11" + leb(m.typeOf(nil, nil)) + "\x00"
		}
		return callTo(len(m.imports) + min(m.current+1, len(m.p.Funcs)-1))
	case recurse:
		return i32(s.n) + setGlobal(m.depth) + callTo(len(m.imports)+len(m.p.Funcs))
	case refFunc:
		return "\xd2" + leb(len(m.imports)+len(m.p.Funcs)-1) + "\x1a"
	}
	return "\x00"
}

// call calls an import and counts its success.
func (m *module) call(s statement, depth int) string {
	f := m.imports[s.fn]
	code := ""
	for i, t := range f.Params {
		var a arg
		if i < len(s.args) {
			a = s.args[i]
		}
		if t == abi.I64 {
			code += "\x42" + sleb(int64(a.value))
			continue
		}
		code += i32(uint32(a.value))
		if a.mask != 0 {
			code += pass(depth) + i32(a.mask) + "\x71\x6a"
		}
	}
	code += callTo(s.fn)
	count := global(s.fn) + i32(1) + "\x6a" + setGlobal(s.fn)
	switch {
	case len(f.Results) == 0:
		return code + count
	case f.Results[0] == abi.I64:
		return code + "\x1a" + count
	case f.Module != abi.ModuleWASI:
		return code + set(result) + get(result) + i32(0) + "\x4e\x04\x40" + count + "\x0b"
	case slices.Contains(alwaysBadf, f.Name):
		return code + i32(badf) + "\x46\x04\x40" + count + "\x0b"
	}
	return code + "\x45\x04\x40" + count + "\x0b"
}

// badf is the answer of WASI that there is no such descriptor, which is all that
// some functions answer.
const badf = 8

var alwaysBadf = []string{"fd_close", "fd_fdstat_set_flags", "fd_prestat_get", "fd_prestat_dir_name", "fd_seek"}

// lettersAt writes the number of the pass as letters.
func lettersAt(at, mask uint32, depth int) string {
	code := ""
	for i := range uint32(letterCount) {
		shift := 4 * (letterCount - 1 - i)
		code += i32(at+i) + pass(depth) + i32(mask) + "\x71" + i32(shift) + "\x76" + i32(15) + "\x71" + i32('a') + "\x6a\x3a\x00\x00"
	}
	return code
}

// answer emits a record for the key of the pass: empty fields, the key, and a value.
// The variant 1 answers no key twice.
func (m *module) answer(s statement, depth int) string {
	const header = 6
	room := uint32(m.p.Pages)<<16 - bufAt
	mask := uint32(m.p.Keys - 1)
	empty := min(s.at, (room-1024)/header/2) * header
	keyLen := uint32(len(keyPrefix) + letterCount)
	at := uint32(bufAt) + empty
	n := min(s.n, uint32(m.p.Pages)<<16-at-64)
	code := i32(bufAt) + i32(0) + i32(empty) + "\xfc\x0b\x00" +
		i32(at) + i32(uint32(abi.TagKey)) + "\x3b\x00\x00" + i32(at+2) + i32(keyLen) + "\x36\x00\x00" +
		i32(at+header) + i32('k'|'/'<<8) + "\x3b\x00\x00" + lettersAt(at+header+2, mask, depth)
	value := at + header + keyLen
	code += i32(value) + i32(uint32(abi.TagValue)) + "\x3b\x00\x00" + i32(value+2) + i32(n) + "\x36\x00\x00"
	bit := "\x42\x01" + pass(depth) + i32(mask) + "\x71\xad\x86"
	emit := statement{kind: call, fn: slices.IndexFunc(m.imports, func(f abi.Func) bool { return f.Name == "emit" }),
		args: consts(bufAt, empty+header+keyLen+header+n)}
	code += m.call(emit, depth) + get(result) + "\x45\x04\x40" + global(m.answered) + bit + "\x84" + setGlobal(m.answered) + "\x0b"
	if s.fn == 0 {
		return code
	}
	return global(m.answered) + bit + "\x83\x50\x04\x40" + code + "\x0b"
}

// repeat copies the part once and then what is there already, twice as much each time.
func (m *module) repeat(s statement) string {
	n := min(s.part.len, s.n)
	code := i32(s.at) + i32(s.part.at) + i32(n) + "\xfc\x0a\x00\x00"
	for have := n; have > 0 && have < s.n; {
		more := min(have, s.n-have)
		code += i32(s.at+have) + i32(s.at) + i32(more) + "\xfc\x0a\x00\x00"
		have += more
	}
	return code
}
