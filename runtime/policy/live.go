package policy

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/policy/internal/unstable"
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
	// OnChange is called after each change of the policy, after each new failure and
	// when MaxStale is over, from the goroutine that found it or from one that is already
	// reporting. Calls come in order and do not overlap. OnChange may call every
	// method of the Live, Close included. It may be nil.
	OnChange func(Status)
	// Now returns the current time; nil means time.Now.
	Now func() time.Time
	// Ticks replaces the ticker of Interval, for tests. It may be nil.
	Ticks func() (ticks <-chan time.Time, stop func())
}

// Live is a policy that follows a [Source]. A new version replaces the old one as
// a whole. While the source cannot be loaded, the last good version keeps
// deciding. A Live is safe for concurrent use. It holds no lock while it calls the
// source or a function of its LiveOptions, so those may call its methods.
type Live struct {
	source Source
	opts   LiveOptions

	current atomic.Pointer[Policy]
	failing atomic.Pointer[failure] // nil if the last attempt succeeded

	mu        sync.Mutex // guards what follows
	progress  *sync.Cond // of mu: outside or ended changed
	status    Status
	said      string // the text of status.LastError
	reads     unstable.Reads
	attempts  uint64   // begun
	finished  uint64   // the latest attempt that took effect
	reports   []Status // for OnChange
	reporting bool     // a goroutine is calling OnChange
	outside   int      // calls of the program's code that the follower is in
	closed    bool
	ended     bool // the follower has ended

	cancel context.CancelFunc
}

// failure is the moment since which loading has failed, by the clock of the
// options, and by that of the process, which is never set.
type failure struct{ wall, process time.Time }

// Open loads the policy file at path, and the modules of LibFiles beside it, and
// follows them until Close. It returns the error of the first load.
func Open(path string, opts LiveOptions) (*Live, error) {
	opts.Options = opts.Options.clone() // the source reads them as long as it is followed
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
	ctx, cancel := context.WithCancel(context.Background())
	opts.Options = opts.Options.clone()
	l := &Live{source: source, opts: opts, cancel: cancel}
	l.progress = sync.NewCond(&l.mu)
	if err := l.Reload(); err != nil {
		cancel()
		return nil, err
	}
	go l.follow(ctx)
	return l, nil
}

// Policy returns the current policy, which stays valid after a reload. Use one
// policy for all decisions that belong together. The result is nil if the policy
// is stale; a nil policy denies everything with [NoPolicy].
func (l *Live) Policy() *Policy {
	if l.stale() {
		return nil
	}
	return l.current.Load()
}

// Decide answers one request with the current policy. If the policy is stale, it
// denies with [StalePolicy].
func (l *Live) Decide(req Request) Decision {
	p := l.current.Load()
	if l.stale() {
		return Decision{Code: StalePolicy, Message: msgStale, Revision: p.revision}
	}
	return p.Decide(req)
}

// stale reports whether loading has failed for longer than MaxStale, by either
// clock: that of the options may be set back, that of the process may stand still
// while the computer sleeps.
func (l *Live) stale() bool {
	return l.failing.Load() != nil && l.opts.MaxStale > 0 && l.staleAt(l.opts.Now())
}

// staleAt is stale at a time of the clock of the options.
func (l *Live) staleAt(now time.Time) bool {
	since := l.failing.Load()
	if since == nil || l.opts.MaxStale <= 0 {
		return false
	}
	return time.Since(since.process) > l.opts.MaxStale || now.Sub(since.wall) > l.opts.MaxStale
}

// SplitsSet returns the [Policy.SplitsSet] of the current policy.
func (l *Live) SplitsSet() bool { return l.current.Load().SplitsSet() }

// Status returns the state of the last attempts.
func (l *Live) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Close stops following the source and waits for its goroutine. The last
// policy keeps deciding. If the follower is just calling the source or a function
// of the LiveOptions, Close does not wait for it, and what that call still finds
// has no effect. The error is always nil.
func (l *Live) Close() error {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for !l.ended && l.outside == 0 {
		l.progress.Wait()
	}
	return nil
}
