package wasmhost_test

import (
	"context"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/parts"
	"github.com/postern-project/postern/runtime/secret"
)

// BenchmarkMeteredGet compares a get of the env module as it was built, with fuel,
// and with the engine's own way to stop a guest. It measures only the guest and its
// host functions, without the pool, restoring and protected memory.
func BenchmarkMeteredGet(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchmarkGuest(b, false, false) })
	b.Run("metered", func(b *testing.B) { benchmarkGuest(b, true, false) })
	b.Run("watched", func(b *testing.B) { benchmarkGuest(b, false, true) })
}

func benchmarkGuest(b *testing.B, meter, watch bool) {
	call, get, fuel := guest(b, meter, watch)
	request := abi.Append(nil, abi.TagKey, []byte("DB_URL"))
	sink := func([]byte) abi.Status { return abi.OK }
	var stack [1]uint64
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.Context(b.Context()), func() {}
		if watch { // the engine watches the deadline
			ctx, cancel = context.WithTimeout(ctx, time.Minute)
		}
		if fuel != nil {
			fuel.Set(1 << 20)
		}
		call.Begin(ctx, secret.OpGet, request, sink)
		if err := get.CallWithStack(watched{ctx, call}, stack[:]); err != nil || stack[0] != 0 {
			b.Fatal(err, stack[0])
		}
		call.End()
		cancel()
	}
}

// watched is a context for a call, at which the engine may look after the call.
type watched struct {
	context.Context
	call *capability.Call
}

func (w watched) Value(key any) any { return w.call.Value(key) }

// guest opens the env module in a new engine.
func guest(b *testing.B, meter, watch bool) (*capability.Call, api.Function, api.MutableGlobal) {
	ctx := b.Context()
	wasm, _ := modules.Bytes("env")
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(watch))
	b.Cleanup(func() { r.Close(context.Background()) })
	set, err := all.Open(capability.Options{
		Provider: "env", MaxValue: 1 << 20, MaxCall: 1 << 20,
		Environ: func() []string { return []string{"DB_URL=postgres://localhost/app"} },
	}, all.Grants{Env: []string{"*"}})
	if err == nil {
		b.Cleanup(func() { set.Close() })
		err = set.Link(ctx, r, []string{abi.ModuleCore, abi.ModuleEnv})
	}
	if err != nil {
		b.Fatal(err)
	}
	if meter {
		m, err := wasmbin.Parse(wasm)
		if err != nil {
			b.Fatal(err)
		}
		metered, err := wasmbin.Meter(m, parts.WholePages)
		if err != nil {
			b.Fatal(err)
		}
		wasm = metered.Bytes
		tick := func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = 1 << 20 }
		i64 := []api.ValueType{api.ValueTypeI64}
		if _, err := r.NewHostModuleBuilder(wasmbin.TickModule).NewFunctionBuilder().
			WithGoModuleFunction(api.GoModuleFunc(tick), i64, i64).Export(wasmbin.TickName).Instantiate(ctx); err != nil {
			b.Fatal(err)
		}
	}
	call := set.NewCall()
	call.Begin(ctx, secret.OpOpen, nil, nil)
	mod, err := r.InstantiateWithConfig(call, wasm, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		b.Fatal(err)
	}
	if status, err := mod.ExportedFunction(abi.ExportOpen).Call(call); err != nil || status[0] != 0 {
		b.Fatal(err, status)
	}
	call.End()
	fuel, _ := mod.ExportedGlobal(wasmbin.FuelGlobal).(api.MutableGlobal)
	return call, mod.ExportedFunction(abi.ExportGet), fuel
}
