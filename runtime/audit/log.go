package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/audit/record"
)

// Options say what a decision log holds and what happens when it is slow.
type Options struct {
	// Sample writes one allowed request in every Sample; 0 and 1 write all.
	// Denials are always written.
	Sample int
	// Required makes Intent and Outcome wait until the line is written, and
	// return an error if it cannot be; the caller must then deny. Otherwise
	// lines go through a queue, and are dropped and counted while it is full.
	Required bool
	// Queue is the number of lines that may wait; 0 is 1,024.
	Queue int
	// Labels are the names of the labels to write; "*" writes all. Others are
	// only counted, since a label may say more than a log should hold.
	Labels []string
	// HashKey, if set, writes an HMAC-SHA256 of a key, or of the prefix of a
	// listing, instead of the key.
	HashKey []byte
}

// Log writes requests as JSON lines. It is safe for concurrent use.
type Log struct {
	opts    Options
	uid     *int   // of this process, nil where there is none
	id      string // of this log, first part of each decision's id
	seq     atomic.Uint64
	allows  atomic.Uint64
	dropped atomic.Uint64
	file    *os.File // closed with the log; nil for the writer of the caller
	tail    *tail    // of file

	queue   chan []byte
	done    chan struct{} // closed when nothing is written from the queue any more
	gaveUp  atomic.Bool   // Close does not wait for the writer any longer
	written atomic.Uint64 // calls of Write that returned

	w    io.Writer
	torn bool          // the last write ended within a line; of who may write
	turn chan struct{} // holds a token while a required line is written: no lock, since Write may call back

	mu     sync.Mutex
	err    error // guarded by mu: the first write that failed
	closed bool  // guarded by mu
}

// ErrClosed is returned for a required line after Close.
var ErrClosed = errors.New("audit: the log is closed")

// patience is how long Close waits for a Write that does not return.
const patience = time.Second

// New returns a log that writes to w. Until Close has returned it is the only
// one to use w, one Write at a time; it does not close w.
func New(w io.Writer, o Options) *Log {
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	o.Labels, o.HashKey = slices.Clone(o.Labels), slices.Clone(o.HashKey)
	var id [4]byte
	rand.Read(id[:]) // never fails
	l := &Log{opts: o, w: w, id: hex.EncodeToString(id[:]), queue: make(chan []byte, o.Queue), done: make(chan struct{}), turn: make(chan struct{}, 1)}
	if uid := os.Getuid(); uid >= 0 {
		l.uid = &uid
	}
	go l.drain()
	return l
}

// Entry is one request between its two lines. The zero Entry writes nothing.
type Entry struct {
	log     *Log
	outcome record.Outcome // what is known of it
}

// Intent writes the first line of a request, unless sampling leaves the request
// out; then the Entry is zero. Kind, ID and UID are filled in; of Labels only
// those that the options name are written, and Key is hashed if they say so.
// With Required it returns once the line is written, and an error means that
// the caller must deny; else it never waits and the error is nil.
func (l *Log) Intent(r record.Intent) (Entry, error) {
	if r.Effect == "allow" && l.opts.Sample > 1 && (l.allows.Add(1)-1)%uint64(l.opts.Sample) != 0 {
		return Entry{}, nil
	}
	r.Kind, r.ID, r.UID = record.KindIntent, l.id+"-"+strconv.FormatUint(l.seq.Add(1), 10), l.uid
	r.Time = r.Time.UTC()
	r.Key, r.KeyHMAC = l.hide(r.Key)
	r.Prefix, r.PrefixHMAC = l.hide(r.Prefix)
	r.Labels, r.LabelsLeft = l.pick(r.Labels)
	e := Entry{l, record.Outcome{
		Kind: record.KindOutcome, ID: r.ID, Caller: r.Caller, UID: r.UID, Op: r.Op, Key: r.Key, KeyHMAC: r.KeyHMAC, Prefix: r.Prefix, PrefixHMAC: r.PrefixHMAC,
	}}
	return e, l.write(r)
}

// Outcome writes the second line. Of o, Time, Result, Provider, Version, Keys
// and Micros are used. The error is that of Intent.
func (e Entry) Outcome(o record.Outcome) error {
	if e.log == nil {
		return nil
	}
	r := e.outcome
	r.Time, r.Result, r.Provider, r.Version, r.Keys, r.Micros = o.Time.UTC(), o.Result, o.Provider, o.Version, o.Keys, o.Micros
	return e.log.write(r)
}

