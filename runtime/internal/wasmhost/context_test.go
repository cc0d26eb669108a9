package wasmhost_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/experimental/sock"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
)

// noted is a context that notes the types of the keys that are looked for in it.
type noted struct {
	context.Context
	keys *sync.Map
}

func (n noted) Value(key any) any {
	n.keys.Store(fmt.Sprintf("%T", key), true)
	return n.Context.Value(key)
}

// TestTM025TheEngineTakesNothingFromTheCaller: if an embedder runs another engine and calls
// the runtime with its context, modules get nothing that was meant for the guests of that
// engine: no imports, sockets and observers.
func TestTM025TheEngineTakesNothingFromTheCaller(t *testing.T) {
	t.Parallel()
	wasm, _ := modules.Bytes("env")
	taken, err := net.Listen("tcp", "127.0.0.1:0") // a second listener of its port would fail
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	used := map[string]bool{}
	ctx := sock.WithConfig(t.Context(), sock.NewConfig().WithTCPListener("127.0.0.1", taken.Addr().(*net.TCPAddr).Port))
	ctx = experimental.WithImportResolver(ctx, func(string) api.Module { used["import resolver"] = true; return nil })
	ctx = experimental.WithCloseNotifier(ctx, experimental.CloseNotifyFunc(func(context.Context, uint32) { used["close notifier"] = true }))
	ctx = experimental.WithSnapshotter(ctx)
	var keys sync.Map
	for _, mode := range []wasmhost.Mode{wasmhost.Isolated, wasmhost.Pooled, wasmhost.Serial} {
		o := envOptions(wasm, func() []string { return []string{"E=value-of-environ"} })
		o.Mode = mode
		p := open(t, o)
		held, _ := wasmhost.HoldLogs(noted{ctx, &keys})
		if _, err := p.Get(held, "E"); err != nil {
			t.Errorf("%s: Get = %v", mode, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(used) > 0 {
		t.Errorf("the engine used %v of the caller", used)
	}
	keys.Range(func(key, _ any) bool {
		if key != "*int" { // of package context: the end and the deadline
			t.Errorf("a key of type %s is looked for in the context of the caller", key)
		}
		return true
	})
}

// TestARequestHidesWhatItBeganIn: nothing that one request keeps in its context for its
// own calls is found in one that begins with that context.
func TestARequestHidesWhatItBeganIn(t *testing.T) {
	t.Parallel()
	var keys sync.Map
	outer, _ := wasmhost.HoldLogs(t.Context())
	outer, decided := capability.WithDecided(outer)
	inner, _ := wasmhost.HoldLogs(noted{outer, &keys})
	if got := capability.DecidedOf(inner); got != nil {
		t.Error("the inner request finds what the outer one was decided on")
	}
	if got := capability.DecidedOf(outer); got != decided {
		t.Error("the outer request does not find what it was decided on")
	}
	type own struct{}
	if got := context.WithValue(inner, own{}, 1).Value(own{}); got != 1 {
		t.Errorf("a value of the embedder is %v", got)
	}
	var found []string
	keys.Range(func(key, _ any) bool { found = append(found, key.(string)); return true })
	if slices.ContainsFunc(found, func(k string) bool { return strings.HasPrefix(k, "capability.") || strings.HasPrefix(k, "wasmhost.") }) {
		t.Errorf("%q are looked for in the context of the outer request", found)
	}
}
