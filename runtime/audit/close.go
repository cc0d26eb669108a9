package audit

import (
	"errors"
	"time"
)

// Close writes what is queued, closes the file of a log made by [Open], and
// returns the first error of a write, if any. It does not wait for a Write that
// takes longer than a second, required or not: the lines after it are dropped and
// counted, those who wait for them get an error, and the writer may be in use until
// that Write returns. Nor does it wait when it is called by a Write of the log itself, or
// by one that the log waits for: what is queued is written after that. Closing twice is harmless.
func (l *Log) Close() error {
	l.mu.Lock()
	first := !l.closed
	if first {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	if w, ok := l.beginWait(); ok {
		written := l.wait()
		w.end()
		if !written && first {
			_ = l.fail(errStuck) // the line that the writer has
		}
	}
	var closing error
	if first && l.file != nil {
		closing = l.file.close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.err, closing)
}

// wait returns once nothing is written any more; ok is false if a Write did not
// return in time, and then the queue is dropped.
func (l *Log) wait() (ok bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		before := l.written.Load()
		select {
		case <-l.done:
			return true
		case <-l.stuck:
			return l.dropQueue()
		case <-timer.C:
			if l.written.Load() == before {
				l.giveUp()
				return l.dropQueue()
			}
			timer.Reset(patience)
		}
	}
}

// dropQueue counts the lines that are left. It reports whether the writer has
// returned meanwhile.
func (l *Log) dropQueue() bool {
	for range l.queue {
		l.dropped.Add(1)
		l.free()
	}
	return l.begun.Load() == l.written.Load()
}

// LimitWaits makes the log give up a Write that takes longer than a second from now
// on, as Close does: Intent and Outcome then return an error. Without it only the
// contexts of those who wait for a required log end their waits. Call it before
// waiting for requests to end, then Close; what is recorded meanwhile is written.
func (l *Log) LimitWaits() {
	if l.opts.Required {
		go l.watch()
	}
}

// watch gives up the writer when one Write lasts for the time between two ticks.
func (l *Log) watch() {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for {
		written := l.written.Load() // read before begun: never more than that
		busy := l.begun.Load() != written
		select {
		case <-l.done:
			return
		case <-l.stuck:
			return
		case <-tick.C:
			if busy && l.written.Load() == written {
				l.giveUp()
			}
		}
	}
}