// hide returns the key as it is, or its HMAC.
func (l *Log) hide(key string) (plain, hashed string) {
	if l.opts.HashKey == nil || key == "" {
		return key, ""
	}
	mac := hmac.New(sha256.New, l.opts.HashKey)
	mac.Write([]byte(key))
	return "", hex.EncodeToString(mac.Sum(nil))
}

// pick returns the labels to write and the number of the others.
func (l *Log) pick(labels map[string]string) (picked map[string]string, left int) {
	all := slices.Contains(l.opts.Labels, "*")
	for name, value := range labels {
		if !all && !slices.Contains(l.opts.Labels, name) {
			left++
			continue
		}
		if picked == nil {
			picked = make(map[string]string, len(labels))
		}
		picked[name] = value
	}
	return picked, left
}

func (l *Log) write(line any) error {
	b, err := json.Marshal(line)
	if err != nil {
		l.dropped.Add(1)
		if l.opts.Required {
			return err
		}
		return nil
	}
	b = append(b, '\n')
	if l.opts.Required {
		return l.writeNow(b)
	}
	l.enqueue(b)
	return nil
}

func (l *Log) enqueue(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.dropped.Add(1)
		return
	}
	select {
	case l.queue <- line:
	default:
		l.dropped.Add(1)
	}
}

// writeNow writes a required line when it is its turn. A Write that makes a
// request of its own would wait for itself: that one gets an error.
func (l *Log) writeNow(line []byte) error {
	select {
	case l.turn <- struct{}{}:
	default:
		if insideWrite() {
			return l.fail(errors.New("audit: the writer of a required log made a request that has to be recorded"))
		}
		l.turn <- struct{}{}
	}
	defer func() { <-l.turn }()
	if l.isClosed() {
		return ErrClosed
	}
	if err := l.emit(line); err != nil {
		return l.fail(err)
	}
	return nil
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// drain writes queued lines. It holds no lock while it writes, so that a slow
// writer delays nobody; in this mode nobody else writes.
func (l *Log) drain() {
	defer close(l.done)
	for line := range l.queue {
		if l.gaveUp.Load() {
			l.dropped.Add(1)
			continue
		}
		if err := l.emit(line); err != nil {
			_ = l.fail(err)
		}
	}
}

// emit gives a line to the writer, which is code of the embedder. After a line that
// was not written whole, it begins with a line break, so that no record becomes the
// end of another.
func (l *Log) emit(line []byte) (err error) {
	defer l.written.Add(1)
	defer func() {
		if recover() != nil { // what it panicked with may hold the line
			l.torn = true // perhaps
			err = errors.New("audit: the writer panicked")
		}
	}()
	if l.tail.torn() || l.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := l.w.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if n = min(n, len(line)); n > 0 {
		l.torn = line[n-1] != '\n'
	}
	return err
}

// insideWrite reports whether the calling goroutine is in a Write that a log made.
func insideWrite() bool {
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		frames := runtime.CallersFrames(pcs[:n])
		for more := n > 0; more; {
			var f runtime.Frame
			if f, more = frames.Next(); strings.HasSuffix(f.Function, "/runtime/audit.(*Log).emit") {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
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

// Close writes what is queued, closes the file of a log made by [Open], and
// returns the first error of a write, if any. It does not wait for a Write that
// takes longer than a second: the lines behind it are dropped and counted, and the
// writer may be in use until that Write returns. Nor does it wait when it is called
// by a Write: what is queued is written after that. Closing twice is harmless.
func (l *Log) Close() error {
	l.mu.Lock()
	first := !l.closed
	if first {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	if !insideWrite() && !l.wait() {
		_ = l.fail(errors.New("audit: the writer took no line for " + patience.String()))
	}
	var closing error
	if first && l.file != nil {
		closing = errors.Join(l.file.Close(), l.tail.close())
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
	turn := l.turn
	for done := l.done; done != nil || turn != nil; {
		before := l.written.Load()
		select {
		case <-done:
			done = nil
		case turn <- struct{}{}:
			turn = nil
			defer func() { <-l.turn }()
		case <-timer.C:
			if l.written.Load() == before {
				l.dropQueue()
				return false
			}
			timer.Reset(patience)
		}
	}
	return true
}

// dropQueue counts the lines that are left.
func (l *Log) dropQueue() {
	l.gaveUp.Store(true)
	for range l.queue {
		l.dropped.Add(1)
	}
}
