package redact

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/wipe"
	"github.com/postern-project/postern/runtime/redact/internal/match"
)

// DefaultIdle is how long a [Writer] holds back bytes that may begin a value before
// it writes the first few of them: 20 ms.
const DefaultIdle = 20 * time.Millisecond

// blockSize is how many bytes a Writer searches, and writes, at once.
const blockSize = 64 << 10

// muchHeld is how many bytes are held from which on some more are held too.
const muchHeld = 4 << 10

// errPanicked ends a Writer when code of the embedder panics or ends its goroutine. What the
// Writer holds then may be the beginning of a value whose end it was just given: followed by
// other text, it would be shown.
var errPanicked = errors.New("redact: the destination of the writer, or a function of its options, panicked")

// WriterOptions configure a [Writer]. The zero value is a good default.
type WriterOptions struct {
	// Idle is the pause after which some held bytes are written; 0 is
	// DefaultIdle. If it is negative, bytes are held until it is clear whether they
	// are part of a value, which is looked at again when some more have come, or at Close.
	Idle time.Duration
	// AfterFunc calls f after d, in its own goroutine, unless stop is called; nil
	// is time.AfterFunc.
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
	// Show reports whether the values of a key are not masked, such as those that a
	// policy shows to the reader of the stream. A value of several keys is shown if all
	// of them are. nil shows none. Show may be called by several goroutines at once.
	Show func(key string) bool
}

// Writer masks what is written through it. Make it with [Registry.Writer].
//
// Write forwards the text, one write for up to 64 KiB, except its end that may
// still become a value. If the stream pauses, at most three bytes of that end, and
// at most a quarter of any value, are written. While more than 4 KiB are held, what comes
// after them is held for up to [WriterOptions.Idle] too, up to half as much, since all that is
// held is searched again with it. Memory is bounded by the longest
// encoding of a value. Methods may be called by several goroutines at once. The
// destination is written to by one goroutine at a time, after a pause by that of a
// timer. A panic of the destination, or of a function of the options, is recovered there,
// but not in Write and Close; either way it ends the Writer as an error does.
type Writer struct {
	state func() *writer // a function, so that no printer that follows pointers shows what is held
}

// writer is the state of a Writer.
type writer struct {
	reg  *Registry
	dst  io.Writer
	opts WriterOptions

	mu     sync.Mutex
	sc     *match.Scan
	held   []byte            // the end of the input, which may become a value
	more   []byte            // what came after it and was not searched yet
	joined wipe.Buffer[byte] // has held and the next block
	out    []byte            // the masked text, with the values that are shown
	mask   []byte            // the latest mask
	marks  []mark            // map out to the input
	shown  int               // bytes of held that were written already,
	masked int               // ... the first of them as part of a mask
	before match.Before      // of the text before held
	stop   func() bool       // stops the idle timer, if one runs
	turn   uint64            // counts writes, so that a late timer does nothing
	err    error             // the first failure of dst, or io.ErrClosedPipe
}

// mark says that out[:out] replaces the first in bytes of the input.
type mark struct{ out, in int }

var _ io.WriteCloser = (*Writer)(nil)

// Writer returns a writer that masks the registry's values and writes to dst. It
// masks a value from the moment it is added, but not in what was written before.
// Close must be called to write the last bytes, and while dst can still be written to: until
// then the timer may write. It does not close dst.
func (r *Registry) Writer(dst io.Writer, opts WriterOptions) *Writer {
	if opts.Idle == 0 {
		opts.Idle = DefaultIdle
	}
	if opts.AfterFunc == nil {
		opts.AfterFunc = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	w := &writer{reg: r, dst: dst, opts: opts, sc: match.NewScan()}
	if opts.Show != nil {
		w.sc.Skip = func(v match.Value) bool { return v.(*value).shown(opts.Show) }
	}
	return &Writer{func() *writer { return w }}
}

// Write masks p and forwards it, except an end that may become a value. After an
// error of the destination, which includes a short write and a panic, nothing more is
// written and all calls return that error; n is the number of bytes of p that were written
// or held before.
func (w *Writer) Write(p []byte) (n int, err error) { return w.state().write(p) }

// Close writes the held bytes: as a mask if they are half of a value or more, and at
// least eight bytes, otherwise as they are. The second call returns
// [io.ErrClosedPipe].
func (w *Writer) Close() error { return w.state().close() }

func (w *writer) write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.sc.Wipe()
	returned := false
	defer func() { w.returned(returned) }()
	if len(w.more) == 0 { // otherwise the timer goes on, so that more does not wait for long
		w.disarm()
	}
	for w.err == nil && n < len(p) {
		block := p[n:min(len(p), n+blockSize)]
		if w.waits(block) {
			w.more = append(wipe.Grow(w.more, len(block)), block...)
			n += len(block)
			continue
		}
		n += w.search(block)
	}
	returned = true
	if w.err != nil {
		return n, w.err
	}
	if w.stop == nil {
		w.arm()
	}
	return n, nil
}

