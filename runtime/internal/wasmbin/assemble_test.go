package wasmbin_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// leb returns an unsigned number in the shortest form.
func leb(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

// section returns a section with its header.
func section(id byte, content string) string { return string(id) + leb(len(content)) + content }

// sized returns content after its size.
func sized(content string) string { return leb(len(content)) + content }

// Parts of most modules here: one type () -> (), one function, one memory page,
// and the export of the function as "f".
var (
	typesPart  = section(1, "\x01\x60\x00\x00")
	funcPart   = section(3, "\x01\x00")
	memoryPart = section(5, "\x01\x00\x01")
	exportPart = section(7, "\x01\x01f\x00\x00")
)

// code returns a code section with one body without locals.
func code(body string) string { return section(10, "\x01"+sized("\x00"+body)) }

// oneFunction returns a module with one exported function.
func oneFunction(body string) []byte {
	return []byte(empty + typesPart + funcPart + memoryPart + exportPart + code(body))
}

func openBytes(t *testing.T, b []byte) *meteredWorld {
	t.Helper()
	w := &meteredWorld{result: metered(t, b), tick: func(int64) int64 { return math.MaxInt64 }}
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { r.Close(ctx) })
	tickHost(t, r, func(fuel int64) int64 { return w.tick(fuel) })
	m, err := r.InstantiateWithConfig(ctx, w.result.Bytes, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	w.Module = m
	w.fuel = m.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	return w
}

func get(n int) string    { return "\x20" + leb(n) }
func misc(sub int) string { return "\xfc" + leb(sub) }
