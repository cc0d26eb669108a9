// Package generate makes random hostile modules: loops around host functions, sizes
// from nothing to the whole memory, guests that call and compute in turn. Only tests
// import it. A [Program] is a tree of statements, which depends on its seed alone,
// and which is valid WebAssembly by construction.
package generate

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
)

// Program is a random module and how to call it.
type Program struct {
	Seed  uint64
	Op    string // the export that runs the statements: get, set, delete, keys or open
	Keys  int    // how many keys a get asks for, beside [ReportKey]
	Fuel  int64  // of one call; 0 is no limit
	Pages int    // of memory
	Funcs [][]Statement
}

// kind is what a statement does.
type kind byte

const (
	call    kind = iota // calls an import
	loop                // runs its body n times
	branch              // runs its body in passes whose number has no bit of n
	answer              // emits a record for one key, with fields before a value of n bytes
	repeat              // copies a part of the data to a place, again and again, n bytes in all
	letters             // writes the number of the pass, masked by n, as four letters
	bulk                // memory.fill, memory.copy or memory.init of n bytes
	grow                // grows the memory by n pages
	table               // one of the instructions for tables, with n elements
	compute             // n dear instructions
	invoke              // calls another function of the module, directly or by its table
	recurse             // calls itself n deep
	refFunc             // makes a reference to a function
	trap                // unreachable
)

// statement is one statement of a program.
type statement struct {
	kind kind
	fn   int // the import, the function, or the variant of the instruction
	args []arg
	n    uint32
	at   uint32
	part part // of the data
	body []statement
}

// Statement is one statement of a program.
type Statement = statement

// arg is an argument of a call: a number to which the masked number of the pass is
// added.
type arg struct {
	value uint64
	mask  uint32
}

// Imports returns the host functions that programs call, in the order of the counts
// of [Counts].
func Imports() []abi.Func { return append(abi.Imports(), abi.WASIImports()...) }

// maker makes one program.
type maker struct {
	*rand.Rand
	p       *Program
	imports []abi.Func
	next    int // the import that the program is about
}

// New returns the program of the seed.
func New(seed uint64) *Program {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 0x706f737465726e)), imports: Imports()}
	m.p = &Program{Seed: seed, Op: pick(m, "get", "get", "get", "get", "get", "get", "keys", "keys", "set", "delete", "open")}
	m.p.Pages = pick(m, 1, 2, 16, 64, 256, 256)
	m.p.Keys = pick(m, 1, 1, 1, 8, 64)
	m.p.Fuel = pick[int64](m, 0, 0, 1<<16, 1<<18)
	m.next = int(seed % uint64(len(m.imports)))
	var main []statement
	if m.IntN(5) < 2 { // the import alone, a few times
		before, use := m.use(m.next)
		main = append(before, statement{kind: loop, n: 1 + m.power(2), body: use})
	} else {
		for range 1 + m.IntN(3) {
			main = append(main, m.scene()...)
		}
	}
	m.p.Funcs = [][]statement{main}
	m.p.Funcs = append(m.p.Funcs, m.block(1, 1+m.IntN(3), true), m.block(1, 1+m.IntN(2), false))
	return m.p
}

func pick[T any](m *maker, from ...T) T { return from[m.IntN(len(from))] }

// power returns a number below 2^most, whose length in bits is random.
func (m *maker) power(most int) uint32 { return m.Uint32() & (1<<m.IntN(most+1) - 1) }

// room is how many bytes a program has from bufAt to the end of its memory.
func (m *maker) room() uint32 { return uint32(m.p.Pages)<<16 - bufAt }

// size returns a number of bytes: nothing, few, or up to all that there is, and
// seldom more.
func (m *maker) size() uint32 {
	switch m.IntN(40) {
	case 0:
		return m.room() + 1
	case 1:
		return pick[uint32](m, 1<<31-1, 1<<32-1)
	case 2, 3, 4:
		return m.room()
	case 5, 6:
		return 0
	}
	return min(m.room(), m.power(bits.Len32(m.room())))
}

// passes returns how often a loop runs: mostly seldom, sometimes without end.
func (m *maker) passes() uint32 {
	if m.IntN(2) == 0 {
		return 1<<m.IntN(28) | 1
	}
	return 1 + m.power(8)
}

// scene returns statements that prepare something and then use it in a loop.
func (m *maker) scene() []statement {
	switch m.IntN(12) {
	case 0:
		return m.handed()
	case 1:
		return m.block(3, 1+m.IntN(4), true)
	case 2:
		return []statement{{kind: loop, n: m.passes(), body: m.block(2, 1+m.IntN(2), true)}}
	case 3:
		if m.IntN(2) == 0 {
			return []statement{{kind: loop, n: 1 << (14 + m.IntN(5)), body: []statement{{kind: refFunc}}}}
		}
	}
	fn := m.IntN(len(m.imports))
	if m.next >= 0 {
		fn, m.next = m.next, -1
	}
	before, use := m.use(fn)
	if m.IntN(3) == 0 {
		use = append(use, m.block(1, 1, true)...)
	}
	if m.imports[fn].Name == "proc_exit" {
		return append(before, use...)
	}
	return append(before, statement{kind: loop, n: m.passes(), body: use})
}

