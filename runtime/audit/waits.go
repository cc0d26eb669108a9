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

// beginWait is called before the caller waits for l. If the caller is in a Write, from is the
// log that makes it; ok is false if l waits for that Write. The caller calls [Log.goOn] of
// from with l after the wait.
func (l *Log) beginWait() (from *Log, ok bool) {
	if writing.now.Load() == 0 || !insideWrite() {
		return nil, true
	}
	id := goroutine.ID()
	writing.mu.Lock()
	defer writing.mu.Unlock()
	from = writing.by[id]
	for at := l; at != nil; at = at.awaits {
		if at == from {
			return nil, false
		}
	}
	if from != nil {
		from.awaits = l
	}
	return from, true
}

// goOn ends the wait of the Write that l makes for another log. A nil l does nothing.
func (l *Log) goOn(of *Log) {
	if l == nil {
		return
	}
	writing.mu.Lock()
	defer writing.mu.Unlock()
	if l.awaits == of {
		l.awaits = nil
	}
}

// insideWrite reports whether the calling goroutine is in a Write that a log made.
func insideWrite() bool {
	return goroutine.Inside(func(name string) bool { return strings.HasSuffix(name, "/runtime/audit.(*Log).emit") })
}
