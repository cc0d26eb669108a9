package cost_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// bomb is a kind of module that costs much more to compile than its size suggests.
type bomb struct {
	name   string
	module func(scale float64) *assembler
	want   wasmbin.Reason // at the full scale
	words  string         // in the error
}

// of returns a share of a number, at least 1.
func of(n int, scale float64) int { return max(1, int(float64(n)*scale)) }

// reads returns code that reads locals.
func reads(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(get(i) + drop)
	}
	return b.String()
}

// single returns a module with one function besides postern_get.
func single(locals int, code string) *assembler {
	m := newAssembler()
	m.add(typeNone, locals, i32, code)
	return m
}

// many returns a function of which a module has so many.
func many(m *assembler, n, locals int, code string) *assembler {
	for range n {
		m.add(typeNone, locals, i32, code)
	}
	return m
}

// handing returns a module with calls that take and give so many values.
func handing(arity, calls int) *assembler {
	m := newAssembler()
	t := m.signature(rep(i64, arity), rep(i64, arity))
	give := ""
	for i := range arity {
		give += get(i)
	}
	f := m.add(t, 0, i32, give)
	m.add(typeNone, 0, i32, rep("\x42\x00", arity)+rep("\x10"+leb(f), calls)+rep(drop, arity))
	return m
}

