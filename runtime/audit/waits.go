package audit

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/postern-project/postern/runtime/internal/goroutine"
)

// writing is what the Writes of all logs are doing. A Write that makes a request which its
// own log records would wait for itself, also by way of other logs: the writer of one asks
// what another one records, and the writer of that one asks what the first records.
var writing struct {
	now atomic.Int64 // Writes in progress

	mu sync.Mutex
	by map[uint64]*Log // guarded by mu: by the number of the goroutine that writes its lines
}

// writes notes that the calling goroutine writes the lines of l, until the returned
// function is called.
func (l *Log) writes() (end func()) {
	id := goroutine.ID()
	writing.mu.Lock()
	defer writing.mu.Unlock()
	if writing.by == nil {
		writing.by = map[uint64]*Log{}
	}
	writing.by[id] = l
	return func() {
		writing.mu.Lock()
		defer writing.mu.Unlock()
		delete(writing.by, id)
	}
}

// wait is one for a log, by the Write of another one.
type wait struct{ from, of *Log }

// beginWait is called before the caller waits for l, and [wait.end] after that. ok is false
// if the caller is in a Write for which l waits. Otherwise w is the wait of the Write that the
// caller is in, or nil if it is in none.
func (l *Log) beginWait() (w *wait, ok bool) {
	if writing.now.Load() == 0 || !insideWrite() {
		return nil, true
	}
	id := goroutine.ID()
	writing.mu.Lock()
	defer writing.mu.Unlock()
	from := writing.by[id]
	if from == nil {
		return nil, true
	}
	for at := l; at != from; at = at.awaits.of {
		if at.awaits == nil {
			w = &wait{from, l}
			from.awaits = w
			return w, true
		}
	}
	return nil, false
}

// end ends the wait, unless another one has begun since. A nil w does nothing.
func (w *wait) end() {
	if w == nil {
		return
	}
	writing.mu.Lock()
	defer writing.mu.Unlock()
	if w.from.awaits == w {
		w.from.awaits = nil
	}
}

// insideWrite reports whether the calling goroutine is in a Write that a log made.
func insideWrite() bool {
	return goroutine.Inside(func(name string) bool { return strings.HasSuffix(name, "/runtime/audit.(*Log).emit") })
}
