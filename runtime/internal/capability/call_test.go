package capability_test

import (
	"context"
	"errors"
	goruntime "runtime"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

func TestHostFunctionsEndACallThatIsOver(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	ctx, cancel := context.WithCancel(t.Context())
	g.Begin(ctx)
	cancel()
	if _, err := g.Raw("postern_v1.features"); !errors.Is(err, context.Canceled) {
		t.Errorf("a call after its end = %v, want %v", err, context.Canceled)
	}
	g.Call.End()
	var abiErr capability.ProtocolError
	if _, err := g.Module.ExportedFunction("postern_v1.features").Call(t.Context()); !errors.As(err, &abiErr) {
		t.Errorf("a host function outside of a call = %v, want a ProtocolError", err)
	}
	if _, err := g.Raw("postern_v1.features"); !errors.As(err, &abiErr) {
		t.Errorf("a host function after End = %v, want a ProtocolError", err)
	}
}

// A host function also finds the call through a context that wraps it.
func TestCallIsFoundThroughOtherContexts(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	type key struct{}
	g.Begin(context.WithValue(t.Context(), key{}, "below"))
	ctx := context.WithValue(g.Call, key{}, "above")
	if _, err := g.Module.ExportedFunction("postern_v1.features").Call(ctx); err != nil {
		t.Errorf("a host function under a wrapped call = %v", err)
	}
	if got := g.Call.Value(key{}); got != "below" {
		t.Errorf("Value() = %v, want that of the caller's context", got)
	}
}

func TestSmallFunctionsAllocateNothing(t *testing.T) {
	if goruntime.GOARCH != "amd64" && goruntime.GOARCH != "arm64" {
		t.Skip("the interpreter allocates for every call")
	}
	set := guesttest.Open(t, capability.Options{Environ: guesttest.Environ("A=1")}, all.Grants{Env: []string{"*"}})
	g := guesttest.InstantiateOn(t, wazero.NewRuntimeConfig(), set, abi.ModuleCore, abi.ModuleEnv, abi.ModuleKV)
	g.Call.Begin(t.Context(), secret.OpGet, []byte("request"), func([]byte) abi.Status { return abi.OK })
	g.Send("postern_kv_v1.put", "A", "value")
	ptr, n := g.Put(guesttest.TextAt, "A")
	for name, args := range map[string][]uint64{
		"postern_v1.input":       {guesttest.BufAt, 100},
		"postern_v1.emit":        {ptr, n},
		"postern_v1.fail":        {ptr, n},
		"postern_v1.log_enabled": {8},
		"postern_env_v1.get":     {ptr, n, guesttest.BufAt, 100},
		"postern_kv_v1.get":      {ptr, n, guesttest.BufAt, 100},
	} {
		fn, stack := g.Module.ExportedFunction(name), make([]uint64, 4)
		got := testing.AllocsPerRun(100, func() {
			copy(stack, args)
			if err := fn.CallWithStack(g.Call, stack); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}
