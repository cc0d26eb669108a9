package wasmhost_test

import (
	"bytes"
	goruntime "runtime"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/testdata/hostile"
)

// A guest that calls itself deeply and returns leaves no large stack behind. Not
// parallel, because it looks at the heap of the process.
func TestTM007StacksAreNotKept(t *testing.T) {
	c := hostile.Case{Name: "recursion_returns"}
	for _, mode := range []wasmhost.Mode{wasmhost.Isolated, wasmhost.Pooled} {
		o := options(t, c, new(bytes.Buffer))
		o.Mode = mode
		p := open(t, o)
		before := heap()
		for range 3 {
			if got := ask(t.Context(), p, c); got.code != "ok" {
				t.Fatalf("%+v", got)
			}
			if after := heap(); p.Idle() != 1 || after > before+8<<20 {
				t.Errorf("%s: %d idle instances keep %d MiB", mode, p.Idle(), (after-before)>>20)
			}
		}
	}
}

// heap returns the bytes of the Go heap that are in use.
func heap() uint64 {
	goruntime.GC()
	var s goruntime.MemStats
	goruntime.ReadMemStats(&s)
	return s.HeapAlloc
}
