package wasmbin_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/testdata/sample"
)

// bomb is a module that is much more expensive to compile than its size suggests,
// with the reason for which it is refused, or "" if it is within the limits.
type bomb struct {
	name   string
	module func() string
	want   wasmbin.Reason
}

// withLocals returns a module with one function that has locals.
func withLocals(n int, instructions string) string {
	return empty + typesPart + funcPart + memoryPart + section(10, "\x01"+sized("\x01"+leb(n)+"\x7f"+instructions+"\x0b"))
}

func useLocals(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("\x20" + leb(i) + "\x1a")
	}
	return b.String()
}

var compileBombs = []bomb{
	{"a million functions", func() string {
		const n = 1_000_000
		return empty + typesPart + section(3, leb(n)+strings.Repeat("\x00", n)) + memoryPart + section(10, leb(n)+strings.Repeat("\x02\x00\x0b", n))
	}, wasmbin.TooMany},
	{"four billion locals", func() string { return withLocals(1<<32-1, "") }, wasmbin.TooMany},
	{"locals beyond the format", func() string {
		return empty + typesPart + funcPart + memoryPart + section(10, "\x01"+sized("\x02\xff\xff\xff\xff\x0f\x7f\x01\x7f\x0b"))
	}, wasmbin.Malformed},
	{"many locals in many functions", func() string {
		const n = 1_000
		return empty + typesPart + section(3, leb(n)+strings.Repeat("\x00", n)) + memoryPart +
			section(10, leb(n)+strings.Repeat(sized("\x01"+leb(50_000)+"\x7f\x0b"), n))
	}, wasmbin.TooMany},
	{"locals over nested loops", func() string {
		return withLocals(20_000, strings.Repeat("\x03\x40", 5_000)+useLocals(20_000)+strings.Repeat("\x0b", 5_000))
	}, wasmbin.TooComplex},
	{"locals over joins", func() string {
		return withLocals(20_000, strings.Repeat("\x02\x40\x41\x00\x0d\x00\x0b", 20_000)+useLocals(20_000))
	}, wasmbin.TooCostly},
	{"a local looked up over a chain of branches", func() string {
		return withLocals(1, strings.Repeat("\x20\x00\x0d\x00", 100_000))
	}, wasmbin.TooCostly},
	{"a chain of a million branches", func() string {
		return body(strings.Repeat("\x41\x00\x0d\x00", 1_000_000))
	}, wasmbin.TooCostly},
	{"deep blocks", func() string {
		return body(strings.Repeat("\x02\x40", 1_000_000) + strings.Repeat("\x0b", 1_000_000))
	}, wasmbin.TooComplex},
	{"br_tables", func() string {
		return body(strings.Repeat("\x41\x00\x0e"+leb(60_000)+strings.Repeat("\x00", 60_001), 100))
	}, wasmbin.TooCostly},
	{"br_table with a thousand results", func() string {
		types := section(1, "\x01\x60\x00"+leb(1000)+strings.Repeat("\x7f", 1000))
		return empty + types + funcPart + memoryPart + code(strings.Repeat("\x41\x00", 1001)+"\x0e"+leb(10_000)+strings.Repeat("\x00", 10_001)+"\x0b")
	}, wasmbin.TooMany},
	{"two thousand parameters", func() string {
		return empty + section(1, "\x01\x60"+leb(2000)+strings.Repeat("\x7f", 2000)+"\x00")
	}, wasmbin.TooMany},
	{"a count without its items", func() string { return empty + section(1, "\xff\xff\xff\xff\x0f") }, wasmbin.TooMany},
	{"data beyond the memory limit", func() string {
		return empty + memoryPart + section(11, "\x01\x01"+sized(strings.Repeat("\x00", 17<<20)))
	}, wasmbin.DataTooLarge},
	{"too many bytes", func() string { return empty + section(0, sized("x")+strings.Repeat("x", 33<<20)) }, wasmbin.TooLarge},
	{"values over joins", func() string {
		return body(strings.Repeat("\x41\x00\x28\x00\x00", 5_000) + strings.Repeat("\x02\x40\x41\x00\x0d\x00\x0b", 5_000) +
			strings.Repeat("\x6a", 4_999) + "\x1a")
	}, wasmbin.TooCostly},
	{"long code that metering cuts into blocks", func() string {
		return body(strings.Repeat("\x01", 3_000_000))
	}, wasmbin.TooCostly},
	{"many functions with many blocks", func() string {
		const n = 20
		one := sized("\x00" + strings.Repeat("\x41\x00\x0d\x00", 10_000) + "\x0b")
		return empty + typesPart + section(3, leb(n)+strings.Repeat("\x00", n)) + memoryPart + section(10, leb(n)+strings.Repeat(one, n))
	}, wasmbin.TooCostly},
	{"code that is never reached", func() string {
		return body("\x00" + strings.Repeat("\x40\x00", 15_000_000))
	}, wasmbin.TooCostly},
	{"code that is never reached, in many functions", func() string {
		const n = 1_000
		one := sized("\x00\x00" + strings.Repeat("\x40\x00", 15_000) + "\x0b")
		return empty + typesPart + section(3, leb(n)+strings.Repeat("\x00", n)) + memoryPart + section(10, leb(n)+strings.Repeat(one, n))
	}, wasmbin.TooCostly},
	{"locals and joins at the limit", func() string {
		return withLocals(750, strings.Repeat("\x02\x40\x41\x00\x0d\x00\x0b", 750)+useLocals(750))
	}, ""},
	{"values and joins at the limit", func() string {
		return body(strings.Repeat("\x41\x00\x28\x00\x00", 800) + strings.Repeat("\x02\x40\x41\x00\x0d\x00\x0b", 800) +
			strings.Repeat("\x6a", 799) + "\x1a")
	}, ""},
	{"nesting at the limit", func() string {
		return body(strings.Repeat("\x02\x40", 3_999) + strings.Repeat("\x0b", 3_999))
	}, ""},
}

