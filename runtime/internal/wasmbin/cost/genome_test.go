package cost_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// genome describes a module: how often each kind of statement stands in its functions,
// and how large everything is.
type genome struct {
	Weights   map[string]int // of the kinds of statement
	Locals    int
	Used      int // locals that one statement uses
	Arity     int // of the function that is called
	Globals   int // mutable ones
	Values    int // parameters and results of a block
	Stack     int // values that lie on the stack below a statement
	Labels    int // of a br_table, and branches in a row
	Nest      int
	Functions int // large ones
	Small     int // functions after them
	Bare      int // functions without code after those, each with two locals
	Types     int
	Width     int // parameters of each type
	Imports   int
	Exports   int
	Elements  int // of one segment
	Read      int // locals that are read at the end of a function
	Seed      uint64
	Size      int // statements of a large function
}

// writer writes the functions of a genome.
type writer struct {
	genome
	strings.Builder
	random *rand.Rand
	kinds  []string // as often as they weigh
	left   int
	depth  int
	labels []int // values that a branch to each open block takes, the innermost last
	callee int   // the function that is called
	values int   // type of a block with values
	called int   // type of the callee
	get    int   // the function that is exported
}

// module returns the module.
func (g genome) module() []byte {
	m := newAssembler()
	m.tables = true
	w := &writer{genome: g, random: rand.New(rand.NewPCG(g.Seed, 1))}
	w.called = m.signature(rep(i32, g.Arity), rep(i32, g.Arity))
	w.values = m.signature(rep(i32, g.Values), rep(i32, g.Values))
	for i := range g.Types {
		m.signature(parameters(i, g.Width), "")
	}
	m.importing(g.Imports)
	w.get = g.Imports + functionGet
	m.variables(g.Globals, true)
	var give strings.Builder
	for i := range g.Arity {
		give.WriteString(get(i))
	}
	w.callee = m.add(w.called, 0, i32, give.String())
	for _, k := range statementNames {
		for range g.Weights[k] {
			w.kinds = append(w.kinds, k)
		}
	}
	for range g.Functions {
		m.add(typeNone, g.Locals, i32, w.function(g.Size))
	}
	for range g.Small {
		m.add(typeNone, 2, i32, load+set(0)+"\x10"+leb(w.get)+drop+"\x41\x00"+get(0)+"\x36\x02\x00")
	}
	for range g.Bare {
		m.add(typeNone, 2, i64, "")
	}
	m.exports, m.elements = g.Exports, g.Elements
	return m.bytes()
}

// distinct returns parameters that differ for each i below 1,024.
func distinct(i int) string { return parameters(i, 10) }

// parameters returns n parameters that differ for each i below 2^n.
func parameters(i, n int) string {
	var b strings.Builder
	for j := range n {
		b.WriteByte("\x7f\x7e"[i>>min(j, 62)&1])
	}
	return b.String()
}

func (w *writer) function(size int) string {
	w.Reset()
	w.left, w.depth, w.labels = size, 0, nil
	w.WriteString("\x02\x40")
	w.labels = append(w.labels, 0)
	for w.left > 0 {
		w.statements(64)
	}
	w.WriteString(end)
	for i := range min(w.Read, w.Locals) {
		w.WriteString("\x41\x00" + get(i) + "\x36\x02\x00")
	}
	return w.String()
}

func (w *writer) statements(n int) {
	for ; n > 0 && w.left > 0; n-- {
		w.left--
		k := w.kinds[w.random.IntN(len(w.kinds))]
		s := statements[k]
		if s.nests && w.depth >= w.Nest {
			k, s = "copy", statements["copy"]
		}
		s.write(w)
	}
}

// within writes statements inside an open block.
func (w *writer) within(values, n int) {
	w.depth++
	w.labels = append(w.labels, values)
	w.statements(n)
	w.labels = w.labels[:len(w.labels)-1]
	w.depth--
}

func (w *writer) local() string { return get(w.random.IntN(w.Locals)) }
func (w *writer) into() string  { return set(w.random.IntN(w.Locals)) }
func (w *writer) few() int      { return 1 + w.random.IntN(8) }
func (w *writer) chance() bool  { return w.random.IntN(2) == 0 }

