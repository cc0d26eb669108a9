package wasmbin_test

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	function := empty + typesPart + funcPart + memoryPart
	table := func(parts string) string { return empty + typesPart + funcPart + section(4, parts) + memoryPart }
	grow := code("\xd0\x70\x41\x00\xfc\x0f\x00\x1a\x0b")
	for _, c := range []struct {
		name, module string
		limits       wasmbin.Limits
		want         wasmbin.Reason
	}{
		{"nothing wrong", body(""), wasmbin.Limits{}, ""},
		{"no memory", empty, wasmbin.Limits{}, wasmbin.MemoryMissing},
		{"imported memory", empty + section(2, "\x01\x01m\x01n\x02\x00\x01"), wasmbin.Limits{}, wasmbin.ImportKind},
		{"imported table", empty + section(2, "\x01\x01m\x01n\x01\x70\x00\x01") + memoryPart, wasmbin.Limits{}, wasmbin.ImportKind},
		{"imported global", empty + section(2, "\x01\x01m\x01n\x03\x7f\x00") + memoryPart, wasmbin.Limits{}, wasmbin.ImportKind},
		{"memory at the limit", empty + section(5, "\x01\x00\x80\x02"), wasmbin.Limits{}, ""},
		{"memory above the limit", empty + section(5, "\x01\x00\x81\x02"), wasmbin.Limits{}, wasmbin.MemoryTooLarge},
		{"memory may grow above the limit", empty + section(5, "\x01\x01\x01\x80\x80\x04"), wasmbin.Limits{}, ""},
		{"no memory wanted", body(""), wasmbin.Limits{MemoryPages: -1}, wasmbin.MemoryTooLarge},
		{"module size", body(""), wasmbin.Limits{ModuleBytes: 16}, wasmbin.TooLarge},
		{"custom sections", body("") + section(0, sized("x")+strings.Repeat("y", 100)), wasmbin.Limits{CustomBytes: 99}, wasmbin.TooLarge},
		{"types", body(""), wasmbin.Limits{Types: -1}, wasmbin.TooMany},
		{"functions", body(""), wasmbin.Limits{Functions: -1}, wasmbin.TooMany},
		{"exports", body(""), wasmbin.Limits{Exports: -1}, wasmbin.TooMany},
		{"imports", empty + typesPart + section(2, "\x01\x01m\x01n\x00\x00") + memoryPart, wasmbin.Limits{Imports: -1}, wasmbin.TooMany},
		{"globals", empty + memoryPart + section(6, "\x01\x7f\x00\x41\x00\x0b"), wasmbin.Limits{Globals: -1}, wasmbin.TooMany},
		{"tables", table("\x02\x70\x00\x00\x70\x00\x00") + code("\x0b"), wasmbin.Limits{Tables: 1}, wasmbin.TooMany},
		{"data segments", empty + memoryPart + section(11, "\x02\x01\x00\x01\x00"), wasmbin.Limits{Segments: 1}, wasmbin.TooMany},
		{"data", empty + memoryPart + section(11, "\x01\x01"+sized(strings.Repeat("d", 65<<10))), wasmbin.Limits{MemoryPages: 1}, wasmbin.DataTooLarge},
		{"elements", empty + typesPart + funcPart + memoryPart + section(9, "\x01\x01\x00\x03\x00\x00\x00") + code("\x0b"), wasmbin.Limits{Elements: 2}, wasmbin.TooMany},
		{"locals", function + section(10, "\x01"+sized("\x01"+leb(50_001)+"\x7f\x0b")), wasmbin.Limits{}, wasmbin.TooMany},
		{"locals at the limit", function + section(10, "\x01"+sized("\x01"+leb(50_000)+"\x7f\x0b")), wasmbin.Limits{}, ""},
		{"locals of all functions", function + section(10, "\x01"+sized("\x01\x0b\x7f\x0b")), wasmbin.Limits{TotalLocals: 10}, wasmbin.TooMany},
		{"import name", empty + typesPart + section(2, "\x01"+sized(strings.Repeat("m", 513))+"\x01n\x00\x00") + memoryPart, wasmbin.Limits{}, wasmbin.NameTooLong},
		{"export name", function + section(7, "\x01"+sized(strings.Repeat("e", 513))+"\x00\x00") + code("\x0b"), wasmbin.Limits{}, wasmbin.NameTooLong},
		{"section name", body("") + section(0, sized(strings.Repeat("s", 513))), wasmbin.Limits{}, wasmbin.NameTooLong},
		{"nesting", body(strings.Repeat("\x02\x40", 10_001) + strings.Repeat("\x0b", 10_001)), wasmbin.Limits{}, wasmbin.TooComplex},
		{"labels", body("\x41\x00\x0e" + leb(70_000) + strings.Repeat("\x00", 70_001)), wasmbin.Limits{}, wasmbin.TooComplex},
		{"table at the limit", table("\x01\x70\x01\x80\x80\x04\x80\x80\x04") + code("\x0b"), wasmbin.Limits{}, ""},
		{"table above the limit", table("\x01\x70\x00\x81\x80\x04") + code("\x0b"), wasmbin.Limits{}, wasmbin.TableTooLarge},
		{"tables above the limit together", table("\x02\x70\x00\x80\x80\x02\x6f\x00\x81\x80\x02") + code("\x0b"), wasmbin.Limits{}, wasmbin.TableTooLarge},
		{"table may grow above the limit", table("\x01\x70\x01\x01\x81\x80\x04") + grow, wasmbin.Limits{}, wasmbin.TableTooLarge},
		{"table may grow without limit", table("\x01\x70\x00\x01") + grow, wasmbin.Limits{}, wasmbin.TableUnbounded},
		{"table without maximum that nothing grows", table("\x01\x70\x00\x01") + code("\x0b"), wasmbin.Limits{}, ""},
		{"exported table without maximum", table("\x01\x70\x00\x01") + section(7, "\x01\x01t\x01\x00") + code("\x0b"), wasmbin.Limits{}, wasmbin.TableUnbounded},
	} {
		if err := check([]byte(c.module), c.limits); reason(t, err) != c.want {
			t.Errorf("%s: Check = %v, want reason %q", c.name, err, c.want)
		}
	}
}

