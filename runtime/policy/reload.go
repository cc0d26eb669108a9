package policy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// Reload reads the source now. A new policy is in effect when Reload returns. If it
// cannot be loaded, the current policy stays and the error is returned. The follower waits
// until two reads agree, Reload trusts a single one: call it once the files are complete.
func (l *Live) Reload() error { return l.refresh(false) }

// refresh loads the policy and updates the status. With settle, which is for the
// follower, it ignores content that differs from the last read.
func (l *Live) refresh(settle bool) error {
	run := func(f func()) { f() }
	if settle {
		run = l.call
	}
	a := attempt{settle: settle}
	run(func() { a.now = l.opts.Now() })
	l.begin(&a)
	if _, ours := l.source.(fileSource); ours {
		a.content, a.err = l.source.Read()
		a.said = textOf(a.err)
	} else {
		run(func() {
			a.content, a.err = l.source.Read()
			a.said = textOf(a.err) // code of the program: not under the lock
		})
	}
	if l.examine(&a) {
		a.policy, a.err = a.content.parse(l.opts.Options)
		a.said = textOf(a.err)
		l.finish(&a)
	}
	if l.opts.OnChange != nil {
		run(l.report)
	}
	return a.err
}

// textOf returns the text of an error, whatever its Error method does; "" for none.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprint(err)
}

// lost concludes an attempt that has ended the goroutine of the follower. It has the time of
// that attempt: what ended may have been the clock.
func (l *Live) lost() {
	a := attempt{settle: true, now: l.Status().LastAttempt, err: errLost, said: errLost.Error()}
	l.begin(&a)
	l.finish(&a)
}

var errLost = errors.New("the source, or OnChange, has ended the goroutine that follows the policy")

var errUnsettled = errors.New("the policy changes on every read, so no version takes effect")

// attempt is one attempt to load the policy.
type attempt struct {
	number  uint64
	settle  bool
	now     time.Time
	content Content
	policy  *Policy
	err     error
	said    string // the text of err
}

// begin numbers an attempt. Attempts overlap if a callback reloads, and the latest
// one wins.
func (l *Live) begin(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts++
	a.number = l.attempts
	l.status.LastAttempt = a.now
}

// examine reports whether what was read must be parsed. If not, the attempt is over.
func (l *Live) examine(a *attempt) (parse bool) {
	rev := ""
	if a.err == nil {
		rev = luascan.Revision(a.content.Source, a.content.Libs)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	again, current := l.reads.Add(rev), l.current.Load()
	if a.err == nil {
		changed := current == nil || current.revision != rev
		switch {
		case changed && (!a.settle || again):
			return true
		case a.settle && l.reads.Unsettled():
			a.err, a.said = errUnsettled, errUnsettled.Error()
		case changed:
			return false
		}
	}
	l.conclude(a)
	return false
}

func (l *Live) finish(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads.Judged()
	l.conclude(a)
}

// conclude makes the outcome of an attempt the current state, unless a later
// attempt already has, or the Live was closed. l.mu is held.
func (l *Live) conclude(a *attempt) {
	if a.number < l.finished || l.closed && a.settle {
		return
	}
	l.finished = a.number
	before, stale := l.status.Revision, l.status.Stale
	l.status.LastError = a.err
	if a.err == nil {
		l.status.FailingFrom = time.Time{}
		l.failing.Store(nil)
	} else if l.status.Failures++; l.status.FailingFrom.IsZero() {
		l.status.FailingFrom = a.now
		l.failing.Store(&failure{a.now, time.Now()})
	}
	l.status.Stale = l.staleAt(a.now)
	if a.policy != nil {
		l.current.Store(a.policy)
		l.status.Revision, l.status.LoadedAt = a.policy.revision, a.now
	}
	changed := before != l.status.Revision || a.said != l.said || stale != l.status.Stale
	l.said = a.said
	if changed && l.opts.OnChange != nil {
		l.reports = append(l.reports, l.status)
	}
}

// report passes the queued reports to OnChange. If another goroutine is already doing so,
// report leaves these to it.
func (l *Live) report() {
	for {
		s, ok := l.nextReport()
		if !ok {
			return
		}
		func() {
			defer l.reported()
			l.opts.OnChange(s)
		}()
	}
}

func (l *Live) nextReport() (s Status, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reporting || len(l.reports) == 0 {
		return s, false
	}
	s, l.reports, l.reporting = l.reports[0], l.reports[1:], true
	return s, true
}

func (l *Live) reported() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reporting = false
}

// follow reads the source at every tick. It compares contents, so it notices a
// renamed file, a changed symbolic link, and a change that keeps size and time.
// New content counts only if two reads in a row found it, at least an interval
// apart: a file that is still being written may end between two rules, and would
// be a policy without its last rules.
func (l *Live) follow(ctx context.Context) {
	lost := false
	defer func() {
		if lost {
			l.lost()
			go l.follow(ctx)
		} else {
			l.end()
		}
	}()
	var ticks <-chan time.Time
	again := func() {}
	if l.opts.Ticks == nil {
		t := time.NewTicker(l.opts.Interval)
		defer t.Stop()
		ticks, again = t.C, func() { t.Reset(l.opts.Interval) } // the interval begins after a slow read
	} else {
		var stop func()
		l.call(func() { ticks, stop = l.opts.Ticks() })
		defer l.call(stop)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			lost = true
			_ = l.refresh(true) // the error is in the Status and was passed to OnChange
			lost = false
			again()
		}
	}
}

func (l *Live) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.progress.Broadcast()
}

// call runs code of the program in the follower. Close does not wait for that code, which
// may itself call Close.
func (l *Live) call(f func()) {
	l.enter(1)
	defer l.enter(-1)
	f()
}

func (l *Live) enter(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outside += n
	l.progress.Broadcast()
}
