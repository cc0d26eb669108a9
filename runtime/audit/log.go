package audit

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/postern-project/postern/runtime/audit/record"
)

// Options say what a decision log holds and what happens when it is slow.
type Options struct {
	// Sample writes one in Sample of the allowed requests; 0 and 1 write all.
	// Whether a request is written is drawn at random for each of them, so it
	// depends neither on what was asked before nor on when the log was opened.
	// Denials are always written.
	Sample int
	// Required makes Intent and Outcome wait until the line is written, and
	// return an error if it cannot be, or if their context ends before; the
	// caller must then deny. Otherwise they wait only as Wait says, and lines are
	// dropped and counted while the queue is full.
	Required bool
	// Wait makes Intent and Outcome wait while the queue is full, so that no line is
	// dropped because many come at once. They wait until their context ends or a
	// Write takes longer than a second; after that a line for which there is no
	// place is dropped, until that Write returns. Required logs do not need it.
	Wait bool
	// Queue is the number of lines that may wait for the writer; 0 is 1,024.
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
	draw    func(n int) int // a random number below n; replaced by tests
	dropped atomic.Uint64
	file    *file // closed with the log; nil for the writer of the caller

	queue  chan line
	slots  chan struct{} // holds a token for each line in the queue, if the log is required or waits
	done   chan struct{} // closed when nothing is written from the queue any more
	stuck  chan struct{} // closed when the log waits for the writer no longer
	giveUp func()        // closes stuck, once

	w       io.Writer
	torn    bool          // the last write ended within a line; of drain
	begun   atomic.Uint64 // calls of Write
	written atomic.Uint64 // calls of Write that returned
	slow    atomic.Uint64 // the number of the Write for which Wait has waited too long
	awaits  *wait         // guarded by writing.mu: of the Write in progress; nil if it waits for no log

	mu     sync.Mutex
	err    error // guarded by mu: the first write that failed
	closed bool  // guarded by mu
}

// ErrClosed is returned for a required line after Close.
var ErrClosed = errors.New("audit: the log is closed")

// New returns a log that writes to w. Until Close has returned it is the only
// one to use w, one Write at a time and on a goroutine of its own; it does not
// close w. A Write of a required log must not wait for a request that is recorded
// here: that one waits for the Write, until its context ends. If the Write makes it itself,
// or waits for a line of another log whose Write makes it, it is refused at once.
func New(w io.Writer, o Options) *Log {
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	o.Labels, o.HashKey = slices.Clone(o.Labels), slices.Clone(o.HashKey)
	var id [4]byte
	rand.Read(id[:]) // never fails
	l := &Log{
		opts: o, w: w, id: hex.EncodeToString(id[:]), draw: draw,
		queue: make(chan line, o.Queue), slots: make(chan struct{}, o.Queue), done: make(chan struct{}), stuck: make(chan struct{}),
	}
	l.giveUp = sync.OnceFunc(func() { close(l.stuck) })
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
	left    bool           // sampling leaves it out if it is allowed
}

// Intent writes the first line of a request, unless sampling leaves the request
// out; then the Entry writes nothing, unless the request is denied after all. Kind, ID
// and UID are filled in; of Labels only those that the options name are written, and
// Key is hashed if they say so. With Required it returns once the line is written or
// ctx ends, and an error means that the caller must deny; else the error is nil, and it
// waits only with Wait. A line for which ctx left no time is still written when the
// writer takes it: also after an error, call Outcome, which writes nothing if there is no
// first line.
func (l *Log) Intent(ctx context.Context, r record.Intent) (Entry, error) {
	if r.Effect == "allow" && l.leaveOut() {
		return Entry{log: l, left: true}, nil
	}
	return l.begin(ctx, record.KindIntent, l.newID(), r)
}

// Pending writes a line of a request that is not decided yet, before providers are
// asked for what the decision depends on; then call Intent of the Entry. It is as
// Intent; Effect and what follows from a decision are empty. Sampling leaves the line
// out if it will leave out the request, should that be allowed.
func (l *Log) Pending(ctx context.Context, r record.Intent) (Entry, error) {
	if l.leaveOut() {
		return Entry{log: l, left: true}, nil
	}
	return l.begin(ctx, record.KindPending, l.newID(), r)
}

// Intent writes the intent of a request that was pending, and returns the Entry to go
// on with.
func (e Entry) Intent(ctx context.Context, r record.Intent) (Entry, error) {
	if e.log == nil || e.left && r.Effect == "allow" {
		return e, nil // it may be denied yet
	}
	id := e.outcome.ID
	if id == "" { // nothing was written yet
		id = e.log.newID()
	}
	next, err := e.log.begin(ctx, record.KindIntent, id, r)
	if next.log == nil {
		return e, err // its pending line, if there is one, is the first line
	}
	return next, err
}

// leaveOut draws whether sampling leaves a request out, should it be allowed. A count would
// begin anew in each short process, and tell a caller which of its requests comes next.
func (l *Log) leaveOut() bool { return l.opts.Sample > 1 && l.draw(l.opts.Sample) != 0 }

// draw returns a random number below n that no caller can predict.
func draw(n int) int {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return int(binary.LittleEndian.Uint64(b[:]) % uint64(n))
}

func (l *Log) newID() string { return l.id + "-" + strconv.FormatUint(l.seq.Add(1), 10) }

// begin writes r and returns the Entry of its request.
func (l *Log) begin(ctx context.Context, kind, id string, r record.Intent) (Entry, error) {
	r.Kind, r.ID, r.UID = kind, id, l.uid
	r.Time = r.Time.UTC()
	r.Key, r.KeyHMAC = l.hide(r.Key)
	r.Prefix, r.PrefixHMAC = l.hide(r.Prefix)
	r.Labels, r.LabelsLeft = l.pick(r.Labels)
	e := Entry{log: l, outcome: record.Outcome{
		Kind: record.KindOutcome, ID: r.ID, Caller: r.Caller, UID: r.UID, Op: r.Op, Key: r.Key, KeyHMAC: r.KeyHMAC, Prefix: r.Prefix, PrefixHMAC: r.PrefixHMAC,
	}}
	queued, err := l.write(ctx, r)
	if !queued {
		return Entry{}, err
	}
	return e, err
}

// Outcome writes the second line. Of o, Time, Result, Provider, Version, Keys
// and Micros are used. Context and error are as for Intent.
func (e Entry) Outcome(ctx context.Context, o record.Outcome) error {
	if e.log == nil || e.left {
		return nil
	}
	r := e.outcome
	r.Time, r.Result, r.Provider, r.Version, r.Keys, r.Micros = o.Time.UTC(), o.Result, o.Provider, o.Version, o.Keys, o.Micros
	_, err := e.log.write(ctx, r)
	return err
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

// write writes a line. queued is false for a line of a required log that is certainly not
// written.
func (l *Log) write(ctx context.Context, r any) (queued bool, err error) {
	b, err := json.Marshal(r)
	if err != nil {
		l.dropped.Add(1)
		if l.opts.Required {
			return false, err
		}
		return true, nil
	}
	b = append(b, '\n')
	switch {
	case l.opts.Required:
		return l.enqueueAndWait(ctx, b)
	case l.opts.Wait:
		l.enqueueOncePlaced(ctx, b)
	default:
		l.enqueue(b)
	}
	return true, nil
}
