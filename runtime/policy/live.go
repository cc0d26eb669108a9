package policy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// LiveOptions say how a [Live] follows its source.
type LiveOptions struct {
	Options
	// Interval is the time between two reads of the source (2 s).
	Interval time.Duration
	// MaxStale is how long the last good policy may decide while the source
	// cannot be loaded. After that everything is denied with [StalePolicy]. Zero
	// means no limit.
	MaxStale time.Duration
	// OnChange is called after each change of the policy and after each new
	// failure, from the goroutine that found it. It may be nil.
	OnChange func(Status)
	// Now returns the current time; nil means time.Now.
	Now func() time.Time
	// Ticks replaces the ticker of Interval, for tests. It may be nil.
	Ticks func() (ticks <-chan time.Time, stop func())
}

// Live is a policy that follows a [Source]. A new version replaces the old one as
// a whole. While the source cannot be loaded, the last good version keeps
// deciding. A Live is safe for concurrent use.
type Live struct {
	source Source
	opts   LiveOptions

	current atomic.Pointer[Policy]
	failing atomic.Int64 // when the failures began, in Unix nanoseconds; 0 if the last attempt succeeded

	mu     sync.Mutex // guards status and seen, and serializes reloads
	status Status
	seen   string // revision of the content that was last read

	cancel context.CancelFunc
	done   chan struct{}
}

// Open loads the policy file at path, and the modules of LibFiles beside it, and
// follows them until Close. It returns the error of the first load.
func Open(path string, opts LiveOptions) (*Live, error) {
	return OpenSource(fileSource{path, opts.Options}, opts)
}

// OpenSource is like [Open] for any source. It ignores Libs and LibFiles of opts.
func OpenSource(source Source, opts LiveOptions) (*Live, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Interval <= 0 {
		opts.Interval = 2 * time.Second
	}
	if opts.Ticks == nil {
		opts.Ticks = func() (<-chan time.Time, func()) {
			t := time.NewTicker(opts.Interval)
			return t.C, t.Stop
		}
	}
	l := &Live{source: source, opts: opts, done: make(chan struct{})}
	if err := l.Reload(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	go l.follow(ctx)
	return l, nil
}

// follow reads the source at every tick. It compares contents, so it notices a
// renamed file, a changed symbolic link, and a change that keeps size and time.
// New content counts only if two reads in a row found it: a file that is still
// being written may end between two rules, and would be a policy without its last
// rules.
func (l *Live) follow(ctx context.Context) {
	defer close(l.done)
	ticks, stop := l.opts.Ticks()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			_ = l.refresh(true) // the error is in the Status and was passed to OnChange
		}
	}
}

// Reload reads the source now. A new policy is in effect when Reload returns. If it
// cannot be loaded, the current policy stays and the error is returned. The caller
// must know that the files are complete.
func (l *Live) Reload() error { return l.refresh(false) }

// refresh loads the policy and updates the status. With settle, it ignores content
// that differs from the last read.
func (l *Live) refresh(settle bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.opts.Now()
	l.status.LastAttempt = now
	before := l.status
	err := l.load(now, settle)
	if err == errUnsettled {
		return nil
	}
	switch {
	case err == nil:
		l.status.LastError, l.status.FailingFrom = nil, time.Time{}
		l.failing.Store(0)
	default:
		l.status.LastError = err
		l.status.Failures++
		if l.status.FailingFrom.IsZero() {
			l.status.FailingFrom = now
			l.failing.Store(now.UnixNano())
		}
	}
	if l.opts.OnChange != nil && (before.Revision != l.status.Revision || message(before.LastError) != message(err)) {
		l.opts.OnChange(l.status)
	}
	return err
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// errUnsettled means that the content differs from that of the last read.
var errUnsettled = errors.New("policy: the files are still changing")

// load replaces the policy if the content changed.
func (l *Live) load(now time.Time, settle bool) error {
	c, err := l.source.Read()
	if err != nil {
		l.seen = ""
		return err
	}
	rev := revision(c.Source, c.Libs)
	if old := l.current.Load(); old != nil && old.revision == rev {
		l.seen = rev
		return nil
	}
	if settle && rev != l.seen {
		l.seen = rev
		return errUnsettled
	}
	p, err := c.parse(l.opts.Options)
	if err != nil {
		return err
	}
	l.current.Store(p)
	l.status.Revision, l.status.LoadedAt = p.revision, now
	return nil
}

// Policy returns the current policy, which stays valid after a reload. Use one
// policy for all decisions that belong together. The result is nil if the policy
// is stale; a nil policy denies everything with [NoPolicy].
func (l *Live) Policy() *Policy {
	if l.stale(l.opts.Now()) {
		return nil
	}
	return l.current.Load()
}

// Decide answers one request with the current policy. If the policy is stale, it
// denies with [StalePolicy].
func (l *Live) Decide(req Request) Decision {
	p := l.current.Load()
	if l.opts.MaxStale > 0 && l.failing.Load() != 0 && l.stale(l.opts.Now()) {
		return Decision{Code: StalePolicy, Message: msgStale, Revision: p.revision}
	}
	return p.Decide(req)
}

// stale reports whether loading has failed for longer than MaxStale.
func (l *Live) stale(now time.Time) bool {
	since := l.failing.Load()
	return l.opts.MaxStale > 0 && since != 0 && now.Sub(time.Unix(0, since)) > l.opts.MaxStale
}

// Status returns the state of the last attempts.
func (l *Live) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Close stops following the source and waits until the reader has ended. The last
// policy keeps deciding. The error is always nil.
func (l *Live) Close() error {
	l.cancel()
	<-l.done
	return nil
}