// waits reports whether the next block is held without a search. Otherwise the cost of a
// large value would grow with the number of writes in which it comes.
func (w *writer) waits(block []byte) bool {
	return len(w.held) > muchHeld && 2*(len(w.more)+len(block)) < len(w.held)
}

// search masks what was held without a search, and a block. It returns how many bytes of the
// block were written or are held.
func (w *writer) search(block []byte) int {
	w.disarm()
	before := len(w.more)
	if before == 0 {
		return w.block(block)
	}
	all := append(wipe.Grow(w.more, len(block)), block...)
	w.more = nil
	defer clear(all)
	return max(0, w.block(all)-before)
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.disarm()
	if w.err != nil {
		return w.err
	}
	defer w.fail(io.ErrClosedPipe) // also after a panic
	if len(w.more) > 0 {
		if w.search(nil); w.err != nil {
			return w.err
		}
	}
	set := w.reg.current()
	hold := set.Search(w.sc, w.held, w.before, true)
	set.Tail(w.sc, w.held, hold)
	w.emit(w.held, len(w.held))
	w.send(w.out)
	return w.err
}

// block masks one block and returns how many bytes of it were written or are held.
func (w *writer) block(p []byte) int {
	text, before := p, len(w.held)
	if before > 0 {
		text = append(append(w.joined.Room(before+len(p)), w.held...), p...)
	}
	set := w.reg.current()
	hold := set.Search(w.sc, text, w.before, false)
	out := text[:hold]
	if len(w.sc.Matches) > 0 || w.shown > 0 {
		w.emit(text, hold)
		out = w.out
	} else {
		w.marks = append(w.marks[:0], mark{}, mark{hold, hold})
	}
	sent := w.send(out)
	clear(w.out)
	if w.out = w.out[:0]; w.err != nil {
		return min(len(p), max(0, w.input(sent)-before))
	}
	w.keep(text, hold)
	return len(p)
}

// emit sets w.out to text[:hold] with masks, including those of matches that begin
// there and end after it.
func (w *writer) emit(text []byte, hold int) {
	w.out, w.marks = w.out[:0], append(w.marks[:0], mark{})
	at, end := w.shown, 0
	show := func(to int) {
		if to > at {
			w.out = append(wipe.Grow(w.out, to-at), text[at:to]...)
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
			w.mask = w.sc.AppendMask(w.mask[:0], m)
			w.out = append(wipe.Grow(w.out, len(w.mask)), w.mask...)
		}
		w.out = w.sc.AppendSequences(wipe.Grow(w.out, m.Reach-at), text, max(at, m.Start), m.Reach)
		at, end = m.Reach, m.Reach
		w.marks = append(w.marks, mark{len(w.out), at})
	}
	show(hold)
	w.shown = max(0, max(w.shown, end)-hold)
	w.masked = max(0, max(w.masked, end)-hold)
}

// keep holds text[hold:] and what has to be known of the text before.
func (w *writer) keep(text []byte, hold int) {
	w.before = w.sc.Before(text, hold, w.before)
	rest := text[hold:]
	clear(w.held[min(len(rest), len(w.held)):])
	w.held = append(wipe.Grow(w.held[:0], len(rest)), rest...)
	w.joined.Wipe()
}

// send writes p to the destination and returns how many bytes it took.
func (w *writer) send(p []byte) int {
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

// input returns how many bytes of the input the first sent bytes of w.out replace.
func (w *writer) input(sent int) int {
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

// returned ends the writer unless the code of the embedder that it called has returned.
func (w *writer) returned(did bool) {
	if !did {
		w.fail(errPanicked)
	}
}

// fail ends the writer with err and clears what it held.
func (w *writer) fail(err error) {
	w.err = err
	clear(w.held)
	clear(w.more)
	clear(w.out)
	w.joined.Wipe()
	w.held, w.more, w.joined, w.out, w.shown, w.masked = nil, nil, wipe.Buffer[byte]{}, nil, 0, 0
	w.sc.Wipe()
}

// arm starts the idle timer if bytes are held that were not written.
func (w *writer) arm() {
	if w.opts.Idle > 0 && (w.shown < len(w.held) || len(w.more) > 0) {
		turn := w.turn
		w.stop = w.opts.AfterFunc(w.opts.Idle, func() { w.idle(turn) })
	}
}

func (w *writer) disarm() {
	w.turn++
	if stop := w.stop; stop != nil {
		w.stop = nil
		stop()
	}
}

// idle writes the first few held bytes after a pause.
func (w *writer) idle(turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || w.turn != turn {
		return
	}
	defer w.sc.Wipe()
	returned := false
	defer func() {
		_ = recover() // nobody else could, and it would end the process
		w.returned(returned)
	}()
	if len(w.more) > 0 { // the stream has not paused for so long
		if w.search(nil); w.err == nil {
			w.arm()
		}
		returned = true
		return
	}
	set := w.reg.current()
	set.Search(w.sc, w.held, w.before, false)
	if to := set.Idle(w.sc, w.held); to > w.shown {
		w.send(w.held[w.shown:to])
		w.shown = to
	}
	returned = true
}
