package wasmbin_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// meteredWorld is one metered module in its own runtime.
type meteredWorld struct {
	api.Module
	result *wasmbin.Metered
	fuel   api.MutableGlobal
	tick   func(int64) int64
}

func open(t *testing.T, name string) *meteredWorld {
	t.Helper()
	w := &meteredWorld{result: metered(t, read(t, name))}
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	t.Cleanup(func() { r.Close(ctx) })
	tickHost(t, r, func(fuel int64) int64 { return w.tick(fuel) })
	if _, err := r.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func() {}).Export("host").Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	w.tick = func(int64) int64 { return math.MaxInt64 }
	m, err := r.InstantiateWithConfig(ctx, w.result.Bytes, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	w.Module = m
	w.fuel = m.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	return w
}

// spent returns the cost of a call.
func (w *meteredWorld) spent(t *testing.T, export string, args ...uint64) int64 {
	t.Helper()
	const full = int64(1) << 40
	w.fuel.Set(uint64(full))
	if _, err := w.ExportedFunction(export).Call(t.Context(), args...); err != nil {
		t.Fatalf("%s: %v", export, err)
	}
	return full - int64(w.fuel.Get())
}

func TestFuelIsExact(t *testing.T) {
	t.Parallel()
	w := open(t, "fuel.wasm")
	for _, c := range []struct {
		export string
		arg    uint64
		want   int64
	}{
		{"leaf", 5, 1},
		{"loop", 1, 1 + 1},
		{"loop", 1000, 1 + 1000},
		{"carry", 50, 1 + 50},
		{"tree", 0, 1},
		{"tree", 10, 1<<11 - 1},
		{"ping", 100, 101},
		{"even", 100, 101},
		{"fill", 0, 1 + 1},
		{"fill", wasmbin.BulkBytes - 1, 1 + 1},
		{"fill", 64 << 10, 1 + 1 + 64<<10/wasmbin.BulkBytes},
		{"move", 32 << 10, 1 + 1 + 32<<10/wasmbin.BulkBytes},
	} {
		if got := w.spent(t, c.export, c.arg); got != c.want {
			t.Errorf("%s(%d) costs %d units, want %d", c.export, c.arg, got, c.want)
		}
	}
}

var errStop = errors.New("out of fuel")

// TestFuelStops gives every kind of endless work a fixed total of fuel, in slices,
// and stops it from the tick. It overdraws by one unit.
func TestFuelStops(t *testing.T) {
	t.Parallel()
	w := open(t, "fuel.wasm")
	for _, c := range []struct {
		export string
		args   []uint64
	}{
		{"forever", nil},
		{"loop", []uint64{math.MaxUint32}},
		{"tree", []uint64{1000}},
		{"ping", []uint64{1 << 30}},
		{"even", []uint64{1 << 30}},
	} {
		const part, parts = 1000, 10
		total, ticks := int64(0), 0
		w.tick = func(fuel int64) int64 {
			ticks++
			total += part - fuel
			if ticks == parts {
				panic(errStop)
			}
			if fuel != -1 {
				t.Errorf("%s: fuel at the tick is %d, want -1", c.export, fuel)
			}
			return part + fuel
		}
		w.fuel.Set(part)
		_, err := w.ExportedFunction(c.export).Call(t.Context(), c.args...)
		if !errors.Is(err, errStop) {
			t.Errorf("%s: Call = %v, want %v", c.export, err, errStop)
		}
		if ticks != parts {
			t.Errorf("%s: %d ticks, want %d", c.export, ticks, parts)
		}
		w.tick = func(int64) int64 { return math.MaxInt64 }
		if got := w.spent(t, "leaf", 1); got != 1 {
			t.Errorf("after %s: leaf costs %d", c.export, got)
		}
	}
}

// TestFuelOverdraftIsBounded stops a bulk instruction, which may overdraw by more
// than one unit, but at most by its length.
func TestFuelOverdraftIsBounded(t *testing.T) {
	t.Parallel()
	w := open(t, "fuel.wasm")
	var least int64
	w.tick = func(fuel int64) int64 { least = fuel; panic(errStop) }
	w.fuel.Set(1)
	if _, err := w.ExportedFunction("fill").Call(t.Context(), math.MaxUint32); !errors.Is(err, errStop) {
		t.Fatalf("Call = %v, want %v", err, errStop)
	}
	if want := -int64(math.MaxUint32/wasmbin.BulkBytes) - 1; least != want {
		t.Errorf("fuel at the tick is %d, want %d", least, want)
	}
}

func TestFuelInStartFunction(t *testing.T) {
	t.Parallel()
	out := metered(t, read(t, "start.wasm"))
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	defer r.Close(ctx)
	ticks := 0
	tickHost(t, r, func(int64) int64 {
		if ticks++; ticks == 5 {
			panic(errStop)
		}
		return 100
	})
	if _, err := r.Instantiate(ctx, out.Bytes); !errors.Is(err, errStop) {
		t.Errorf("Instantiate = %v, want %v", err, errStop)
	}
}