// tableBomb is a few bytes that demand a gigabyte and then more.
var tableBomb = empty + typesPart + funcPart + section(4, "\x01\x70\x00\x80\x80\x80\x40") + section(5, "\x01\x00\x01") +
	code("\xd0\x70\x41\x7f\xfc\x0f\x00\x1a\x0b")

// bombs returns variants of the table bomb.
func bombs(n int) [][]byte {
	rnd := rand.New(rand.NewPCG(5, 5))
	pad := func(v uint32) string { // a number with useless bytes
		b := []byte{byte(v)&0x7f | 0x80, byte(v>>7)&0x7f | 0x80, byte(v>>14)&0x7f | 0x80, byte(v>>21)&0x7f | 0x80, byte(v >> 28)}
		return string(b)
	}
	out := [][]byte{[]byte(tableBomb)}
	for len(out) < n {
		least := uint32(65_537 + rnd.IntN(1<<27))
		number := leb(int(least))
		if rnd.IntN(2) == 0 {
			number = pad(least)
		}
		kind := []string{"\x70", "\x6f"}[rnd.IntN(2)]
		limits := "\x00" + number
		switch rnd.IntN(3) {
		case 1:
			limits = "\x01" + number + pad(least+uint32(rnd.IntN(1<<20)))
		case 2:
			limits = "\x01\x01" + pad(1<<31) // small at first, and one that grows
		}
		b := empty + section(0, sized("x")+strings.Repeat("p", rnd.IntN(20))) + typesPart
		grown := byte(0)
		if rnd.IntN(3) == 0 {
			b += section(2, "\x01\x01m\x01n\x01"+kind+limits) + funcPart
		} else {
			others := rnd.IntN(5)
			b += funcPart + section(4, leb(others+1)+strings.Repeat("\x70\x00\x01", others)+kind+limits)
			grown = byte(others)
		}
		b += memoryPart + code("\xd0"+kind+"\x41\x7f\xfc\x0f"+string(grown)+"\x1a\x0b")
		out = append(out, []byte(b))
	}
	return out
}

