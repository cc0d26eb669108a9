package match

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// The search for a large value can be stopped at any step of building it: each looks often
// whether to go on, and ends soon if not.
func TestBuildStopsAtEveryStep(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 3))
	var v bytesOf
	for len(v) < 32<<10 { // lines of any bytes, of which each is searched in many spellings
		for range 14 {
			v = append(v, byte(r.Uint32()|1))
		}
		v = append(v, '\n')
	}
	x := NewIndex(encodings.Options{JSONLeaves: true})
	var asked atomic.Int64
	share := 1.0                              // of the time of a build, the longest between two questions
	for n := 0; n < 20 && share > 0.15; n++ { // the machine may be busy
		var mu sync.Mutex
		begun, longest := time.Now(), time.Duration(0)
		last := begun
		asked.Store(0)
		if _, ok := x.Build(v, func() bool {
			mu.Lock()
			defer mu.Unlock()
			asked.Add(1)
			longest, last = max(longest, time.Since(last)), time.Now()
			return false
		}); !ok {
			t.Fatal("not built")
		}
		share = min(share, float64(max(longest, time.Since(last)))/float64(time.Since(begun)))
	}
	if share > 0.15 {
		t.Errorf("it did not ask whether to stop in %.0f %% of the time of a build", 100*share)
	}
	tries := int64(12)
	if testing.Short() {
		tries = 3 // under the race detector
	}
	all := asked.Load()
	if all < 10*tries {
		t.Fatalf("it asked %d times whether to stop", all)
	}
	for i := range tries {
		at := 1 + i*(all-20)/tries // goroutines ask a little more or less in each run
		asked.Store(0)
		if _, ok := x.Build(v, func() bool { return asked.Add(1) >= at }); ok {
			t.Errorf("built, although it was stopped at question %d of %d", at, all)
		}
		if more := asked.Load() - at; more > all/10+100 {
			t.Errorf("stopped at question %d of %d, it asked %d more", at, all, more)
		}
	}
}
