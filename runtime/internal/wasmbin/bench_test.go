package wasmbin_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/parts"
)

// slice is the fuel that the test hosts give at a time.
const slice = 100_000

// read returns a file of testdata.
func read(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// metered returns the module after Parse, Check and Meter.
func metered(tb testing.TB, b []byte) *wasmbin.Metered {
	tb.Helper()
	m, err := wasmbin.Parse(b)
	if err != nil {
		tb.Fatal(err)
	}
	if err := wasmbin.Check(m, wasmbin.Limits{}); err != nil {
		tb.Fatal(err)
	}
	out, err := wasmbin.Meter(m, parts.WholePages)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// tickHost adds the function that metered modules import to a runtime.
func tickHost(tb testing.TB, r wazero.Runtime, tick func(fuel int64) int64) {
	tb.Helper()
	call := api.GoFunc(func(_ context.Context, stack []uint64) { stack[0] = uint64(tick(int64(stack[0]))) })
	i64 := []api.ValueType{api.ValueTypeI64}
	_, err := r.NewHostModuleBuilder(wasmbin.TickModule).
		NewFunctionBuilder().WithGoFunction(call, i64, i64).Export(wasmbin.TickName).
		Instantiate(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkMeter compares loops and calls without changes, metered, and with the
// engine's option to watch a context.
func BenchmarkMeter(b *testing.B) {
	for _, job := range []struct {
		file, name string
		n          uint64
	}{
		{"bench.wasm", "tight", 100_000}, {"bench.wasm", "bytes", 100_000}, {"bench.wasm", "hash", 100_000}, {"bench.wasm", "fib", 20},
		{"loops.wasm", "fnv", 100_000}, {"loops.wasm", "copy", 100_000}, {"loops.wasm", "nest", 100_000}, {"loops.wasm", "lut", 100_000},
	} {
		plain := read(b, job.file)
		b.Run(job.name+"/plain", func(b *testing.B) {
			run(b, wazero.NewRuntimeConfigCompiler(), plain, job.name, job.n)
		})
		b.Run(job.name+"/metered", func(b *testing.B) {
			run(b, wazero.NewRuntimeConfigCompiler(), metered(b, plain).Bytes, job.name, job.n)
		})
		b.Run(job.name+"/watched", func(b *testing.B) {
			run(b, wazero.NewRuntimeConfigCompiler().WithCloseOnContextDone(true), plain, job.name, job.n)
		})
	}
}

func run(b *testing.B, config wazero.RuntimeConfig, module []byte, export string, n uint64) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer r.Close(ctx)
	tickHost(b, r, func(int64) int64 { return slice })
	instance, err := r.InstantiateWithConfig(ctx, module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		b.Fatal(err)
	}
	f := instance.ExportedFunction(export)
	stack := make([]uint64, 1)
	for b.Loop() {
		stack[0] = n
		if err := f.CallWithStack(ctx, stack); err != nil {
			b.Fatal(err)
		}
	}
}
