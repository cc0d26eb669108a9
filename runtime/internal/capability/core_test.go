package capability_test

import (
	"context"
	"errors"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/secret"
)

func TestInput(t *testing.T) {
	t.Parallel()
	g := newGuest(t, capability.Options{})
	g.call.Begin(t.Context(), secret.OpGet, []byte("request"), nil)
	for _, c := range []struct {
		capacity uint64
		want     string
	}{{0, "......."}, {6, "......."}, {7, "request"}, {100, "request"}} {
		g.put(bufAt, ".......")
		if n := g.do("postern_v1.input", bufAt, c.capacity); n != 7 {
			t.Errorf("input(%d) = %d, want 7", c.capacity, n)
		}
		if b, _ := g.mem.Read(bufAt, 7); string(b) != c.want {
			t.Errorf("input(%d) wrote %q, want %q", c.capacity, b, c.want)
		}
	}
}

func TestEmit(t *testing.T) {
	t.Parallel()
	g := newGuest(t, capability.Options{})
	ptr, n := g.put(textAt, "record")
	if got := g.do("postern_v1.emit", ptr, n); got != -int32(abi.Unsupported) {
		t.Errorf("emit without a sink = %d, want %d", got, -int32(abi.Unsupported))
	}
	var seen []string
	answer := abi.OK
	g.call.Begin(t.Context(), secret.OpGet, nil, func(record []byte) abi.Status {
		seen = append(seen, string(record))
		return answer
	})
	if got := g.do("postern_v1.emit", ptr, n); got != 0 {
		t.Errorf("emit = %d, want 0", got)
	}
	answer = abi.TooLarge
	if got := g.do("postern_v1.emit", ptr, 0); got != -int32(abi.TooLarge) {
		t.Errorf("emit above a cap = %d, want %d", got, -int32(abi.TooLarge))
	}
	if len(seen) != 2 || seen[0] != "record" || seen[1] != "" {
		t.Errorf("the sink got %q", seen)
	}
}

func TestFailKeepsTheLastTextAndCutsIt(t *testing.T) {
	t.Parallel()
	g := newGuest(t, capability.Options{})
	for text, want := range map[string]string{
		"bad token":                       "bad token",
		"":                                "",
		"\xff":                            "�",
		strings.Repeat("a", 2000):         strings.Repeat("a", 512),
		"a" + strings.Repeat("ü", 400):    "a" + strings.Repeat("ü", 255),
		strings.Repeat("\x80", 513)[:513]: "�",
	} {
		g.begin(t.Context())
		for _, say := range []string{"first", text} {
			ptr, n := g.put(textAt, say)
			if _, err := g.raw("postern_v1.fail", ptr, n); err != nil {
				t.Fatal(err)
			}
		}
		if got := g.call.End().GuestText; got != want {
			t.Errorf("fail(%q): GuestText = %q, want %q", text, got, want)
		}
	}
	if r := g.call.End(); r.GuestText != "" || r.Fault != nil || r.Logs != nil || r.Tail != "" {
		t.Errorf("a second End() = %+v, want nothing", r)
	}
}

func TestFeatures(t *testing.T) {
	t.Parallel()
	g := newGuest(t, capability.Options{})
	if out, err := g.raw("postern_v1.features"); err != nil || out[0] != 0 {
		t.Errorf("features() = %v, %v, want 0", out, err)
	}
}

func TestHostFunctionsEndACallThatIsOver(t *testing.T) {
	t.Parallel()
	g := newGuest(t, capability.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	g.begin(ctx)
	cancel()
	if _, err := g.raw("postern_v1.features"); !errors.Is(err, context.Canceled) {
		t.Errorf("a call after its end = %v, want %v", err, context.Canceled)
	}
	g.call.End()
	var breach capability.Breach
	if _, err := g.mod.ExportedFunction("postern_v1.features").Call(t.Context()); !errors.As(err, &breach) {
		t.Errorf("a host function outside of a call = %v, want a Breach", err)
	}
	if _, err := g.raw("postern_v1.features"); !errors.As(err, &breach) {
		t.Errorf("a host function after End = %v, want a Breach", err)
	}
}

// A context that wraps the call is as good as the call.
func TestCallIsFoundThroughOtherContexts(t *testing.T) {
	t.Parallel()
	g := newGuest(t, capability.Options{})
	type key struct{}
	g.begin(context.WithValue(t.Context(), key{}, "below"))
	ctx := context.WithValue(g.call, key{}, "above")
	if _, err := g.mod.ExportedFunction("postern_v1.features").Call(ctx); err != nil {
		t.Errorf("a host function under a wrapped call = %v", err)
	}
	if got := g.call.Value(key{}); got != "below" {
		t.Errorf("Value() = %v, want that of the caller's context", got)
	}
}

func TestSmallFunctionsAllocateNothing(t *testing.T) {
	if goruntime.GOARCH != "amd64" && goruntime.GOARCH != "arm64" {
		t.Skip("the interpreter allocates for every call")
	}
	set := open(t, capability.Options{Environ: environ("A=1"), Grant: capability.Grant{Env: []string{"*"}}})
	g := instantiateOn(t, wazero.NewRuntimeConfig(), set, []string{abi.ModuleCore, abi.ModuleEnv, abi.ModuleKV})
	g.call.Begin(t.Context(), secret.OpGet, []byte("request"), func([]byte) abi.Status { return abi.OK })
	g.tell("postern_kv_v1.put", "A", "value")
	ptr, n := g.put(textAt, "A")
	for name, args := range map[string][]uint64{
		"postern_v1.input":       {bufAt, 100},
		"postern_v1.emit":        {ptr, n},
		"postern_v1.fail":        {ptr, n},
		"postern_v1.log_enabled": {8},
		"postern_env_v1.get":     {ptr, n, bufAt, 100},
		"postern_kv_v1.get":      {ptr, n, bufAt, 100},
	} {
		fn, stack := g.mod.ExportedFunction(name), make([]uint64, 4)
		got := testing.AllocsPerRun(100, func() {
			copy(stack, args)
			if err := fn.CallWithStack(g.call, stack); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}
