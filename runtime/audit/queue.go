package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// patience is how long Close waits for a Write that does not return.
const patience = time.Second

var (
	errStuck  = errors.New("audit: the writer took no line for " + patience.String())
	errInside = errors.New("audit: the writer of a required log made a request that has to be recorded")
	errGoexit = errors.New("audit: the writer ended its goroutine")
)

// line is a line in the queue.
type line struct {
	text []byte
	ack  chan error // takes the result without blocking; nil if nobody waits
	wait *wait      // of another log's Write for the line, nil if none waits
}

// enqueue queues a line that nobody waits for, or drops it.
func (l *Log) enqueue(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.dropped.Add(1)
		return
	}
	select {
	case l.queue <- line{text: text}:
	default:
		l.dropped.Add(1)
	}
}

// enqueueOncePlaced queues a line that nobody waits for as soon as there is a place, or drops
// it: see [Options.Wait].
func (l *Log) enqueueOncePlaced(ctx context.Context, text []byte) {
	if !l.placed(ctx) {
		l.dropped.Add(1)
		return
	}
	if !l.push(line{text: text}) {
		<-l.slots
		l.dropped.Add(1)
	}
}

// placed takes a place in the queue. It waits for one while the writer takes lines. After a
// Write that takes longer than patience, nobody waits until that one returns.
func (l *Log) placed(ctx context.Context) bool {
	select {
	case l.slots <- struct{}{}: // even if ctx has ended: the request is recorded
		return true
	default:
	}
	w, ok := l.beginWait()
	if !ok {
		return false // it would wait for itself
	}
	w.end() // this wait ends also if the writer waits for it
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		written := l.written.Load()
		if l.slow.Load() == written+1 {
			return false
		}
		select {
		case l.slots <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		case <-l.stuck:
			return false
		case <-timer.C:
			if l.written.Load() == written {
				l.slow.Store(written + 1)
				return false
			}
			timer.Reset(patience)
		}
	}
}

// enqueueAndWait queues a required line and waits until it is written, ctx ends or
// the log gives the writer up. A Write that would wait for itself gets an error. After an
// error, queued says whether the line may be written yet.
func (l *Log) enqueueAndWait(ctx context.Context, text []byte) (queued bool, err error) {
	w, ok := l.beginWait()
	if !ok {
		return false, l.fail(errInside)
	}
	defer w.end()
	if err := l.reserve(ctx); err != nil {
		return false, l.fail(err)
	}
	ack := make(chan error, 1)
	if !l.push(line{text, ack, w}) {
		<-l.slots
		return false, ErrClosed
	}
	var late error
	select {
	case err := <-ack:
		return err == nil, err
	case <-ctx.Done():
		late = noTime(ctx)
	case <-l.stuck:
		late = errStuck
	}
	select {
	case err := <-ack: // both at once: it was written in time
		return err == nil, err
	default:
		return true, late
	}
}

// reserve takes a place in the queue.
func (l *Log) reserve(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}: // even if ctx has ended: the request is recorded
		return nil
	default:
	}
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return noTime(ctx)
	case <-l.stuck:
		return errStuck
	}
}

// free gives back the place of a line that left the queue.
func (l *Log) free() {
	if l.opts.Required || l.opts.Wait {
		<-l.slots
	}
}

// push queues a line for which there is a place; false means that the log is closed.
func (l *Log) push(n line) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.queue <- n
	}
	return !l.closed
}

func noTime(ctx context.Context) error {
	return fmt.Errorf("audit: the writer did not take the line in time: %w", ctx.Err())
}

// drain writes queued lines. It holds no lock while it writes, so that a slow
// writer delays nobody but those who wait for their line. Nobody else writes.
func (l *Log) drain() {
	ended := false
	defer l.writes()()
	defer func() {
		if ended {
			close(l.done)
		} else {
			go l.drain() // a Write ended this goroutine
		}
	}()
	for n := range l.queue {
		l.take(n)
	}
	ended = true
}

// take writes one line and reports the result to the one who waits for it.
func (l *Log) take(n line) {
	err := errGoexit
	defer func() {
		if err != nil {
			_ = l.fail(err)
		}
		if n.ack != nil {
			n.wait.end() // before it goes on: what follows may ask its log
			n.ack <- err
		}
	}()
	l.free()
	select {
	case <-l.stuck:
		err = errStuck
	default:
		err = l.emit(n.text)
	}
}

// emit gives a line to the writer, which is code of the embedder. A line that was not
// written whole to a file becomes a line of blanks. Where that cannot be, the next one
// begins with a line break, so that no record becomes the end of another.
func (l *Log) emit(text []byte) (err error) {
	writing.now.Add(1)
	defer writing.now.Add(-1)
	l.begun.Add(1)
	defer l.written.Add(1)
	returned := false
	defer func() {
		l.torn = l.torn || !returned       // perhaps
		if recover() != nil || !returned { // what it panicked with may hold the line; nil with GODEBUG=panicnil=1
			err = errors.New("audit: the writer panicked")
		}
	}()
	w, end := l.w, (*tail)(nil)
	if l.file != nil {
		f, t, replaced, err := l.file.current()
		if err != nil {
			returned = true
			return err
		}
		w, end, l.torn = f, t, l.torn && !replaced
	}
	if end.torn() || l.torn {
		text = append([]byte{'\n'}, text...)
	}
	n, err := w.Write(text)
	err = sound(err)
	returned = true
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if n = min(n, len(text)); n > 0 {
		l.torn = text[n-1] != '\n' && !end.blank(text[:n])
	}
	return err
}

// sound returns err, unless its methods panic, as those of a nil pointer do.
func sound(err error) error {
	if err != nil {
		_ = err.Error()
		_ = errors.As(err, new(*fs.PathError))
	}
	return err
}

// fail counts a line that was not written, and returns err.
func (l *Log) fail(err error) error {
	l.dropped.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	return err
}

// Dropped counts the lines that were not written.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }
