//go:build unix

package wasmbin_test

import (
	"cmp"
	"context"
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/testdata/sample"
)

// class is a kind of instruction, as a function whose loop repeats it.
type class struct {
	name   string
	once   string // runs before the loop
	repeat string // leaves the operand stack as it was
	times  int    // of repeat in one pass through the loop; 0 is some 1,000 instructions
	locals int    // more locals, of the type i64
	cold   string // code in the loop that never runs
}

// The locals of a class: a counter, and an operand and a constant for each type.
const (
	counter = iota
	xI32
	kI32
	xI64
	kI64
	xF32
	kF32
	xF64
	kF64
	xV128
	kV128
	moreLocals
)

// Functions of the module of a class.
const (
	fnEmpty = 1 + iota
	fnParams
	fnPass
	fnLocals
	fnResults
)

const (
	classPages = 256 // of memory: more than the caches near the processor hold
	classTable = 2048
	manyValues = 255
)

func set(n int) string      { return "\x21" + leb(n) }
func i32c(n int64) string   { return "\x41" + sleb(n) }
func i64c(n int64) string   { return "\x42" + sleb(n) }
func call(f int) string     { return "\x10" + leb(f) }
func vector(sub int) string { return "\xfd" + leb(sub) }

// sleb returns a signed number in the shortest form.
func sleb(n int64) string {
	var b []byte
	for {
		c := byte(n & 0x7f)
		n >>= 7
		if n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return string(append(b, c))
		}
		b = append(b, c|0x80)
	}
}

// module returns the module of a class. Its export f(n) makes n passes.
func (c class) module() []byte {
	switch {
	case c.times > 0:
	case len(c.repeat) > 60:
		c.times = 10
	default:
		c.times = 100
	}
	ones, hundreds := vector(0x0c)+strings.Repeat("\x03", 16), vector(0x0c)+strings.Repeat("\x45", 16)
	start := i32c(7) + set(xI32) + i32c(0x7fff_fff1) + set(kI32) + i64c(7) + set(xI64) + i64c(0x7fff_ffff_ffff_fff1) + set(kI64) +
		"\x43\x00\x00\x80\x3f" + set(xF32) + "\x43\x03\x00\x00\x40" + set(kF32) +
		"\x44\x00\x00\x00\x00\x00\x00\xf0\x3f" + set(xF64) + "\x44\x03\x00\x00\x00\x00\x00\x00\x40" + set(kF64) +
		ones + set(xV128) + hundreds + set(kV128) + c.once
	loop := "\x03\x40" + strings.Repeat(c.repeat, c.times)
	if c.cold != "" {
		loop += get(counter) + "\x45\x04\x40" + c.cold + "\x0b"
	}
	loop += get(counter) + i32c(1) + "\x6b\x22" + leb(counter) + "\x0d\x00\x0b"
	locals := "\x06\x02\x7f\x02\x7e\x02\x7d\x02\x7c\x02\x7b" + leb(c.locals) + "\x7e"

	values, manyLocals := manyValues, 40_000
	if !strings.Contains(c.name, "call") { // compiling these would take most of the time
		values, manyLocals = 1, 1
	}
	many := leb(values) + strings.Repeat("\x7f", values)
	types := section(1, "\x06\x60\x00\x00\x60\x01\x7f\x00\x60"+many+"\x00\x60"+many+many+"\x60\x00\x01\x7f\x60\x00"+many)
	pass := ""
	for i := range values {
		pass += get(i)
	}
	bodies := section(10, "\x06"+sized(locals+start+loop+"\x0b")+sized("\x00\x0b")+sized("\x00\x0b")+sized("\x00"+pass+"\x0b")+
		sized("\x01"+leb(manyLocals)+"\x7e\x0b")+sized("\x00"+strings.Repeat(i32c(1), values)+"\x0b"))
	return []byte(empty + types + section(3, "\x06\x01\x00\x02\x03\x00\x05") + section(4, "\x01\x70\x01"+leb(classTable)+leb(classTable)) +
		section(5, "\x01\x01"+leb(classPages)+leb(classPages)) + section(6, "\x01\x7e\x01\x42\x00\x0b") + section(7, "\x01\x01f\x00\x00") +
		section(9, "\x02\x00\x41\x00\x0b\x02\x01\x02\x01\x00\x02\x01\x02") + section(12, "\x01") + bodies +
		section(11, "\x01\x01"+sized(strings.Repeat("d", 4096))))
}

// operand and constant are the locals of a type, by the letter in a signature.
var operand = map[byte]int{'i': xI32, 'I': xI64, 'f': xF32, 'F': xF64, 'v': xV128}

