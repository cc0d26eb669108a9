package match

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// awaited is a value that waits when it is built.
type awaited struct {
	bytesOf
	built chan struct{}
}

func (v awaited) Expose(f func([]byte) error) error {
	<-v.built
	return f(v.bytesOf)
}

// TM-009: who prepares a search with a context waits for no longer, while the work goes on,
// and the next one finds it done.
func TestTM009RefreshWithinTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := NewIndex(encodings.Options{})
		first := awaited{bytesOf("the-first-value-1"), make(chan struct{})}
		x.Add(first)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 3 { // the later ones with a context that has ended
			begun := time.Now()
			if x.RefreshWithin(ctx, time.Minute) {
				t.Error("refreshed, although a value is still built")
			}
			if took := time.Since(begun); took > time.Second+2*lateRefresh {
				t.Errorf("it took %v", took)
			}
		}
		begun := time.Now()
		if x.RefreshWithin(t.Context(), time.Second) || time.Since(begun) != time.Second {
			t.Errorf("within a second: it took %v", time.Since(begun))
		}
		second := awaited{bytesOf("the-second-value-2"), make(chan struct{})}
		x.Add(second) // while the first one is built
		done := make(chan bool)
		go func() { done <- x.RefreshWithin(t.Context(), 0) }()
		synctest.Wait()
		close(first.built)
		synctest.Wait()
		close(second.built)
		if !<-done || x.Stale() || x.Count() != 2 {
			t.Errorf("%d values of 2, and stale is %v", x.Count(), x.Stale())
		}
		if !x.RefreshWithin(ctx, 0) {
			t.Error("not refreshed, although there is nothing to do")
		}
	})
}