// label returns the depth of an open block that takes no values.
func (w *writer) label() int {
	for range 8 {
		if d := w.random.IntN(len(w.labels)); w.labels[len(w.labels)-1-d] == 0 {
			return d
		}
	}
	return len(w.labels) - 1 // the block around the function takes none
}

// statement is a kind of statement. Statements that nest hold others.
type statement struct {
	nests bool
	write func(*writer)
}

var statements map[string]statement

func init() { // not where it is declared: statements hold others
	statements = map[string]statement{
		"copy":  {write: func(w *writer) { w.WriteString(w.local() + w.into()) }},
		"load":  {write: func(w *writer) { w.WriteString(w.local() + "\x28\x02\x00" + w.into()) }},
		"loads": {write: func(w *writer) { w.WriteString(rep(load+drop, w.few())) }},
		"store": {write: func(w *writer) { w.WriteString(w.local() + w.local() + "\x36\x02\x00") }},
		"call": {write: func(w *writer) {
			w.WriteString(rep(w.local(), w.Arity) + "\x10" + leb(w.callee) + rep(drop, w.Arity))
			w.left -= w.Arity / 8
		}},
		"calls": {write: func(w *writer) { // results are handed on
			w.WriteString(rep("\x41\x01", w.Arity) + rep("\x10"+leb(w.callee), w.few()) + rep(drop, w.Arity))
			w.left -= w.Arity / 4
		}},
		"indirect": {write: func(w *writer) {
			w.WriteString(rep(w.local(), w.Arity) + "\x41\x00\x11" + leb(w.called) + "\x00" + rep(drop, w.Arity))
			w.left -= w.Arity / 8
		}},
		"call import": {write: func(w *writer) {
			if w.Imports > 0 {
				w.WriteString("\x10" + leb(w.random.IntN(w.Imports)) + drop)
			}
		}},
		"dead code": {write: func(w *writer) {
			w.WriteString("\x02\x40\x00" + rep(get(0)+get(0)+"\x6a"+set(0), w.Used) + end)
			w.left -= w.Used / 16
		}},
		"branch on": {write: func(w *writer) { w.WriteString("\x02\x40\x0c\x00" + get(0) + drop + end) }},
		"dead call": {write: func(w *writer) {
			w.WriteString("\x02\x40\x00" + rep("\x10"+leb(w.callee), w.few()) + rep(drop, w.Arity) + end)
		}},
		"if": {nests: true, write: func(w *writer) {
			w.WriteString(w.local() + "\x04\x40")
			w.within(0, w.few())
			if w.chance() {
				w.WriteString("\x05")
				w.within(0, w.few())
			}
			w.WriteString(end)
		}},
		"if values": {nests: true, write: func(w *writer) {
			w.WriteString(rep(w.local(), w.Values) + w.local() + "\x04" + sleb(w.values))
			w.within(w.Values, w.few())
			w.WriteString("\x05" + end + rep(drop, w.Values))
			w.left -= w.Values / 4
		}},
		"loop": {nests: true, write: func(w *writer) {
			w.WriteString("\x03\x40")
			w.within(0, w.few())
			w.WriteString(load + "\x0d\x00" + end)
		}},
		"long loop": {nests: true, write: func(w *writer) {
			w.WriteString("\x03\x40")
			w.within(0, 64)
			w.WriteString(load + "\x0d\x00" + end)
		}},
		"block": {nests: true, write: func(w *writer) {
			w.WriteString("\x02\x40")
			w.within(0, w.few())
			w.WriteString(end)
		}},
		"long block": {nests: true, write: func(w *writer) {
			w.WriteString("\x02\x40")
			w.within(0, 64)
			w.WriteString(end)
		}},
		"empty loop": {write: func(w *writer) { w.WriteString("\x03\x40" + end) }},
		"around loop": {write: func(w *writer) { // paths that differ by a loop
			w.WriteString("\x02\x40" + load + "\x0d\x00\x03\x40" + load + "\x0d\x00" + end + rep(load+"\x0d\x00", w.Labels) + end)
			w.left -= w.Labels
		}},
		"branch":  {write: func(w *writer) { w.WriteString(load + "\x0d" + leb(w.label())) }},
		"branchl": {write: func(w *writer) { w.WriteString(w.local() + "\x0d" + leb(w.label())) }},
		"branches": {write: func(w *writer) {
			w.WriteString("\x02\x40" + rep(load+"\x0d\x00", w.Labels) + end)
			w.left -= w.Labels
		}},
		"jump": {nests: true, write: func(w *writer) {
			w.WriteString("\x02\x40" + load + "\x0d\x00\x0c" + leb(w.label()+1) + end)
		}},
		"return": {write: func(w *writer) { w.WriteString("\x02\x40" + load + "\x0d\x00\x0f" + end) }},
		"table": {write: func(w *writer) {
			w.WriteString("\x02\x40" + load + "\x0e" + leb(w.Labels) + rep("\x00", w.Labels+1) + end)
			w.left -= w.Labels / 2
		}},
		"short table": {write: func(w *writer) {
			w.WriteString(rep("\x02\x40", 5) + load + "\x0e" + leb(min(w.Labels, 100)))
			for i := range min(w.Labels, 100) + 1 {
				w.WriteString(leb(i % 5))
			}
			w.WriteString(rep(end, 5))
		}},
		"far table": {write: func(w *writer) {
			w.WriteString("\x02\x40" + load + "\x0e" + leb(w.Labels))
			for range w.Labels + 1 {
				l := w.random.IntN(len(w.labels) + 1)
				if l > 0 && w.labels[len(w.labels)-l] != 0 {
					l = 0
				}
				w.WriteString(leb(l))
			}
			w.WriteString(end)
			w.left -= w.Labels / 2
		}},
		"global": {write: func(w *writer) {
			if w.Globals > 0 {
				w.WriteString("\x42\x07\x24" + leb(w.random.IntN(w.Globals)) + "\x23" + leb(w.random.IntN(w.Globals)) + drop)
			}
		}},
		"globals": {write: func(w *writer) {
			for i := range min(w.Globals, w.Used) {
				w.WriteString("\x42\x07\x24" + leb(i))
			}
			w.WriteString(load + "\x04\x40" + end)
			w.left -= w.Used / 8
		}},
		"copy memory": {write: func(w *writer) { w.WriteString("\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00") }},
		"fill memory": {write: func(w *writer) { w.WriteString("\x41\x00\x41\x00" + w.local() + "\xfc\x0b\x00") }},
		"init memory": {write: func(w *writer) { w.WriteString("\x41\x00\x41\x00\x41\x00\xfc\x08\x00\x00\xfc\x09\x00") }},
		"init table":  {write: func(w *writer) { w.WriteString("\x41\x00\x41\x00\x41\x00\xfc\x0c\x00\x00\xfc\x0d\x00") }},
		"copy table":  {write: func(w *writer) { w.WriteString("\x41\x00\x41\x00\x41\x00\xfc\x0e\x00\x00") }},
		"grow table":  {write: func(w *writer) { w.WriteString("\xd0\x6f\x41\x00\xfc\x0f\x01\xfc\x10\x01" + drop + drop) }},
		"fill table":  {write: func(w *writer) { w.WriteString("\x41\x00\xd0\x6f\x41\x00\xfc\x11\x01") }},
		"tables":      {write: func(w *writer) { w.WriteString("\x41\x00" + w.local() + "\x25\x00\x26\x00") }},
		"null":        {write: func(w *writer) { w.WriteString("\xd0\x70\xd1" + w.into()) }},
		"choose":      {write: func(w *writer) { w.WriteString(w.local() + w.local() + w.local() + "\x1b" + w.into()) }},
		"choose reference": {write: func(w *writer) {
			w.WriteString("\x41\x00\x25\x00\xd0\x70" + w.local() + "\x1c\x01\x70\xd1" + w.into())
		}},
		"vectors": {write: func(w *writer) {
			w.WriteString(w.local() + "\xfd\x11")
			for range w.few() {
				w.WriteString(vectorStep(w))
			}
			w.WriteString("\xfd\x1b\x00" + w.into())
		}},
		"live vectors": {write: func(w *writer) { // over a call
			w.WriteString(rep("\x41\x00\xfd\x00\x04\x00", w.Stack) + "\x10" + leb(w.get) + drop)
			w.WriteString(rep("\xfd\x6e", w.Stack-1) + "\xfd\x1b\x00" + w.into())
			w.left -= w.Stack / 8
		}},
		"stack": {nests: true, write: func(w *writer) {
			w.WriteString("\x41\x00" + rep(load, w.Stack))
			w.depth++
			w.statements(w.few())
			w.depth--
			w.WriteString(rep("\x6a", w.Stack-1) + "\x36\x02\x00")
			w.left -= w.Stack / 8
		}},
		"values": {nests: true, write: func(w *writer) {
			w.WriteString(rep(w.local(), w.Values) + string("\x02\x03"[w.random.IntN(2)]) + sleb(w.values))
			w.within(w.Values, w.few())
			w.WriteString(rep(drop, w.Values) + rep(w.local(), w.Values) + load + "\x0d\x00" + end + rep(drop, w.Values))
			w.left -= w.Values / 4
		}},
		"divide": {write: func(w *writer) {
			w.WriteString("\x41\x00" + w.local() + w.local() + "\x6d\xb7\xaa\x36\x02\x00")
		}},
		"remainder": {write: func(w *writer) { w.WriteString(w.local() + w.local() + "\x6f" + w.into()) }},
		"read": {write: func(w *writer) {
			for range w.Used {
				w.WriteString(w.local() + drop)
			}
			w.left -= w.Used / 8
		}},
		"shift": {write: func(w *writer) { // locals are handed down
			s := w.random.IntN(w.Locals)
			for i := range w.Used {
				w.WriteString(get((s+i+1)%w.Locals) + set((s+i)%w.Locals))
			}
			w.left -= w.Used / 8
		}},
		"shift loop": {nests: true, write: func(w *writer) {
			w.WriteString("\x03\x40")
			statements["shift"].write(w)
			w.within(0, w.few())
			w.WriteString(load + "\x0d\x00" + end)
		}},
		"hand on": {write: func(w *writer) { // values that live into a loop, and then die
			use := "\x41\x00" + w.local()
			for range w.Used {
				i := w.random.IntN(w.Locals)
				w.WriteString(load + set(i))
				use += get(i) + "\x6a"
			}
			w.WriteString("\x03\x40" + use + "\x36\x02\x00" + w.local() + "\x0d\x00" + end)
			w.left -= w.Used / 8
		}},
		"grow": {write: func(w *writer) { w.WriteString("\x41\x00\x40\x00" + drop) }},
	}
	statementNames = slices.Sorted(maps.Keys(statements))
}