var bombs = []bomb{
	{"calls that hand on 1,000 values", func(s float64) *assembler { return handing(1000, of(5000, s)) }, wasmbin.TooMany, "1000 parameters"},
	{"calls that hand on 255 values", func(s float64) *assembler { return handing(255, of(20_000, s)) }, wasmbin.TooCostly, ""},
	{"indirect calls that take 255 values", func(s float64) *assembler {
		m := newAssembler()
		m.tables = true
		t := m.signature(rep(i64, 255), "")
		m.add(typeNone, 0, i32, rep(rep("\x42\x00", 255)+"\x41\x00\x11"+leb(t)+"\x00", of(8000, s)))
		return m
	}, wasmbin.TooCostly, ""},
	{"10,000 types of 1,000 parameters", func(s float64) *assembler {
		m := newAssembler()
		for i := range of(9_990, s) {
			m.signature(distinct(i)+rep(i32, 990), "")
		}
		return m
	}, wasmbin.TooMany, ""},
	{"a stack of 20,000 values", func(s float64) *assembler {
		n := of(20_000, s)
		return single(0, rep(load, n)+rep("\x6a", n-1)+drop)
	}, wasmbin.TooCostly, "function 1 would take "},
	{"8 MiB of loads", func(s float64) *assembler { return single(0, rep(load+drop, of(1_400_000, s))) }, wasmbin.TooCostly, ""},
	{"8 MiB of loads in small functions", func(s float64) *assembler {
		return many(newAssembler(), of(14_000, s), 0, rep(load+drop, 100))
	}, wasmbin.TooCostly, "the module would take"},
	{"memory.copy", func(s float64) *assembler {
		return single(0, rep("\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00", of(25_000, s)))
	}, wasmbin.TooCostly, ""},
	{"table.init", func(s float64) *assembler {
		m := single(0, rep("\x41\x00\x41\x00\x41\x00\xfc\x0c\x00\x00", of(25_000, s)))
		m.tables = true
		return m
	}, wasmbin.TooCostly, ""},
	{"nested loops over locals", func(s float64) *assembler {
		n := of(100, s)
		return single(1000, rep("\x03\x40", n)+reads(1000)+rep("\x41\x00\x0d\x00\x0b", n))
	}, wasmbin.TooCostly, "to compile; the limit is 2 s"},
	{"locals that a loop hands down", func(s float64) *assembler {
		n, c := of(2000, s), ""
		for i := range n - 1 {
			c += get(i+1) + set(i)
		}
		return single(n, "\x03\x40"+c+load+"\x0d\x00\x0b")
	}, wasmbin.TooCostly, ""},
	{"calls beside 500 mutable globals", func(s float64) *assembler {
		m := newAssembler()
		m.variables(500, true)
		m.add(typeNone, 0, i32, rep("\x10\x00"+drop, of(10_000, s)))
		return m
	}, wasmbin.TooCostly, "MiB to compile"},
	{"functions beside types", func(s float64) *assembler {
		m := newAssembler()
		for i := range 9_000 {
			m.signature(rep(i32, i>>10)+distinct(i), "")
		}
		return many(m, of(40_000, s), 0, "")
	}, wasmbin.TooCostly, ""},
	{"functions beside wide types", func(s float64) *assembler {
		m := newAssembler()
		for i := range 9_000 {
			m.signature(parameters(i, 14), "")
		}
		return many(m, of(24_000, s), 0, "")
	}, wasmbin.TooCostly, ""},
	{"functions beside types that are all the same", func(s float64) *assembler {
		m := newAssembler()
		for range 9_900 {
			m.signature("", "")
		}
		return many(m, of(20_000, s), 0, "")
	}, wasmbin.TooCostly, ""},
	{"functions beside globals", func(s float64) *assembler {
		m := newAssembler()
		m.variables(9_990, false)
		return many(m, of(30_000, s), 0, "")
	}, wasmbin.TooCostly, ""},
	{"functions beside exports", func(s float64) *assembler {
		m := newAssembler()
		m.exports = 9_990
		for range 2_400 {
			m.signature("", "")
		}
		return many(m, of(40_000, s), 0, "")
	}, wasmbin.TooCostly, ""},
	{"br_tables", func(s float64) *assembler {
		one := load + "\x0e" + leb(20_000) + rep("\x00", 20_001)
		return single(0, rep("\x02\x40"+one+end, of(20, s)))
	}, wasmbin.TooCostly, ""},
	{"a local that is read after each of many joins", func(s float64) *assembler {
		m := newAssembler()
		t := m.signature(rep(i64, 250), "")
		f := m.add(t, 0, i32, "")
		m.add(typeNone, 1, i64, rep(rep(get(0), 250)+"\x10"+leb(f), of(3000, s)))
		return m
	}, wasmbin.TooCostly, ""},
	{"locals that are looked up along many branches", func(s float64) *assembler {
		return single(1000, "\x02\x40"+rep(load+"\x0d\x00", of(20_000, s))+end+reads(1000))
	}, wasmbin.TooCostly, ""},
	{"many branches to a label, past a loop", func(s float64) *assembler {
		return single(1000, "\x02\x40"+load+"\x0d\x00\x03\x40"+load+"\x0d\x00\x0b"+rep(load+"\x0d\x00", of(2000, s))+end+reads(1000))
	}, wasmbin.TooCostly, ""},
	{"locals that live through a loop", func(s float64) *assembler {
		n := of(3000, s)
		return single(n, "\x03\x40"+rep(load+"\x04\x40\x0b", n)+reads(n)+load+"\x0d\x00\x0b")
	}, wasmbin.TooCostly, ""},
	{"locals that a loop looks up at its end", func(s float64) *assembler {
		n := of(3000, s)
		return single(n, "\x03\x40"+reads(n)+rep(load+"\x04\x40\x0b", n)+load+"\x0d\x00\x0b")
	}, wasmbin.TooCostly, ""},
	{"values that loops hand on after their end", func(s float64) *assembler {
		n, one := 50, ""
		for i := range n {
			one += load + set(i)
		}
		one += "\x03\x40\x41\x00" + get(0)
		for i := 1; i < n; i++ {
			one += get(i) + "\x6a"
		}
		one += "\x36\x02\x00" + get(0) + "\x0d\x00\x0b"
		return single(n, rep(one, of(200, s))+rep(get(0)+"\x04\x40\x0b", of(3000, s)))
	}, wasmbin.TooCostly, ""},
	{"nested blocks around a loop", func(s float64) *assembler {
		n := of(400, s)
		return single(400, rep("\x02\x40"+load+"\x0d\x00", n)+"\x03\x40"+load+"\x0d\x00\x0b"+rep(end, n)+reads(400))
	}, wasmbin.TooCostly, ""},
	{"small functions after one of many blocks", func(s float64) *assembler {
		m := single(0, rep("\x02\x40"+load+"\x0d\x00\x0b", of(8000, s)))
		return many(m, of(45_000, s), 0, "")
	}, wasmbin.TooCostly, ""},
	{"small functions after one of many locals", func(s float64) *assembler {
		n := of(40_000, s)
		var b strings.Builder
		for i := range n {
			b.WriteString("\x41\x07" + set(i))
		}
		m := single(n, b.String())
		return many(m, of(45_000, s), 1, "\x41\x07"+set(0))
	}, wasmbin.TooCostly, ""},
	{"calls that cannot be reached", func(s float64) *assembler {
		m := newAssembler()
		t := m.signature(rep(i64, 255), "")
		f := m.add(t, 0, i32, "")
		m.add(typeNone, 0, i32, "\x00"+rep("\x10"+leb(f), of(4_000_000, s)))
		return m
	}, wasmbin.TooCostly, ""},
}

