package policy

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// LogOptions say what a decision log holds and what happens when it is slow.
type LogOptions struct {
	// Sample writes one allowed decision of every so many; 0 and 1 write all.
	// Denials are always written.
	Sample int
	// Required makes Write wait for the record, and fail if it cannot be
	// written; the caller must then deny. Otherwise records go through a
	// queue, and are dropped and counted while it is full.
	Required bool
	// Queue is the number of records that may wait (1,024).
	Queue int
	// Labels are the names of the labels to write; "*" writes all. Others are
	// counted only, since a label may say more than a log should hold.
	Labels []string
	// HashKey, if set, writes an HMAC-SHA256 of the key instead of the key.
	HashKey []byte
}

// Entry is one decision to be logged. There is no field for a value.
type Entry struct {
	Request  Request
	Decision Decision
	Provider string        // who answered, "" for nobody
	Took     time.Duration // how long the whole operation took
}

// Log writes decisions as JSON lines. It is safe for concurrent use.
type Log struct {
	opts    LogOptions
	id      string // of this log, first part of each decision's id
	seq     atomic.Uint64
	allows  atomic.Uint64
	dropped atomic.Uint64

	queue chan []byte
	done  chan struct{}

	mu     sync.Mutex // guards w, err and closed
	w      io.Writer
	err    error // the first write that failed
	closed bool
}

// ErrLogClosed is returned by Write after Close.
var ErrLogClosed = errors.New("policy: the decision log is closed")

// NewLog returns a log that writes to w, which it uses alone until Close has
// returned, and does not close.
func NewLog(w io.Writer, opts LogOptions) *Log {
	if opts.Queue <= 0 {
		opts.Queue = 1024
	}
	var id [4]byte
	rand.Read(id[:])
	l := &Log{opts: opts, w: w, id: hex.EncodeToString(id[:]), queue: make(chan []byte, opts.Queue), done: make(chan struct{})}
	go l.drain()
	return l
}

// record is one line. Field names are stable; replay reads them back.
type record struct {
	Time       time.Time         `json:"ts"`
	ID         string            `json:"decision_id"`
	Revision   string            `json:"revision"`
	Caller     string            `json:"caller"`
	Roles      []string          `json:"roles,omitempty"`
	Op         string            `json:"op"`
	Key        string            `json:"key,omitempty"`
	KeyHMAC    string            `json:"key_hmac,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	LabelsLeft int               `json:"labels_left_out,omitempty"`
	Effect     string            `json:"effect"`
	Code       Code              `json:"code"`
	Rule       string            `json:"rule"`
	Line       int               `json:"line"`
	Chain      string            `json:"chain"`
	Provider   string            `json:"provider_used"`
	Mask       string            `json:"mask"`
	Micros     int64             `json:"dur_us"`
	Err        string            `json:"err,omitempty"`
}

// Write logs e, unless sampling leaves it out. With Required it returns once
// the record is written, and an error means that the caller must deny; else
// it never waits and the error is always nil.
func (l *Log) Write(e Entry) error {
	if e.Decision.Allow && l.opts.Sample > 1 && (l.allows.Add(1)-1)%uint64(l.opts.Sample) != 0 {
		return nil
	}
	line, err := json.Marshal(l.record(e))
	if err != nil {
		l.dropped.Add(1)
		return l.required(err)
	}
	line = append(line, '\n')
	if l.opts.Required {
		return l.writeLine(line)
	}
	l.enqueue(line)
	return nil
}

func (l *Log) required(err error) error {
	if l.opts.Required {
		return err
	}
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

func (l *Log) record(e Entry) record {
	q, d := e.Request, e.Decision
	r := record{
		Time: q.Time.UTC(), ID: l.id + "-" + strconv.FormatUint(l.seq.Add(1), 10), Revision: d.Revision,
		Caller: q.Caller, Roles: q.Roles, Op: q.Op.String(), Key: q.Key,
		Effect: d.effect(), Code: d.Code, Rule: d.Rule, Line: d.Line, Chain: d.Chain,
		Provider: e.Provider, Mask: string(d.Mask.Mode), Micros: e.Took.Microseconds(),
	}
	if l.opts.HashKey != nil {
		mac := hmac.New(sha256.New, l.opts.HashKey)
		mac.Write([]byte(q.Key))
		r.Key, r.KeyHMAC = "", hex.EncodeToString(mac.Sum(nil))
	}
	all := slices.Contains(l.opts.Labels, "*")
	for name, value := range q.Labels {
		if !all && !slices.Contains(l.opts.Labels, name) {
			r.LabelsLeft++
			continue
		}
		if r.Labels == nil {
			r.Labels = make(map[string]string, len(q.Labels))
		}
		r.Labels[name] = value
	}
	if d.Err != nil {
		r.Err = d.Err.Error()
	}
	return r
}

// writeLine writes at once.
func (l *Log) writeLine(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrLogClosed
	}
	return l.emit(line)
}

// emit writes one line; the caller holds mu.
func (l *Log) emit(line []byte) error {
	n, err := l.w.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err != nil {
		l.dropped.Add(1)
		if l.err == nil {
			l.err = err
		}
	}
	return err
}

// drain writes queued lines. It holds no lock while it writes, so that a slow
// writer delays nobody; in this mode nobody else writes.
func (l *Log) drain() {
	defer close(l.done)
	for line := range l.queue {
		n, err := l.w.Write(line)
		if err == nil && n == len(line) {
			continue
		}
		if err == nil {
			err = io.ErrShortWrite
		}
		l.dropped.Add(1)
		l.mu.Lock()
		if l.err == nil {
			l.err = err
		}
		l.mu.Unlock()
	}
}

// Dropped counts records that were not written.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// Close writes what is queued and returns the first write error, if any.
func (l *Log) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