var statementNames []string

// vectorStep returns an instruction from one vector to one.
func vectorStep(w *writer) string {
	for {
		op := 0x23 + w.random.IntN(0x100-0x23)
		code := "\xfd" + leb(op)
		switch shape := vectorShapes[op]; shape {
		case "v":
			return code
		case "vv":
			return w.local() + "\xfd\x11" + code
		case "vi":
			return w.local() + code
		}
	}
}

// vectorShapes holds the operands of the vector instructions that give a vector.
var vectorShapes = func() map[int]string {
	shapes := map[int]string{}
	in := func(shape string, ops ...int) {
		for _, op := range ops {
			shapes[op] = shape
		}
	}
	for op := 0x23; op <= 0xff; op++ {
		shapes[op] = "vv"
	}
	in("v", 0x4d, 0x5e, 0x5f, 0x60, 0x61, 0x62, 0x67, 0x68, 0x69, 0x6a, 0x74, 0x75, 0x7a, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81,
		0x87, 0x88, 0x89, 0x8a, 0x94, 0xa0, 0xa1, 0xa7, 0xa8, 0xa9, 0xaa, 0xc0, 0xc1, 0xc7, 0xc8, 0xc9, 0xca, 0xe0, 0xe1, 0xe3,
		0xec, 0xed, 0xef, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff)
	in("vi", 0x6b, 0x6c, 0x6d, 0x8b, 0x8c, 0x8d, 0xab, 0xac, 0xad, 0xcb, 0xcc, 0xcd)
	for _, op := range []int{0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x63, 0x64, 0x83, 0x84,
		0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6,
		0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee} {
		delete(shapes, op)
	}
	return shapes
}()
