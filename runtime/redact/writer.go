package redact

import (
	"io"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/redact/internal/match"
)

// DefaultIdle is how long a [Writer] keeps bytes that may begin a value before
// it lets go of the first few.
const DefaultIdle = 20 * time.Millisecond

// blockSize is how much a Writer searches, and writes, at once.
const blockSize = 64 << 10

// WriterOptions change a [Writer]. The zero value is what most want.
type WriterOptions struct {
	// Idle is the pause after which held bytes show; 0 is DefaultIdle, and
	// less than 0 holds them until it is clear what they are.
	Idle time.Duration
	// AfterFunc starts the timer of the pause and returns what stops it; nil
	// is time.AfterFunc.
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
}

// Writer masks what is written through it. Make it with [Registry.Writer].
//
// Write returns after all that is certain has been written on, in one write for
// up to 64 KiB. Held back is only the longest end of the text that can still
// become a value; of it at most three bytes, and at most a quarter of any
// value, show when the stream pauses. Memory is bounded by the longest form of
// a value. Methods may be called by several goroutines at once; the destination
// is written to by one at a time, after a pause by a timer's.
type Writer struct {
	reg  *Registry
	dst  io.Writer
	opts WriterOptions

	mu     sync.Mutex
	sc     *match.Scan
	held   []byte          // not decided yet
	joined []byte          // held and what follows it
	out    []byte          // what goes on
	marks  []mark          // which input out stands for
	shown  int             // bytes of held that are out already,
	masked int             // ... the first of them as part of a mask
	state  encodings.State // at the start of held
	stop   func() bool     // stops the idle timer, if one runs
	turn   uint64          // counts writes, so that a late timer knows
	err    error           // the first failure of dst, or errClosed
}

// mark says that out[:out] stands for the input up to in.
type mark struct{ out, in int }

var _ io.WriteCloser = (*Writer)(nil)

// Writer returns a writer that masks the registry's values and writes to dst.
// It sees values from the moment they are added; bytes that are out by then
// stay out. Close must be called for the last bytes to appear; it does not
// close dst.
func (r *Registry) Writer(dst io.Writer, opts WriterOptions) *Writer {
	if opts.Idle == 0 {
		opts.Idle = DefaultIdle
	}
	if opts.AfterFunc == nil {
		opts.AfterFunc = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	return &Writer{reg: r, dst: dst, opts: opts, sc: match.NewScan()}
}

// Write masks p and writes on what is certain. After an error of the
// destination, a short write among them, nothing more is written and every
// call returns that error; n counts the bytes of p that went on before it.
func (w *Writer) Write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.disarm()
	defer w.sc.Wipe()
	for w.err == nil && n < len(p) {
		block := p[n:min(len(p), n+blockSize)]
		done := w.block(block)
		n += done
	}
	if w.err != nil {
		return n, w.err
	}
	w.arm()
	return n, nil
}

// Close writes what is held: as a mask if it is half of a value and at least
// eight bytes, otherwise as it is. The second call returns [io.ErrClosedPipe].
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.disarm()
	if w.err != nil {
		return w.err
	}
	set := w.reg.current()
	hold := set.Search(w.sc, w.held, w.state)
	set.Tail(w.sc, w.held, hold)
	w.emit(w.held, len(w.held))
	w.send(w.out)
	err := w.err
	w.fail(io.ErrClosedPipe)
	return err
}

// block masks one block and returns how many bytes of it went on or are held.
func (w *Writer) block(p []byte) int {
	text, before := p, len(w.held)
	if before > 0 {
		w.joined = append(append(w.joined[:0], w.held...), p...)
		text = w.joined
	}
	set := w.reg.current()
	hold := set.Search(w.sc, text, w.state)
	out := text[:hold]
	if len(w.sc.Matches) > 0 || w.shown > 0 {
		w.emit(text, hold)
		out = w.out
	} else {
		w.marks = append(w.marks[:0], mark{}, mark{hold, hold})
	}
	if sent := w.send(out); w.err != nil {
		return min(len(p), max(0, w.input(sent)-before))
	}
	w.keep(text, hold)
	return len(p)
}

// emit puts what text[:hold] becomes into w.out: all matches that begin there,
// also where they reach beyond.
func (w *Writer) emit(text []byte, hold int) {
	w.out, w.marks = w.out[:0], append(w.marks[:0], mark{})
	at, end := w.shown, 0
	show := func(to int) {
		if to > at {
			w.out = append(w.out, text[at:to]...)
			at = to
		}
		w.marks = append(w.marks, mark{len(w.out), at})
	}
	for i := range w.sc.Matches {
		m := &w.sc.Matches[i]
		if m.Start >= hold || m.Reach <= at {
			continue
		}
		show(m.Start)
		if m.Start >= w.masked || w.shown > w.masked {
			w.out = append(w.out, m.Mask()...)
		}
		w.out = w.sc.AppendSequences(w.out, text, max(at, m.Start), m.Reach)
		at, end = m.Reach, m.Reach
		w.marks = append(w.marks, mark{len(w.out), at})
	}
	show(hold)
	w.shown = max(0, max(w.shown, end)-hold)
	w.masked = max(0, max(w.masked, end)-hold)
}

// keep holds text[hold:] and remembers in which state it begins.
func (w *Writer) keep(text []byte, hold int) {
	w.state = w.sc.State(text, hold, w.state)
	rest := text[hold:]
	clear(w.held[min(len(rest), len(w.held)):])
	w.held = append(w.held[:0], rest...)
	clear(w.joined)
	w.joined = w.joined[:0]
}

// send writes p on and returns how much of it was taken.
func (w *Writer) send(p []byte) int {
	if len(p) == 0 {
		return 0
	}
	n, err := w.dst.Write(p)
	if err == nil && n != len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.fail(err)
	}
	return max(0, min(n, len(p)))
}

// input is how much of the input the first sent bytes of the output stand for.
func (w *Writer) input(sent int) int {
	for i := len(w.marks) - 1; i >= 0; i-- {
		m := w.marks[i]
		if m.out > sent {
			continue
		}
		if i+1 < len(w.marks) && w.marks[i+1].in-m.in == w.marks[i+1].out-m.out {
			return m.in + sent - m.out
		}
		return m.in
	}
	return 0
}

// fail ends the writer and forgets what it held.
func (w *Writer) fail(err error) {
	w.err = err
	clear(w.held)
	clear(w.joined)
	w.held, w.joined, w.out, w.shown, w.masked = nil, nil, nil, 0, 0
	w.sc.Wipe()
}

// arm starts the idle timer if something is held that has not shown.
func (w *Writer) arm() {
	if w.opts.Idle > 0 && w.shown < len(w.held) {
		turn := w.turn
		w.stop = w.opts.AfterFunc(w.opts.Idle, func() { w.idle(turn) })
	}
}

func (w *Writer) disarm() {
	w.turn++
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// idle lets go of a few bytes after a pause.
func (w *Writer) idle(turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || w.turn != turn {
		return
	}
	set := w.reg.current()
	set.Search(w.sc, w.held, w.state)
	defer w.sc.Wipe()
	if to := set.Idle(w.sc, w.held); to > w.shown {
		w.send(w.held[w.shown:to])
		w.shown = to
	}
}
