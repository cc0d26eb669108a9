package policy_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

// callingSource is a Source that runs a function in each Read.
type callingSource struct {
	source atomic.Pointer[policy.Content]
	read   func()
	said   func() // runs in the Error method of its errors
}

func (s *callingSource) Error() string {
	if s.said != nil {
		s.said()
	}
	return "the source is closed"
}

func (s *callingSource) Read() (policy.Content, error) {
	s.read()
	if c := s.source.Load(); c != nil {
		return *c, nil
	}
	return policy.Content{}, s
}

func (s *callingSource) set(src string) {
	s.source.Store(&policy.Content{Name: "policy.lua", Source: []byte(src)})
}

// TestEveryMethodReturnsInEveryCallback calls each method of a Live from each
// function of the program that the Live calls, in the follower and in Reload.
func TestEveryMethodReturnsInEveryCallback(t *testing.T) {
	t.Parallel()
	methods := map[string]func(*policy.Live){
		"Status":     func(l *policy.Live) { _ = l.Status() },
		"Policy":     func(l *policy.Live) { l.Policy() },
		"Decide":     func(l *policy.Live) { l.Decide(getKey("a")) },
		"Routes":     func(l *policy.Live) { l.Routes(getKey("a")) },
		"NextChange": func(l *policy.Live) { l.Policy().NextChange(getKey("a")) },
		"Reload":     func(l *policy.Live) { _ = l.Reload() },
		"Close":      func(l *policy.Live) { _ = l.Close() },
	}
	for _, callback := range []string{"OnChange", "OnChange after a failure", "Error", "Read", "Now", "Ticks", "stop"} {
		for method, call := range methods {
			for _, from := range []string{"follower", "Reload"} {
				t.Run(fmt.Sprintf("%s in %s of %s", method, callback, from), func(t *testing.T) {
					t.Parallel()
					within(t, func() { reenter(t, callback, from == "follower", call) })
				})
			}
		}
	}
}

func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("a deadlock")
	}
}

func reenter(t *testing.T, callback string, follower bool, call func(*policy.Live)) {
	var live atomic.Pointer[policy.Live]
	entered := make(chan struct{})
	var once atomic.Bool
	opened := make(chan struct{})
	run := func(name string) {
		switch name {
		case "Ticks", "stop":
			<-opened
		}
		if l := live.Load(); l != nil && name == callback && once.CompareAndSwap(false, true) {
			call(l)
			close(entered)
		}
	}
	s := &callingSource{read: func() { run("Read") }, said: func() { run("Error") }}
	s.set(allowKey("a"))
	ticks := make(chan time.Time)
	l, err := policy.OpenSource(s, policy.LiveOptions{
		Options:  policy.Options{Chain: []string{"env"}},
		MaxStale: time.Hour,
		Now:      func() time.Time { run("Now"); return noon },
		OnChange: func(st policy.Status) {
			if st.LastError != nil {
				run("OnChange after a failure")
				return
			}
			run("OnChange")
		},
		Ticks: func() (<-chan time.Time, func()) {
			run("Ticks")
			return ticks, func() { run("stop") }
		},
	})
	if err != nil {
		t.Error(err)
		return
	}
	live.Store(l)
	close(opened)
	switch {
	case callback == "OnChange after a failure", callback == "Error":
		s.source.Store(nil)
	default:
		s.set(allowKey("b"))
	}
	switch {
	case callback == "Ticks":
	case callback == "stop":
		_ = l.Close()
	case follower:
		for range 2 {
			select {
			case ticks <- time.Time{}:
			case <-entered:
			}
		}
	default:
		_ = l.Reload()
	}
	<-entered
	_ = l.Close()
	_ = l.Status()
}