// handed returns statements that let the host hand out many values and then say
// words, in which the host looks for these values.
func (m *maker) handed() []statement {
	key := part{keyAt, letterCount}
	n, size := m.power(12)|1, m.power(10)
	if m.IntN(2) == 0 {
		n = 1 << (8 + m.IntN(5))
	}
	put := statement{kind: call, fn: m.find(abi.ModuleKV, "put"), args: consts(key.at, key.len, bufAt, size)}
	get := statement{kind: call, fn: m.find(abi.ModuleKV, "get"), args: consts(key.at, key.len, bufAt, 1<<10)}
	number := statement{kind: letters, at: keyAt, n: 0xffff}
	stamp := statement{kind: letters, at: bufAt, n: 0xffff}
	fill := statement{kind: call, fn: m.find(abi.ModuleWASI, "random_get"), args: consts(bufAt, 1<<10)}
	_, say := m.use(m.find(abi.ModuleCore, pick(m, "log", "log", "fail")))
	return []statement{
		fill,
		{kind: loop, n: n, body: []statement{number, stamp, put, get}},
		{kind: loop, n: 1 + m.power(3), body: say},
	}
}

func (m *maker) find(module, name string) int {
	return slices.IndexFunc(m.imports, func(f abi.Func) bool { return f.Module == module && f.Name == name })
}

// block returns random statements, with blocks in them down to the depth.
func (m *maker) block(depth, n int, calls bool) []statement {
	var out []statement
	for range n {
		out = append(out, m.statements(depth, calls)...)
	}
	return out
}

func (m *maker) statements(depth int, calls bool) []statement {
	one := func(s statement) []statement { return []statement{s} }
	switch m.IntN(24) {
	case 0, 1, 2:
		return one(statement{kind: compute, fn: m.IntN(4), n: 1 + m.power(6)})
	case 3, 4, 5:
		return one(statement{kind: bulk, fn: m.IntN(3), n: m.size()})
	case 6:
		return one(statement{kind: grow, n: pick(m, 0, 1, m.power(8), 1<<16)})
	case 7, 8:
		return one(statement{kind: table, fn: m.IntN(tableVariants), n: m.power(6)})
	case 9:
		if m.IntN(2) == 0 {
			return one(statement{kind: refFunc})
		}
	case 10:
		if m.IntN(3) == 0 {
			return one(statement{kind: recurse, n: m.power(12)})
		}
	case 11:
		if m.IntN(10) == 0 {
			return one(statement{kind: trap})
		}
	case 12:
		return one(statement{kind: answer, at: m.power(12), n: min(m.size(), m.room()/2), fn: m.IntN(2)})
	case 13:
		return one(statement{kind: letters, at: keyAt, n: 0xffff})
	case 14, 15, 16:
		if calls {
			return one(statement{kind: invoke, fn: m.IntN(2)})
		}
	case 17:
		if depth > 0 {
			return one(statement{kind: branch, n: m.power(4), body: m.block(depth-1, 1+m.IntN(2), calls)})
		}
	case 18, 19:
		if depth > 0 {
			return one(statement{kind: loop, n: m.passes(), body: m.block(depth-1, 1+m.IntN(2), calls)})
		}
	}
	fn := m.IntN(len(m.imports))
	if m.imports[fn].Name == "proc_exit" && m.IntN(8) != 0 {
		fn = 0
	}
	before, use := m.use(fn)
	return append(before, use...)
}

// Smaller returns programs that have one statement less each, or the body of a
// block in its place.
func (p *Program) Smaller() []*Program {
	var out []*Program
	for i, f := range p.Funcs {
		for _, less := range smaller(f) {
			q := *p
			q.Funcs = slices.Clone(p.Funcs)
			q.Funcs[i] = less
			out = append(out, &q)
		}
	}
	return out
}

func smaller(list []statement) [][]statement {
	var out [][]statement
	for i, s := range list {
		replaced := func(by ...statement) {
			out = append(out, slices.Concat(list[:i], by, list[i+1:]))
		}
		replaced()
		if s.body == nil {
			continue
		}
		replaced(s.body...)
		for _, less := range smaller(s.body) {
			inner := s
			inner.body = less
			replaced(inner)
		}
	}
	return out
}

// String lists the statements.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program %d: op %s, %d keys, fuel %d, %d pages\n", p.Seed, p.Op, p.Keys, p.Fuel, p.Pages)
	for i, f := range p.Funcs {
		fmt.Fprintf(&b, "function %d\n", i)
		list(&b, f, "  ")
	}
	return b.String()
}

var names = [...]string{"call", "loop", "branch", "answer", "repeat", "letters", "bulk", "grow", "table", "compute", "invoke", "recurse", "ref.func", "trap"}

func list(b *strings.Builder, statements []statement, indent string) {
	imports := Imports()
	for _, s := range statements {
		b.WriteString(indent)
		if s.kind == call {
			fmt.Fprintf(b, "%s.%s", imports[s.fn].Module, imports[s.fn].Name)
			for _, a := range s.args {
				fmt.Fprintf(b, " %d", a.value)
				if a.mask != 0 {
					fmt.Fprintf(b, "+(pass&%#x)", a.mask)
				}
			}
		} else {
			fmt.Fprintf(b, "%s n=%d", names[s.kind], s.n)
			if s.fn != 0 || s.at != 0 || s.part.len != 0 {
				fmt.Fprintf(b, " variant=%d at=%d data=%d+%d", s.fn, s.at, s.part.at, s.part.len)
			}
		}
		b.WriteByte('\n')
		list(b, s.body, indent+"  ")
	}
}