// finds are modules of the search that took more than was predicted then. They are
// refused at this size.
var finds = []struct {
	name string
	genome
}{
	{"loops that hand on values, among vectors", genome{
		Weights: map[string]int{"block": 1, "branches": 1, "fill table": 14, "return": 11, "shift": 2, "shift loop": 23, "vectors": 1},
		Locals:  58, Used: 10, Arity: 7, Globals: 1, Values: 2, Stack: 1, Labels: 1, Nest: 16, Functions: 1, Small: 11, Types: 294, Width: 12, Read: 35,
		Seed: 15538864792525993317, Size: 5504,
	}},
	{"loops that hand on values, beside returns", genome{
		Weights: map[string]int{"fill table": 14, "if": 1, "return": 11, "shift": 2, "shift loop": 23},
		Locals:  58, Used: 5, Arity: 7, Globals: 1, Values: 2, Stack: 1, Labels: 1, Nest: 8, Functions: 1, Small: 11, Types: 294, Width: 12, Read: 28,
		Seed: 15538864792525993317, Size: 4544,
	}},
	{"loops that hand on values, in two functions", genome{
		Weights: map[string]int{"branches": 1, "fill table": 14, "return": 11, "shift": 2, "shift loop": 23, "stack": 1},
		Locals:  58, Used: 5, Arity: 28, Globals: 1, Values: 2, Stack: 1, Labels: 1, Nest: 16, Functions: 2, Small: 11, Types: 294, Width: 19, Read: 28,
		Seed: 15538864792525993317, Size: 3392,
	}},
	{"deeply nested loops that hand on values", genome{
		Weights: map[string]int{"block": 1, "branches": 1, "fill table": 14, "globals": 1, "return": 11, "shift": 2, "shift loop": 23},
		Locals:  58, Used: 5, Arity: 7, Globals: 1, Values: 2, Stack: 1, Labels: 1, Nest: 64, Functions: 1, Small: 11, Types: 294, Width: 12, Read: 35,
		Seed: 15538864792525993317, Size: 3776,
	}},
	{"globals that are loaded again after calls", genome{
		Weights: map[string]int{"block": 23, "call": 9, "calls": 17, "copy": 20, "fill table": 1, "global": 1, "jump": 1},
		Locals:  5, Used: 12, Arity: 2, Globals: 241, Values: 49, Stack: 18, Labels: 1, Nest: 31, Functions: 3, Small: 0, Types: 118, Width: 11, Read: 1,
		Seed: 9124155675461627603, Size: 3008,
	}},
}

func TestTM006FindsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range finds {
		m, err := wasmbin.Parse(c.module())
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_, err = wasmbin.Appraise(t.Context(), m, wasmbin.Limits{})
		t.Logf("%s: %v", c.name, err)
		var e *wasmbin.Error
		if !errors.As(err, &e) || e.Reason != wasmbin.TooCostly {
			t.Errorf("%s: Appraise = %v, want %s", c.name, err, wasmbin.TooCostly)
		}
	}
}

func TestTM006BombsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range bombs {
		b := c.module(1).bytes()
		m, err := wasmbin.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_, err = wasmbin.Appraise(t.Context(), m, wasmbin.Limits{})
		t.Logf("%s (%d bytes): %v", c.name, len(b), err)
		var e *wasmbin.Error
		if !errors.As(err, &e) || e.Reason != c.want || !strings.Contains(e.Detail, c.words) {
			t.Errorf("%s (%d bytes): Appraise = %v, want %s with %q in it", c.name, len(b), err, c.want, c.words)
		}
	}
}