// TestOnChangeKeepsOrder checks that reports of nested reloads come one after
// another, in the order of the changes.
func TestOnChangeKeepsOrder(t *testing.T) {
	t.Parallel()
	s := &callingSource{read: func() {}}
	s.set(allowKey("a"))
	var live *policy.Live
	var seen []string
	inside := false
	l, err := policy.OpenSource(s, policy.LiveOptions{
		Options: policy.Options{Chain: []string{"env"}},
		OnChange: func(st policy.Status) {
			if inside {
				t.Error("calls overlap")
			}
			inside = true
			defer func() { inside = false }()
			seen = append(seen, st.Revision)
			if live != nil && len(seen) < 4 {
				s.set(allowKey(fmt.Sprintf("v%d", len(seen))))
				if err := live.Reload(); err != nil {
					t.Error(err)
				}
			}
		},
		Ticks: func() (<-chan time.Time, func()) { return nil, func() {} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	live = l
	s.set(allowKey("b"))
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 4 || seen[3] != l.Status().Revision || !l.Decide(getKey("v3")).Allow {
		t.Errorf("OnChange saw %q, status %v", seen, l.Status())
	}
}

// TestStaleAlthoughTheClockIsSetBack checks that a policy grows stale by the time
// that has passed, whatever the clock of the program shows.
func TestStaleAlthoughTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &callingSource{read: func() {}}
		s.set(allowKey("a"))
		var back atomic.Int64
		l, err := policy.OpenSource(s, policy.LiveOptions{
			Options:  policy.Options{Chain: []string{"env"}},
			Interval: time.Minute, MaxStale: time.Hour,
			Now: func() time.Time { return time.Now().Round(0).Add(-time.Duration(back.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s.source.Store(nil)
		if err := l.Reload(); err == nil {
			t.Fatal("Reload returned no error")
		}
		back.Store(int64(48 * time.Hour))
		time.Sleep(59 * time.Minute)
		if d := l.Decide(getKey("a")); !d.Allow {
			t.Errorf("before max stale: %+v", d)
		}
		time.Sleep(2 * time.Minute)
		if d := l.Decide(getKey("a")); d.Allow || d.Code != policy.StalePolicy || l.Policy() != nil {
			t.Errorf("after max stale: %+v", d)
		}
	})
}

// TestChangingSourceSettlesForAnInterval checks that content takes over only after
// it has not changed for an interval, also when reading takes long.
func TestChangingSourceSettlesForAnInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := atomic.Bool{}
		s := &callingSource{read: func() {
			if slow.Load() {
				time.Sleep(1900 * time.Millisecond) // the next tick of a plain ticker would follow at once
			}
		}}
		s.set(`deny { "old", keys = "secret" }`)
		l, err := policy.OpenSource(s, policy.LiveOptions{Options: policy.Options{Chain: []string{"env"}}, Interval: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		slow.Store(true)
		const open = `allow { "all", keys = "**" }`
		for i := range 40 { // a writer that pauses for almost an interval
			s.set(open + fmt.Sprintf("-- %d", i))
			time.Sleep(1950 * time.Millisecond)
			if d := l.Decide(getKey("secret")); d.Allow {
				t.Fatalf("after %d parts: %+v", i, d)
			}
		}
		s.set(open + ` deny { "new", keys = "secret" }`)
		time.Sleep(20 * time.Second)
		if d := l.Decide(getKey("secret")); d.Allow || d.Rule != "new" {
			t.Errorf("the complete text did not take over: %+v", d)
		}
	})
}

// TestSourceThatNeverSettlesFails: a policy that differs at each read, for example because
// it contains the time at which it was made, is a failure.
func TestSourceThatNeverSettlesFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		changing := atomic.Bool{}
		s := &callingSource{}
		next := func() { n++; s.set(fmt.Sprintf("-- generated %d\ndeny { \"d\", keys = \"**\" }", n)) }
		s.read = func() {
			if changing.Load() {
				next()
			}
		}
		s.set(`allow { "all", keys = "**", callers = "**" }`)
		told := make(chan string, 10)
		l, err := policy.OpenSource(s, policy.LiveOptions{
			Options: policy.Options{Chain: []string{"env"}}, Interval: 2 * time.Second, MaxStale: time.Minute,
			OnChange: func(s policy.Status) { told <- fmt.Sprint(s.LastError) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		<-told // of the first load
		changing.Store(true)
		time.Sleep(20 * time.Second)
		if got := l.Status(); got.LastError == nil || got.FailingFrom.IsZero() {
			t.Errorf("after 20 s: %+v", got)
		}
		if got := <-told; !strings.Contains(got, "changes on every read") {
			t.Errorf("OnChange was told %q", got)
		}
		time.Sleep(2 * time.Minute)
		if d := l.Decide(getKey("secret")); d.Code != policy.StalePolicy {
			t.Errorf("after MaxStale: %+v", d)
		}
		changing.Store(false)
		time.Sleep(20 * time.Second)
		if d := l.Decide(getKey("secret")); d.Rule != "d" || l.Status().LastError != nil {
			t.Errorf("after it settled: %+v, %v", d, l.Status().LastError)
		}
	})
}

// nilError is an error that panics as a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// TestErrorsOfASourceMayPanic: an error that is a nil pointer, or without a text, is a
// failed attempt; the last good policy stays.
func TestErrorsOfASourceMayPanic(t *testing.T) {
	t.Parallel()
	for _, fails := range []error{(*nilError)(nil), &nilError{}} {
		var failed atomic.Bool
		ticks := make(chan time.Time)
		s := sourceOf(func() (policy.Content, error) {
			if failed.Load() {
				return policy.Content{}, fails
			}
			return policy.Content{Name: "policy.lua", Source: []byte(allowKey("a"))}, nil
		})
		l, err := policy.OpenSource(s, policy.LiveOptions{
			Options: policy.Options{Chain: []string{"env"}}, Now: func() time.Time { return noon },
			Ticks: func() (<-chan time.Time, func()) { return ticks, func() {} },
		})
		if err != nil {
			t.Fatal(err)
		}
		failed.Store(true)
		for range 3 {
			ticks <- noon
		}
		if err := l.Reload(); err == nil || l.Status().Failures == 0 || !l.Decide(getKey("a")).Allow {
			t.Errorf("Reload = %T, %+v", err, l.Status().Failures)
		}
		_ = l.Close()
	}
}

type sourceOf func() (policy.Content, error)

func (s sourceOf) Read() (policy.Content, error) { return s() }