// TestTM005TableBomb checks that a table bomb and 1,000 variants of it are refused
// for the right reason, without allocating what they demand. It is not parallel,
// because it measures the heap.
func TestTM005TableBomb(t *testing.T) {
	if len(tableBomb) > 51 {
		t.Errorf("the bomb has %d bytes", len(tableBomb))
	}
	variants := bombs(1001)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, b := range variants {
		switch got := reason(t, check(b, wasmbin.Limits{})); got {
		case wasmbin.TableTooLarge, wasmbin.TableUnbounded, wasmbin.ImportKind:
		default:
			t.Fatalf("%q is refused as %q", b, got)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(len(variants))*16<<10 {
		t.Errorf("%d bombs allocated %d bytes", len(variants), grown)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > before.HeapAlloc+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, after.HeapAlloc)
	}
}

func TestTM027NamesInErrors(t *testing.T) {
	t.Parallel()
	evil := "\x1b[31m\nlevel=ERROR msg=forged " + strings.Repeat("\u202e", 40)
	for _, module := range []string{
		empty + section(2, "\x01"+sized(evil)+sized(evil)+"\x03\x7f\x00") + memoryPart,
		empty + memoryPart + section(7, "\x01"+sized(evil)+"\x00\x07"),
		empty + memoryPart + section(7, "\x02"+sized(evil)+"\x02\x00"+sized(evil)+"\x02\x00"),
		empty + memoryPart + section(7, "\x01"+sized(strings.Repeat(evil, 20))+"\x02\x00"),
	} {
		err := check([]byte(module), wasmbin.Limits{})
		if err == nil {
			t.Fatal("accepted")
		}
		for _, c := range err.Error() {
			if c < ' ' || c > '~' {
				t.Errorf("%q holds %q", err, c)
			}
		}
		if len(err.Error()) > 700 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

func TestTM027NamesInTraces(t *testing.T) {
	t.Parallel()
	evil := "\x1b[31m\nlevel=ERROR msg=forged\u2028\u202e"
	names := "\x01\x00" + sized(evil+strings.Repeat("é", 300))
	module := body("\x00") + section(0, sized("name")+"\x00"+sized(sized(evil))+"\x01"+sized(names))
	w := openBytes(t, []byte(module))
	_, err := w.ExportedFunction("f").Call(t.Context())
	if err == nil {
		t.Fatal("no trap")
	}
	if strings.ContainsAny(err.Error(), "\x1b\u2028\u202e") || strings.Contains(err.Error(), "\nlevel") {
		t.Errorf("the trace is forged: %q", err)
	}
	if !strings.Contains(err.Error(), "?[31m?level=ERROR msg=forged??é") {
		t.Errorf("the trace does not contain the name: %q", err)
	}
	if len(err.Error()) > 400 {
		t.Errorf("a trace of %d bytes", len(err.Error()))
	}
}

// TestBrokenNames accepts broken name sections, as the format demands.
func TestBrokenNames(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]string{
		"empty":               "",
		"truncated":           "\x01\x7f",
		"descending":          "\x01" + sized("\x02\x00\x01a\x00\x01b"),
		"out of range":        "\x01" + sized("\x01\x09\x01a"),
		"more than there are": "\x01" + sized("\xff\xff\x03\x00\x01a"),
		"not UTF-8":           "\x01" + sized("\x01\x00\x01\xff"),
		"unknown part":        "\x09" + sized("anything") + "\x01" + sized("\x01\x00\x01a"),
	} {
		w := openBytes(t, []byte(body("")+section(0, sized("name")+payload)))
		if got := w.spent(t, "f"); got != 1 {
			t.Errorf("%s: costs %d", name, got)
		}
	}
}