// TestTM006RefusingIsCheap: no more memory is taken to look at a module that is refused
// than a module may take that is compiled.
func TestTM006RefusingIsCheap(t *testing.T) { // not parallel: it measures the heap
	for _, c := range compileBombs {
		if c.want == "" {
			continue
		}
		module := []byte(c.module())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := check(module, wasmbin.Limits{})
		runtime.ReadMemStats(&after)
		const most = 512 << 20 // what compiling may take
		if taken := after.TotalAlloc - before.TotalAlloc; err == nil || taken > most {
			t.Errorf("%s (%d bytes): %v; %d MiB were allocated, want at most %d", c.name, len(module), err, taken>>20, most>>20)
		}
	}
}

// TestTM006CompileBombs checks that modules which are too expensive to compile are
// refused, and compiles those within the limits, of which each takes a second or two: a
// tenth of them, and none with -short.
func TestTM006CompileBombs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	defer r.Close(ctx)
	chosen := slices.Collect(sample.Of(t, len(compileBombs)))
	for i, c := range compileBombs {
		module := []byte(c.module())
		err := check(module, wasmbin.Limits{})
		if reason(t, err) != c.want {
			t.Errorf("%s (%d bytes): Check = %v, want reason %q", c.name, len(module), err, c.want)
			continue
		}
		if err != nil || testing.Short() || !slices.Contains(chosen, i) {
			continue
		}
		compiled, err := r.CompileModule(ctx, metered(t, module).Bytes)
		if err != nil {
			t.Errorf("%s: compile: %v", c.name, err)
			continue
		}
		compiled.Close(ctx)
	}
}

// The labels of all br_tables together are limited, not only those of each.
func TestTM006LabelsOfAllBranchTablesAreLimited(t *testing.T) {
	t.Parallel()
	two := []byte(body(strings.Repeat("\x02\x40\x41\x00\x0e"+leb(600)+strings.Repeat("\x00", 601)+"\x0b", 2)))
	for limit, want := range map[int]wasmbin.Reason{1201: wasmbin.TooComplex, 1202: ""} {
		if err := check(two, wasmbin.Limits{Labels: limit}); reason(t, err) != want {
			t.Errorf("two br_tables of 601 labels with a limit of %d: Check = %v, want reason %q", limit, err, want)
		}
	}
}