// chain returns code that applies op to a constant and the last result.
func chain(op, from string, to byte) string {
	code := ""
	if from[len(from)-1] == to && strings.Trim(from, string(to)) == "" {
		return get(operand[to]) + strings.Repeat(strings.Repeat(get(operand[to]+1), len(from)-1)+op, 32) + set(operand[to])
	}
	rem := op == "\x6f" || op == "\x70" || op == "\x81" || op == "\x82"
	for i := range len(from) {
		l := operand[from[i]]
		if (i < len(from)-1) != rem {
			l++ // the constant
		}
		code += get(l)
	}
	if from[len(from)-1] == to {
		return code + op + set(operand[to])
	}
	// A result that nothing uses would not be computed.
	return i32c(64) + code + op + map[byte]string{'i': "\x36\x00\x00", 'I': "\x37\x00\x00", 'f': "\x38\x00\x00", 'F': "\x39\x00\x00", 'v': vector(11) + "\x00\x00"}[to]
}

// signatures are those of the instructions without effects.
var signatures = []string{
	"i:i", "ii:i", "I:I", "II:I", "I:i", "i:I", "II:i", "f:f", "ff:f", "F:F", "FF:F", "ff:i", "FF:i", "f:i", "F:i", "f:I", "F:I", "i:f", "I:f", "F:f",
	"i:F", "I:F", "f:F", "vv:v", "v:v", "vi:v", "v:i", "i:v", "I:v", "f:v", "F:v", "vvv:v", "v:I", "v:f", "v:F", "vI:v", "vf:v", "vF:v", "iv:v", "iv:",
}

// pure returns a class for every numeric and vector instruction.
func pure(t *testing.T, r wazero.Runtime) (out []class) {
	t.Helper()
	add := func(name, op string) {
		for _, s := range signatures {
			from, to, _ := strings.Cut(s, ":")
			c := class{name: name}
			if to == "" {
				c.repeat = i32c(64) + get(xV128) + op
			} else {
				c.repeat = chain(op, from, to[0])
			}
			c.times = 1
			if m, err := r.CompileModule(t.Context(), c.module()); err == nil {
				_ = m.Close(t.Context())
				c.times = 0
				out = append(out, c)
				return
			}
		}
		if m, err := wasmbin.Parse(oneFunction(op + "\x0b")); err == nil && wasmbin.Check(m, wasmbin.Limits{}) == nil {
			t.Errorf("%s is accepted, but no signature is known", name)
		}
	}
	for op := 0x45; op <= 0xc4; op++ {
		add(fmt.Sprintf("%#02x", op), string([]byte{byte(op)}))
	}
	for sub := range 8 {
		add(fmt.Sprintf("0xfc %#02x", sub), misc(sub))
	}
	for sub := range 0x100 {
		switch {
		case sub <= 0x0b || sub == 0x5c || sub == 0x5d:
			add(fmt.Sprintf("0xfd %#02x", sub), vector(sub)+"\x00\x00")
		case sub == 0x0d:
			add(fmt.Sprintf("0xfd %#02x", sub), vector(sub)+"\x00\x11\x02\x13\x04\x15\x06\x17\x08\x19\x0a\x1b\x0c\x1d\x0e\x1f")
		case sub >= 0x15 && sub <= 0x22:
			add(fmt.Sprintf("0xfd %#02x", sub), vector(sub)+"\x01")
		case sub == 0x0c, sub >= 0x54 && sub <= 0x5b:
		default:
			add(fmt.Sprintf("0xfd %#02x", sub), vector(sub))
		}
	}
	return out
}

// cpuOf returns the processor time of the thread in ns.
func cpuOf() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return ts.Nano()
}

