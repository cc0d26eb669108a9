package wasmhost_test

import (
	"context"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// counted is a context that calls f with the number of each call of a module under it.
type counted struct {
	context.Context
	calls int
	f     func(call int)
}

func (c *counted) Err() error {
	callers := make([]uintptr, 1)
	goruntime.Callers(2, callers)
	frame, _ := goruntime.CallersFrames(callers).Next()
	if strings.HasSuffix(frame.Function, "wasmhost.(*Provider).callOnInstance") {
		c.calls++
		c.f(c.calls)
	}
	return c.Context.Err()
}

func liveHeap() int64 {
	goruntime.GC()
	goruntime.GC()
	var s goruntime.MemStats
	goruntime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// A module that makes the host ask again and again for the keys that do not fit makes it
// keep nothing for the calls that were made again, and all of them end when the caller
// gives up.
func TestTM004NothingIsKeptForACallThatIsMadeAgain(t *testing.T) { // not parallel: it measures the heap
	keys := make([]secret.Key, 8192)
	for i := range keys {
		keys[i] = secret.Key(fmt.Sprint("key", i))
	}
	p := open(t, wasmhost.Options{Name: "p", Wasm: committed(t, "crowd_again"), Limits: wasmhost.Limits{Call: time.Hour}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const first, last = 2, 14
	var before, grown int64
	c := &counted{Context: ctx, f: func(call int) {
		switch call {
		case first:
			before = liveHeap()
		case last:
			grown = liveHeap() - before
			cancel()
		}
	}}
	for _, r := range p.GetMany(c, keys) {
		if secret.CodeOf(r.Err) != secret.ErrCanceled || !r.Secret.IsZero() {
			t.Fatalf("%q = %v, want %v", r.Key, r.Err, secret.ErrCanceled)
		}
	}
	if c.calls != last {
		t.Errorf("the module was called %d times, want %d", c.calls, last)
	}
	if grown > 2<<20 {
		t.Errorf("%d calls made the heap grow by %d bytes", last-first, grown)
	}
}
