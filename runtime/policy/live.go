package policy

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// LiveOptions say how a [Live] policy follows its files.
type LiveOptions struct {
	Options
	// Interval is the time between looks at the files (2 s).
	Interval time.Duration
	// MaxStale is how long the last good policy may decide while the files
	// cannot be loaded; after that everything is denied with [StalePolicy].
	// Zero means without end.
	MaxStale time.Duration
	// OnChange is called after each change of policy and each new failure,
	// from the goroutine that found it. It may be nil.
	OnChange func(Status)
	// Now is the clock, time.Now if nil. Ticks makes the ticker, for tests;
	// nil means a real one of Interval.
	Now   func() time.Time
	Ticks func() (ticks <-chan time.Time, stop func())
}

// Status is what became of the last attempts to load a policy.
type Status struct {
	Revision    string    // of the policy that decides
	LoadedAt    time.Time // when it was loaded
	LastAttempt time.Time // when the files were last looked at
	LastError   error     // nil if they hold the policy that decides
	FailingFrom time.Time // since when LastError is set, zero if it is nil
	Failures    uint64    // failed attempts so far
}

// Live is a policy that follows its files. A new version takes over at once
// and as a whole; while the files are broken, gone or half-written the last
// good version goes on deciding. It is safe for concurrent use.
type Live struct {
	path string
	opts LiveOptions

	current atomic.Pointer[Policy]
	failing atomic.Int64 // unix nanoseconds since when loading fails, 0 if it does not

	mu     sync.Mutex // guards status and seen, and orders reloads
	status Status
	seen   string // revision of the files at the last look

	cancel context.CancelFunc
	done   chan struct{}
}

// Open loads the policy at path and follows it until Close. A first load that
// fails is an error: nothing is decided without a policy.
func Open(path string, opts LiveOptions) (*Live, error) {
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
	l := &Live{path: path, opts: opts, done: make(chan struct{})}
	if err := l.Reload(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	go l.follow(ctx)
	return l, nil
}

// follow looks at the files at every tick, whether or not the last look
// failed. It compares contents, so it sees a renamed file, a swapped link and
// a change that kept size and time alike. New contents count once two looks
// in a row have found them: a file that is still being written may end
// between two rules, and then is a policy that lacks its last ones.
func (l *Live) follow(ctx context.Context) {
	defer close(l.done)
	ticks, stop := l.opts.Ticks()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			// The error is in Status, and OnChange has been told.
			_ = l.look(true)
		}
	}
}

// Reload looks at the files now. If they hold a new policy it takes over
// before Reload returns; if they cannot be loaded, the policy stays and the
// error is returned. The caller says that the files are complete.
func (l *Live) Reload() error { return l.look(false) }

// look loads the files; with settle, only if they are as at the last look.
func (l *Live) look(settle bool) error {
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

// errUnsettled means that the files have just changed.
var errUnsettled = errors.New("policy: the files are still changing")

// load swaps the policy if the files changed.
func (l *Live) load(now time.Time, settle bool) error {
	src, libs, err := readFiles(l.path, l.opts.Options)
	if err != nil {
		l.seen = ""
		return err
	}
	rev := revision(src, libs)
	if old := l.current.Load(); old != nil && old.revision == rev {
		l.seen = rev
		return nil
	}
	if settle && rev != l.seen {
		l.seen = rev
		return errUnsettled
	}
	opts := l.opts.Options
	opts.Libs = libs
	p, err := Parse(filepath.Base(l.path), src, opts)
	if err != nil {
		return err
	}
	l.current.Store(p)
	l.status.Revision, l.status.LoadedAt = p.revision, now
	return nil
}

// Policy returns the policy that decides now. It stays valid after a reload;
// use one for all decisions that belong together. It is nil, which denies
// everything, once the policy is stale; then Decide gives the better answer.
func (l *Live) Policy() *Policy {
	if l.stale(l.opts.Now()) {
		return nil
	}
	return l.current.Load()
}

// Decide answers one request by exactly one version of the policy. If the
// files could not be loaded for longer than MaxStale, it denies.
func (l *Live) Decide(req Request) Decision {
	p := l.current.Load()
	if l.opts.MaxStale > 0 && l.failing.Load() != 0 && l.stale(l.opts.Now()) {
		return Decision{Code: StalePolicy, Message: msgStale, Revision: p.revision}
	}
	return p.Decide(req)
}

func (l *Live) stale(now time.Time) bool {
	since := l.failing.Load()
	return l.opts.MaxStale > 0 && since != 0 && now.Sub(time.Unix(0, since)) > l.opts.MaxStale
}

// Status reports the last attempts.
func (l *Live) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Close stops following the files and waits until that has ended. The last
// policy goes on answering.
func (l *Live) Close() error {
	l.cancel()
	<-l.done
	return nil
}

// String describes the status in one line, for doctors and logs.
func (s Status) String() string {
	text := fmt.Sprintf("revision %s, loaded %s", s.Revision, s.LoadedAt.UTC().Format(time.RFC3339))
	if s.LastError == nil {
		return text
	}
	text += fmt.Sprintf("; failing since %s", s.FailingFrom.UTC().Format(time.RFC3339))
	var le *LoadError
	if errors.As(s.LastError, &le) {
		return text + ": " + le.Error()
	}
	return text
}