// measure returns the processor time of a unit of fuel in ns and the units of a pass.
func measure(t *testing.T, r wazero.Runtime, c class) (perUnit, units float64) {
	t.Helper()
	ctx := t.Context()
	m, err := r.InstantiateWithConfig(ctx, metered(t, c.module()).Bytes, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	defer m.Close(ctx)
	fuel := m.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	f := m.ExportedFunction("f")
	run := func(n uint64) (cpu, spent int64) {
		const full = int64(1) << 50
		fuel.Set(uint64(full))
		start := cpuOf()
		if _, err := f.Call(ctx, n); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		return cpuOf() - start, full - int64(fuel.Get())
	}
	n := uint64(1)
	for {
		cpu, spent := run(n)
		if cpu > 1_000_000 {
			best := float64(cpu) / float64(spent)
			for range 3 {
				cpu, spent = run(n)
				best = min(best, float64(cpu)/float64(spent))
			}
			return best, float64(spent) / float64(n)
		}
		n *= 2
	}
}

// special returns classes whose work is not that of one numeric instruction.
func special() []class {
	drop, consts := strings.Repeat("\x1a", manyValues), strings.Repeat(i32c(1), manyValues)
	rotate := func(n int) (code string) {
		for i := range n {
			code += get(moreLocals+i) + i64c(1) + "\x7c" + set(moreLocals+(i+1)%n)
		}
		return code
	}
	use := func(n int) (code string) {
		for i := range n {
			code += i32c(64) + get(moreLocals+i) + "\x37\x00\x00"
		}
		return code
	}
	three := func(a, b, c int64) string { return i32c(a) + i32c(b) + i32c(c) }
	nullOf := func(at, n int64) string { return i32c(at) + "\xd0\x70" + i32c(n) }
	return []class{
		{name: "nop", repeat: "\x01"},
		{name: "select", repeat: get(xI32) + get(kI32) + get(xI32) + "\x1b" + set(xI32)},
		{name: "global", repeat: "\x23\x00" + i64c(1) + "\x7c\x24\x00"},
		{name: "store", repeat: i32c(64) + get(xI32) + "\x36\x02\x00"},
		{name: "chain of loads", once: i32c(0) + set(xI32), repeat: get(xI32) + strings.Repeat("\x28\x02\x00", 30) + set(xI32)},
		{name: "denormal floats", once: i32c(3) + "\xbe" + set(kF32) + i32c(5) + "\xbe" + set(xF32), repeat: get(xF32) + strings.Repeat(get(kF32)+"\x92", 30) + set(xF32)},
		{name: "empty loop", repeat: "\x01", times: 1},
		{name: "br_if", repeat: "\x02\x40" + get(xI32) + "\x0d\x00\x0b"},
		{name: "br_table", repeat: "\x02\x40\x02\x40\x02\x40" + get(xI32) + i32c(3) + "\x71\x0e\x02\x00\x01\x02\x0b\x0b\x0b"},
		{name: "unpredictable if", repeat: get(xI32) + i32c(1103515245) + "\x6c" + i32c(12345) + "\x6a\x22" + leb(xI32) + i32c(0x10000) +
			"\x71\x04\x40" + get(xI32) + i32c(1) + "\x6a" + set(xI32) + "\x0b", times: 20},
		{name: "loop that moves 1000 locals", locals: 1000, times: 1, cold: use(1000), repeat: "\x03\x40" + get(counter) + "\x45\x04\x40" + rotate(1000) + "\x0b" +
			get(xI32) + i32c(1) + "\x6b\x22" + leb(xI32) + i32c(255) + "\x71\x0d\x00\x0b"},
		{name: "join of 100 locals", locals: 100, times: 20, cold: use(100), repeat: "\x02\x40" + get(xI32) + "\x0d\x00" + rotate(100) + "\x0b"},
		{name: "join of 30 locals", locals: 30, times: 40, cold: use(30), repeat: "\x02\x40" + get(xI32) + "\x0d\x00" + rotate(30) + "\x0b"},
		{name: "call", repeat: call(fnEmpty)},
		{name: "call_indirect", repeat: i32c(0) + "\x11\x00\x00"},
		{name: "call with parameters", repeat: consts + call(fnParams), times: 5},
		{name: "call with results", repeat: call(fnResults) + drop, times: 5},
		{name: "call that passes values on", repeat: consts + strings.Repeat(call(fnPass), 100) + drop, times: 1},
		{name: "call with 40,000 locals", repeat: call(fnLocals)},
		{name: "memory.copy 0", repeat: three(0, 8, 0) + misc(10) + "\x00\x00"},
		{name: "memory.copy 1", repeat: three(0, 8, 1) + misc(10) + "\x00\x00"},
		{name: "memory.copy 255", repeat: three(0, 2048, 255) + misc(10) + "\x00\x00"},
		{name: "memory.copy 1023", repeat: three(0, 2048, 1023) + misc(10) + "\x00\x00"},
		{name: "memory.copy 1023 overlapping", repeat: three(3, 0, 1023) + misc(10) + "\x00\x00"},
		{name: "memory.copy 8 MiB", repeat: three(0, 8<<20, 8<<20) + misc(10) + "\x00\x00", times: 1},
		{name: "memory.fill 1", repeat: three(0, 8, 1) + misc(11) + "\x00"},
		{name: "memory.fill 1023", repeat: three(0, 8, 1023) + misc(11) + "\x00"},
		{name: "memory.fill 16 MiB", repeat: three(0, 8, 16<<20) + misc(11) + "\x00", times: 1},
		{name: "memory.init 1", repeat: three(0, 8, 1) + misc(8) + "\x00\x00"},
		{name: "memory.init 1023", repeat: three(0, 8, 1023) + misc(8) + "\x00\x00"},
		{name: "data.drop", repeat: misc(9) + "\x00"},
		{name: "memory.size", repeat: "\x3f\x00\x1a"},
		{name: "memory.grow 0", repeat: i32c(0) + "\x40\x00\x1a"},
		{name: "memory.grow 1", repeat: i32c(1) + "\x40\x00\x1a"},
		{name: "table.get", repeat: i32c(0) + "\x25\x00\x1a"},
		{name: "table.set", repeat: i32c(0) + i32c(1) + "\x25\x00\x26\x00"},
		{name: "table.size", repeat: misc(16) + "\x00\x1a"},
		{name: "table.grow 0", repeat: "\xd0\x70" + i32c(0) + misc(15) + "\x00\x1a"},
		{name: "table.grow 1", repeat: "\xd0\x70" + i32c(1) + misc(15) + "\x00\x1a"},
		{name: "table.fill 1", repeat: nullOf(9, 1) + misc(17) + "\x00"},
		{name: "table.fill 127", repeat: nullOf(9, 127) + misc(17) + "\x00"},
		{name: "table.copy 127", repeat: three(9, 1024, 127) + misc(14) + "\x00\x00"},
		{name: "table.init 1", repeat: three(9, 0, 1) + misc(12) + "\x01\x00"},
		{name: "elem.drop", repeat: misc(13) + "\x01"},
	}
}

// engine returns a runtime for metered modules whose fuel does not end.
func engine(t *testing.T, config wazero.RuntimeConfig) wazero.Runtime {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), config.WithDebugInfoEnabled(false))
	t.Cleanup(func() { r.Close(context.Background()) })
	tickHost(t, r, func(int64) int64 { return 1 << 40 })
	return r
}

