package wasmbin_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/parts"
)

const (
	part       = parts.Bytes
	partsPages = parts.WholePages + 80
	partsBytes = partsPages << 16
	partsData  = parts.WholePages<<16 + 3*part/2
)

// partsModule exports fill, copy and init, each with its three operands.
func partsModule(limits string) []byte {
	operands := "\x00" + get(0) + get(1) + get(2)
	bodies := sized(operands+misc(0x0b)+"\x00\x0b") + sized(operands+misc(0x0a)+"\x00\x00\x0b") + sized(operands+misc(0x08)+"\x00\x00\x0b")
	data := random(1, partsData)
	return []byte(empty + section(1, "\x01\x60\x03\x7f\x7f\x7f\x00") + section(3, "\x03\x00\x00\x00") + section(5, "\x01"+limits) +
		section(7, "\x04\x04fill\x00\x00\x04copy\x00\x01\x04init\x00\x02\x06memory\x02\x00") +
		section(12, "\x01") + section(10, "\x03"+bodies) + section(11, "\x01\x01"+sized(string(data))))
}

func random(seed byte, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// partsWorld opens partsModule for a host that allows so many pages.
func partsWorld(t *testing.T, config wazero.RuntimeConfig, pages int) *meteredWorld {
	t.Helper()
	m, err := wasmbin.Parse(partsModule("\x00" + leb(partsPages)))
	if err != nil {
		t.Fatal(err)
	}
	w := &meteredWorld{tick: func(int64) int64 { return math.MaxInt64 }}
	if w.result, err = wasmbin.Meter(m, pages); err != nil {
		t.Fatal(err)
	}
	r := wazero.NewRuntimeWithConfig(t.Context(), config)
	t.Cleanup(func() { r.Close(t.Context()) })
	tickHost(t, r, func(fuel int64) int64 { return w.tick(fuel) })
	if w.Module, err = r.Instantiate(t.Context(), w.result.Bytes); err != nil {
		t.Fatal(err)
	}
	w.fuel = w.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	return w
}

// bytes returns the memory.
func (w *meteredWorld) bytes() []byte {
	b, _ := w.Memory().Read(0, partsBytes)
	return b
}

// TestPartsAreTheWhole runs instructions on much memory in parts and at once: the memory,
// the fuel and the traps are the same.
func TestPartsAreTheWhole(t *testing.T) {
	t.Parallel()
	whole := partsWorld(t, wazero.NewRuntimeConfigCompiler(), parts.WholePages)
	both := map[string]*meteredWorld{
		"compiler":    partsWorld(t, wazero.NewRuntimeConfigCompiler(), partsPages),
		"interpreter": partsWorld(t, wazero.NewRuntimeConfigInterpreter(), partsPages),
	}
	before := random(2, partsBytes)
	calls := [][3]uint32{
		{}, {0, 0, part}, {0, 0, part + 1}, {1, 0, 2*part - 1}, {0, 1, 2 * part}, {7, 3, 2*part + 1}, {3, 7, 2*part + 1},
		{part, 0, 5 * part}, {0, part, 5 * part}, {part + 1, 0, 5 * part}, {0, part + 1, 5 * part}, {5, 5, 3 * part},
		{partsBytes - 2*part, 0, 2 * part}, {partsBytes - 2*part, 0, 2*part + 1}, {0, partsBytes - 2*part, 2*part + 1},
		{0, 0, partsBytes}, {0, 0, partsBytes + 1}, {1, 0, partsBytes}, {0, 0, partsData}, {0, 0, partsData + 1}, {0, partsData, 1},
		{partsBytes, 0, 0}, {partsBytes + 1, 0, 0}, {math.MaxUint32, 0, 2 * part}, {0, math.MaxUint32, 2 * part},
		{math.MaxUint32 - part + 1, 0, 2 * part}, {2, 1, math.MaxUint32}, {math.MaxUint32, math.MaxUint32, math.MaxUint32},
	}
	pick := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		calls = append(calls, [3]uint32{pick.Uint32N(12 * part), pick.Uint32N(12 * part), pick.Uint32N(9 * part)})
	}
	for _, c := range calls {
		for _, export := range []string{"fill", "copy", "init"} {
			want, wantFuel := partsCall(t, whole, before, export, c)
			for engine, w := range both {
				got, fuel := partsCall(t, w, before, export, c)
				if got != want || fuel != wantFuel {
					t.Errorf("%s: %s%d = %q for %d units, want %q for %d", engine, export, c, got, fuel, want, wantFuel)
				}
				// Past the end of a segment, the parts before it are written.
				if (export != "init" || want == "") && !bytes.Equal(w.bytes(), whole.bytes()) {
					t.Errorf("%s: %s%d (%q): the memory differs", engine, export, c, want)
				}
			}
		}
	}
}