// TestStretch runs long code without loops and calls. It costs one unit for each
// Stretch instructions, also where blocks are skipped.
func TestStretch(t *testing.T) {
	t.Parallel()
	nops := strings.Repeat("\x01", 10*wasmbin.Stretch)
	skip := "\x02\x40\x41\x01\x0d\x00" + strings.Repeat("\x01", 500) + "\x0b" // block, i32.const 1, br_if 0, ..., end
	for _, c := range []struct {
		name, body string
		least      int64 // instructions that run
		most       int64 // units
	}{
		{"straight", nops, 10 * wasmbin.Stretch, 11},
		{"jumps over", strings.Repeat(skip, 100), 3 * 100, 3 + 300/wasmbin.Stretch + 101},
		{"both arms", "\x41\x01\x04\x40" + nops + "\x05" + nops + "\x0b" + nops, 20 * wasmbin.Stretch, 23},
		{"else arm", "\x41\x00\x04\x40" + nops + "\x05" + nops + "\x0b" + nops, 20 * wasmbin.Stretch, 23},
		{"dead code", "\x0f" + nops, 1, 1},
	} {
		w := openBytes(t, oneFunction(c.body+"\x0b"))
		got := w.spent(t, "f")
		if got*wasmbin.Stretch < c.least || got > c.most {
			t.Errorf("%s: %d units for %d instructions, want at most %d", c.name, got, c.least, c.most)
		}
	}
}

// TestBulkIsChargedFromTheFirstByte runs every instruction whose work grows with a
// length, with lengths for which the charge was once rounded down to nothing.
func TestBulkIsChargedFromTheFirstByte(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       int64 // units, with one for the function
	}{
		{"memory.copy 0", "\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00", 2},
		{"memory.copy 1", "\x41\x00\x41\x00\x41\x01\xfc\x0a\x00\x00", 2},
		{"memory.copy 1024", "\x41\x00\x41\x00\x41\x80\x08\xfc\x0a\x00\x00", 3},
		{"memory.fill 1", "\x41\x00\x41\x00\x41\x01\xfc\x0b\x00", 2},
		{"memory.init 1", "\x41\x00\x41\x00\x41\x01\xfc\x08\x00\x00", 2},
		{"table.fill 1", "\x41\x00\xd0\x70\x41\x01\xfc\x11\x00", 2},
		{"table.copy 1", "\x41\x00\x41\x00\x41\x01\xfc\x0e\x00\x00", 2},
		{"table.init 1", "\x41\x00\x41\x00\x41\x01\xfc\x0c\x00\x00", 2},
		{"table.grow 1", "\xd0\x70\x41\x01\xfc\x0f\x00\x1a", 2},
		{"memory.grow 0", "\x41\x00\x40\x00\x1a", 2},
		{"memory.grow 2", "\x41\x02\x40\x00\x1a", 2 + 2*wasmbin.PageUnits},
		{"memory.grow too much", "\x41\x7f\x40\x00\x1a", 2 + math.MaxUint32*wasmbin.PageUnits},
		{"40 times 1", strings.Repeat("\x41\x00\x41\x00\x41\x01\xfc\x0b\x00", 40), 1 + 40 + 160/wasmbin.Stretch},
	} {
		w := openBytes(t, []byte(empty+typesPart+funcPart+section(4, "\x01\x70\x01\x02\x20")+memoryPart+exportPart+
			section(9, "\x01\x01\x00\x01\x00")+section(12, "\x01")+code(c.body+"\x0b")+section(11, "\x01\x01\x01d")))
		if got := w.spent(t, "f"); got != c.want {
			t.Errorf("%s: %d units, want %d", c.name, got, c.want)
		}
	}
}

func TestGlobalsCanBeRestored(t *testing.T) {
	t.Parallel()
	w := open(t, "fuel.wasm")
	want := []wasmbin.MeteredGlobal{
		{Name: "postern.global.0", Type: wasmbin.I32}, {Name: "postern.global.1", Type: wasmbin.I64},
		{Name: "postern.global.2", Type: wasmbin.F32}, {Name: "postern.global.3", Type: wasmbin.F64},
	}
	if !slices.Equal(w.result.Globals, want) {
		t.Fatalf("Globals = %v, want %v", w.result.Globals, want)
	}
	if w.result.MutableTables || w.result.DropsSegments {
		t.Error("flags are set, but the tables and segments of this module cannot change")
	}
	var image []uint64
	for _, g := range want {
		image = append(image, w.ExportedGlobal(g.Name).Get())
	}
	w.spent(t, "spoil")
	for i, g := range want {
		global := w.ExportedGlobal(g.Name).(api.MutableGlobal)
		if global.Get() == image[i] {
			t.Errorf("%s did not change", g.Name)
		}
		global.Set(image[i])
		if global.Get() != image[i] {
			t.Errorf("%s was not restored", g.Name)
		}
	}
}

func TestTraceKeepsNames(t *testing.T) {
	t.Parallel()
	w := open(t, "fuel.wasm")
	_, err := w.ExportedFunction("trap").Call(t.Context())
	if err == nil || !strings.Contains(err.Error(), ".inner()\n") || !strings.Contains(err.Error(), ".outer()") {
		t.Errorf("the trace does not name inner and outer: %v", err)
	}
	w.tick = func(int64) int64 { panic(errStop) }
	w.fuel.Set(0)
	_, err = w.ExportedFunction("even").Call(t.Context(), 3)
	if err == nil || !strings.Contains(err.Error(), ".even(") || !strings.Contains(err.Error(), wasmbin.FuelGlobal) {
		t.Errorf("the trace does not name the fuel and even: %v", err)
	}
}
