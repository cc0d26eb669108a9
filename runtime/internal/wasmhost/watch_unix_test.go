//go:build unix

package wasmhost_test

import (
	"context"
	"fmt"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/cputime"
)

// watch measures the process during one call.
type watch struct {
	start  time.Time
	before int64
	over   chan struct{}
	done   sync.WaitGroup
	ending ending
	cpu    time.Duration // at the deadline
}

// startWatch begins to measure. A call that runs much longer than it may is canceled.
func startWatch(cancel context.CancelFunc) *watch {
	w := &watch{start: time.Now(), before: metric("/memory/classes/heap/objects:bytes"), over: make(chan struct{})}
	w.done.Go(func() {
		defer cancel()
		ticks := time.NewTicker(2 * time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-w.over:
				return
			case <-ticks.C:
			}
			w.ending.peak = max(w.ending.peak, (metric("/memory/classes/heap/objects:bytes")-w.before)>>20)
			late := time.Since(w.start) - callTime
			if late > 0 && w.cpu == 0 {
				w.cpu = cputime.Used()
			}
			if late > stopTime && !w.ending.canceled {
				w.ending.canceled = true
				cancel()
			}
		}
	})
	return w
}

// end ends the measurement.
func (w *watch) end() ending {
	late, cpu := time.Since(w.start)-callTime, cputime.Used()
	close(w.over)
	w.done.Wait()
	w.ending.late = late
	if late > 0 && w.cpu > 0 {
		w.ending.lateCPU = cpu - w.cpu
	}
	return w.ending
}

// collect collects garbage until the returned function is called, which returns how
// many MiB were alive at most above what there was before.
func collect() func() int64 {
	before := live()
	over, peak := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		for {
			goruntime.GC()
			most = max(most, metric("/gc/heap/live:bytes")-before)
			select {
			case <-over:
				peak <- most >> 20
				return
			default:
			}
		}
	}()
	return func() int64 {
		close(over)
		return <-peak
	}
}

// metric returns one of the runtime's metrics.
func metric(name string) int64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// live returns the bytes on the heap after a collection.
func live() int64 {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// residentMiB returns the memory of the process after a collection, 0 if the system
// does not say.
func residentMiB() int64 {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize()) >> 20
}