// slowest is how many times the processor time of a unit in a chain of multiplications a
// unit of any class may take. Loads from far in the memory are left out: no weight covers
// them without making honest code slow, and the host measures its slices instead.
const slowest = 3

// TestSliceOfEveryClass measures every instruction, and combinations that do much
// work for few instructions: no unit of fuel lasts much longer than others.
func TestSliceOfEveryClass(t *testing.T) {
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	r := engine(t, wazero.NewRuntimeConfigCompiler())
	classes := slices.AppendSeq(special(), sample.From(t, pure(t, engine(t, wazero.NewRuntimeConfigInterpreter()))))
	multiplications := class{name: "plain", repeat: chain("\x6c", "ii", 'i')}
	plain, _ := measure(t, r, multiplications)
	type result struct {
		name    string
		perUnit float64
	}
	var results []result
	for _, c := range classes {
		perUnit, _ := measure(t, r, c)
		ratio := perUnit / plain
		for n := 0; n < 5 && ratio > slowest; n++ { // perhaps another process took the caches
			again, _ := measure(t, r, c)
			beside, _ := measure(t, r, multiplications)
			perUnit, ratio = min(perUnit, again), min(ratio, again/beside)
		}
		if ratio > slowest {
			t.Errorf("%s: a unit takes %.0f ns, one of multiplications %.0f ns", c.name, perUnit, plain)
		}
		results = append(results, result{c.name, perUnit})
	}
	slices.SortFunc(results, func(a, b result) int { return cmp.Compare(b.perUnit, a.perUnit) })
	t.Logf("multiplications: %.1f ns a unit, %.0f us for 16,384 units; slowest of %d classes:", plain, plain*16.384, len(results))
	for _, r := range results[:8] {
		t.Logf("%-28s %.1f ns, %.0f us", r.name, r.perUnit, r.perUnit*16.384)
	}
}

// kept is how many bytes of host memory a class may keep, whatever its loop repeats.
const kept = 1 << 20

// TestTM004InstructionsKeepNoHostMemory repeats every class many times in one
// instance, which must not make the host's memory grow with the repeats.
func TestTM004InstructionsKeepNoHostMemory(t *testing.T) {
	passes := max(500, sample.Times(2_000)) // of which 46 bytes each would be noticed
	ctx, r := t.Context(), engine(t, wazero.NewRuntimeConfigCompiler())
	for _, c := range special() {
		c.times = min(100, max(1, 2_000/len(c.repeat)))
		n := uint64(passes)
		if strings.Contains(c.name, "MiB") {
			n = 20
		}
		m, err := r.InstantiateWithConfig(ctx, metered(t, c.module()).Bytes, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		f := m.ExportedFunction("f")
		if _, err := f.Call(ctx, 1); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		before := heap()
		if _, err := f.Call(ctx, n); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		// The tables grow to their maximum, the memory to 16 MiB.
		if after := heap(); after > before+kept {
			t.Errorf("%s: the host keeps %d KiB", c.name, (after-before)>>10)
		}
		_ = m.Close(ctx)
	}
}

// heap returns the bytes of the Go heap that are in use.
func heap() uint64 {
	goruntime.GC()
	var s goruntime.MemStats
	goruntime.ReadMemStats(&s)
	return s.HeapAlloc
}
