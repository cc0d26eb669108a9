package audit

import (
	"io"
	"sync/atomic"
	"testing"

	"github.com/postern-project/postern/runtime/internal/copytest"
)

// TestNewCopiesEveryOption: a field that is added to Options is copied too.
func TestNewCopiesEveryOption(t *testing.T) {
	t.Parallel()
	o := copytest.Filled[Options](t)
	l := New(io.Discard, o)
	defer l.Close()
	for _, difference := range copytest.Differences(o, l.opts) {
		t.Errorf("the options of the log: %s", difference)
	}
}

// TakeTurns makes sampling write the first request of log, and then each that comes Sample
// requests after one. Call it before the first request.
func TakeTurns(log *Log) {
	var asked atomic.Int64
	log.draw = func(n int) int { return int(asked.Add(1)-1) % n }
}