// partsCall makes a call in a memory of these bytes. It returns the trap and the fuel.
func partsCall(t *testing.T, w *meteredWorld, before []byte, export string, args [3]uint32) (trap string, spent int64) {
	t.Helper()
	copy(w.bytes(), before)
	const full = int64(1) << 40
	w.fuel.Set(uint64(full))
	if _, err := w.ExportedFunction(export).Call(t.Context(), uint64(args[0]), uint64(args[1]), uint64(args[2])); err != nil {
		trap, _, _ = strings.Cut(err.Error(), "\n")
		if !strings.HasPrefix(trap, "wasm error: ") {
			t.Fatal(err)
		}
		return trap, 0 // a part that is not done is not paid for
	}
	return "", full - int64(w.fuel.Get())
}

// TestTM001PartsAreStopped: a host is asked before each part of an instruction, pays for
// one at a time, and what comes after is not done if it stops the guest.
func TestTM001PartsAreStopped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		export   string
		to, from uint32
		written  [2]int // after three parts
	}{
		{"fill", 0, 7, [2]int{0, 3 * part}},
		{"copy", 0, part / 2, [2]int{0, 3 * part}},
		{"copy", part / 2, 0, [2]int{13*part + part/2, 16*part + part/2}},
		{"init", 0, 0, [2]int{0, 3 * part}},
	} {
		t.Run(fmt.Sprint(c.export, c.to), func(t *testing.T) {
			t.Parallel()
			w := partsWorld(t, wazero.NewRuntimeConfigCompiler(), partsPages)
			before := random(2, partsBytes)
			copy(w.bytes(), before)
			const units = part / wasmbin.BulkBytes
			ticks := 0
			w.tick = func(fuel int64) int64 {
				if ticks++; ticks == 4 {
					panic(errStop)
				}
				if fuel < -units {
					t.Errorf("tick %d: fuel %d", ticks, fuel)
				}
				return fuel + units
			}
			w.fuel.Set(1) // of the function
			if _, err := w.ExportedFunction(c.export).Call(t.Context(), uint64(c.to), uint64(c.from), 16*part); !errors.Is(err, errStop) {
				t.Fatalf("Call = %v, want %v", err, errStop)
			}
			after := w.bytes()
			from, end := c.written[0], c.written[1]
			if !bytes.Equal(before[:from], after[:from]) || !bytes.Equal(before[end:], after[end:]) {
				t.Error("bytes of the parts that were not paid for have changed")
			}
			if bytes.Equal(before[from:from+part], after[from:from+part]) || bytes.Equal(before[end-part:end], after[end-part:end]) {
				t.Error("a part that was paid for was not done")
			}
		})
	}
}

// TestSmallMemoriesAreLeftAlone: a module whose memory stays small is the same whatever
// the host allows.
func TestSmallMemoriesAreLeftAlone(t *testing.T) {
	t.Parallel()
	inParts := func(limits string, pages int) bool {
		m, err := wasmbin.Parse(partsModule(limits))
		if err != nil {
			t.Fatal(err)
		}
		out, err := wasmbin.Meter(m, pages)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(out.Bytes, []byte("postern.copy"))
	}
	for _, c := range []struct {
		limits string
		pages  int
		parts  bool
	}{
		{"\x00\x01", parts.WholePages, false},
		{"\x00\x01", parts.WholePages + 1, true},
		{"\x01\x01" + leb(parts.WholePages), 1 << 16, false},
		{"\x01\x01" + leb(parts.WholePages+1), 1 << 16, true},
		{"\x01\x01" + leb(1<<16), parts.WholePages, false},
	} {
		if got := inParts(c.limits, c.pages); got != c.parts {
			t.Errorf("memory %x, %d pages: parts %t, want %t", c.limits, c.pages, got, c.parts)
		}
	}
}
