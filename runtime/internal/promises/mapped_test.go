package promises_test

import (
	"context"
	"log/slog"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
)

// TestP5ClosedModulesLeaveNoMemory opens, calls and closes each hostile module. The
// memories of its instances are unmapped then, however the calls ended.
func TestP5ClosedModulesLeaveNoMemory(t *testing.T) {
	if goruntime.GOOS != "linux" {
		t.Skip("needs the list of mappings of Linux")
	}
	dir, tried := folder(t), 0
	for _, c := range zoo(t) {
		if c.Fate == "refused" {
			continue
		}
		o := options(t, c, dir, slog.New(slog.DiscardHandler))
		o.Limits.MemoryPages, o.Limits.Call, o.Fuel = pages, time.Minute, 1<<20
		before := memories()
		p, err := wasmhost.Open(t.Context(), o)
		if err != nil {
			continue // it needs more memory
		}
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			ask(ctx, p, c)
			cancel()
		}
		p.Close()
		tried++
		if after := memories(); after > before {
			t.Errorf("%s: %d memories stay mapped after Close", c.Name, after-before)
		}
	}
	figure("P5", "closing: %d modules, whose memories are unmapped", tried)
}
