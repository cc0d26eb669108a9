package runtime

import (
	"context"
	goruntime "runtime"
	"sync"
	"testing"
	"time"
)

// TestManyWritesOfOneKeyTakeTurns: a turn does not look at what all others wait for. That would
// cost those that wait for one key the time that they may wait, nested or not.
func TestManyWritesOfOneKeyTakeTurns(t *testing.T) {
	t.Parallel()
	for name, nested := range map[string]bool{"outer writes": false, "nested writes": true} {
		w := &writeLocks{within: 10 * time.Second} // the default of limits.call
		const writers = 2000
		at := place{provider: "p", key: "k"}
		_, release, err := w.lock(context.Background(), at)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				ctx := context.Background()
				if nested {
					inner, release, err := w.lock(ctx, place{provider: "other", key: Key("k" + string(rune('a'+i)))})
					if err != nil {
						t.Error(err)
						return
					}
					defer release()
					ctx = inner
				}
				_, release, err := w.lock(ctx, at)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				release()
			})
		}
		for waiting := 0; waiting < writers; goruntime.Gosched() {
			w.mu.Lock()
			waiting = w.locks[at].users - 1
			w.mu.Unlock()
		}
		release()
		all.Wait()
		if len(w.locks) != 0 || len(w.by) != 0 {
			t.Errorf("%s: %d locks and %d writes are left", name, len(w.locks), len(w.by))
		}
	}
}
