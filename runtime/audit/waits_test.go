package audit_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/audit/record"
)

// hanging returns a writer whose calls return when release is closed.
func hanging() (w writer, release chan struct{}) {
	release = make(chan struct{})
	return func(b []byte) (int, error) { <-release; return len(b), nil }, release
}

// TestRequiredLinesWaitAsLongAsTheirContext: a writer that hangs holds nobody
// longer, neither the one whose line it has, nor those after it, nor those for
// whom there is no place. What was queued is written when the writer comes back.
func TestRequiredLinesWaitAsLongAsTheirContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, release := hanging()
		log := audit.New(w, audit.Options{Required: true, Queue: 2})
		ended := make(chan error)
		begun := time.Now()
		for i := range 6 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Minute)
			defer cancel()
			go func() {
				_, err := log.Intent(ctx, denied("a"))
				ended <- err
			}()
			synctest.Wait()
		}
		for i := range 6 {
			if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Intent = %v, want the end of its context", err)
			}
			if took := time.Since(begun); took != time.Duration(i+1)*time.Minute {
				t.Errorf("line %d waited %s", i, took)
			}
		}
		close(release)
		if err := log.Close(); log.Dropped() != 3 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d lines dropped, Close = %v; want 3 dropped, for whom there was no place", log.Dropped(), err)
		}
	})
}

// TestOutcomeOfAnEndedContextIsRecorded: a request that ran out of time is in the log.
func TestOutcomeOfAnEndedContextIsRecorded(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := audit.New(&out, audit.Options{Required: true})
	ctx, cancel := context.WithCancel(t.Context())
	e, err := log.Intent(ctx, record.Intent{Effect: "allow", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = e.Outcome(ctx, record.Outcome{Result: "timeout"})
	if err := log.Close(); err != nil || log.Dropped() != 0 || !strings.Contains(out.String(), `"timeout"`) {
		t.Errorf("Close = %v, %d dropped, log %s", err, log.Dropped(), &out)
	}
}

// TestCloseEndsTheWaitsForARequiredLog: nobody waits for a writer that hangs once
// the log is closed.
func TestCloseEndsTheWaitsForARequiredLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, release := hanging()
		defer close(release)
		log := audit.New(w, audit.Options{Required: true, Queue: 2})
		ended := make(chan error)
		for range 6 {
			go func() {
				_, err := log.Intent(context.Background(), denied("a"))
				ended <- err
			}()
		}
		synctest.Wait()
		begun := time.Now()
		go func() { ended <- log.Close() }()
		for range 7 {
			if err := <-ended; err == nil {
				t.Error("a line that was not written was reported as written")
			}
		}
		if took := time.Since(begun); took != time.Second || log.Dropped() != 6 {
			t.Errorf("took %s, %d dropped; want 1s and 6", took, log.Dropped())
		}
	})
}

// TestLimitedWaitsAreForWritersThatHang: a slow writer gets its time, one that hangs
// a second.
func TestLimitedWaitsAreForWritersThatHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		log := audit.New(writer(func(b []byte) (int, error) {
			if strings.Contains(string(b), "hang") {
				<-release
			} else {
				time.Sleep(900 * time.Millisecond)
			}
			return len(b), nil
		}), audit.Options{Required: true})
		log.LimitWaits()
		for range 10 {
			if _, err := log.Intent(context.Background(), denied("slow")); err != nil {
				t.Fatal(err)
			}
		}
		begun := time.Now()
		if _, err := log.Intent(context.Background(), denied("hang")); err == nil || time.Since(begun) > 2*time.Second {
			t.Errorf("Intent = %v after %s", err, time.Since(begun))
		}
		begun = time.Now()
		if _, err := log.Intent(context.Background(), denied("behind")); err == nil || time.Since(begun) != 0 {
			t.Errorf("the next Intent = %v after %s, want an error at once", err, time.Since(begun))
		}
		close(release)
		if err := log.Close(); err == nil || log.Dropped() == 0 {
			t.Errorf("Close = %v, %d dropped", err, log.Dropped())
		}
	})
}

// TestWaitingLogDropsNoLineOfAWriterThatWorks: lines that come at once wait for a place, also
// if the writer is slow.
func TestWaitingLogDropsNoLineOfAWriterThatWorks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		written := 0
		log := audit.New(writer(func(b []byte) (int, error) {
			time.Sleep(900 * time.Millisecond)
			written++
			return len(b), nil
		}), audit.Options{Wait: true, Queue: 2})
		ended := make(chan error)
		for range 10 {
			go func() {
				_, err := log.Intent(t.Context(), denied("a"))
				ended <- err
			}()
		}
		for range 10 {
			if err := <-ended; err != nil {
				t.Errorf("Intent = %v", err)
			}
		}
		if err := log.Close(); err != nil || log.Dropped() != 0 || written != 10 {
			t.Errorf("Close = %v, %d lines written, %d dropped; want all 10 written", err, written, log.Dropped())
		}
	})
}

// TestWaitingLogWaitsOnceForAWriterThatHangs: requests are held up for a second at most, until
// the writer comes back, and no longer than their context, Close or the writer itself.
func TestWaitingLogWaitsOnceForAWriterThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, release := hanging()
		log := audit.New(w, audit.Options{Wait: true, Queue: 2})
		intent := func(ctx context.Context, want time.Duration) {
			t.Helper()
			begun := time.Now()
			if _, err := log.Intent(ctx, denied("a")); err != nil || time.Since(begun) != want {
				t.Errorf("Intent = %v after %s, want no error after %s", err, time.Since(begun), want)
			}
			synctest.Wait()
		}
		for range 3 { // one is being written, two are queued
			intent(t.Context(), 0)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		intent(short, time.Millisecond)
		intent(t.Context(), time.Second)
		intent(t.Context(), 0)
		if log.Dropped() != 3 {
			t.Errorf("%d lines dropped, want 3", log.Dropped())
		}
		release <- struct{}{} // the first Write returns, and the next one hangs
		synctest.Wait()
		intent(t.Context(), 0)
		intent(t.Context(), time.Second)
		ended := make(chan struct{})
		release <- struct{}{}
		synctest.Wait()
		intent(t.Context(), 0)
		go func() {
			defer close(ended)
			intent(t.Context(), time.Second)
		}()
		synctest.Wait()
		_ = log.Close()
		<-ended
		close(release)
		synctest.Wait()
		if n := log.Dropped(); n != 8 {
			t.Errorf("%d lines dropped, want 5 that found no place, and 3 that Close left", n)
		}
	})
}

// TestWriterOfAWaitingLogMayCallIt: a Write does not wait for itself.
func TestWriterOfAWaitingLogMayCallIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log *audit.Log
		begun := time.Now()
		ready := make(chan struct{})
		log = audit.New(writer(func(b []byte) (int, error) {
			<-ready
			if strings.Contains(string(b), "outer") {
				for range 5 {
					_, _ = log.Intent(context.Background(), denied("inner"))
				}
			}
			return len(b), nil
		}), audit.Options{Wait: true, Queue: 1})
		_, _ = log.Intent(t.Context(), denied("outer"))
		close(ready)
		synctest.Wait()
		if err := log.Close(); err != nil || log.Dropped() != 4 || time.Since(begun) != 0 {
			t.Errorf("Close = %v after %s, %d lines dropped; want 4, since one was queued", err, time.Since(begun), log.Dropped())
		}
	})
}

// TestWriterMayAskAnotherRequiredLog: it waits until that log has written the line, also
// while that log writes others, and while one of those waits for the log of the writer.
func TestWriterMayAskAnotherRequiredLog(t *testing.T) {
	t.Parallel()
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			required := audit.Options{Required: true}
			release := make(chan struct{})
			var one, other *audit.Log
			var inner, asked error
			one = audit.New(writer(func(b []byte) (int, error) {
				if strings.Contains(string(b), "asks") {
					_, inner = other.Intent(context.Background(), denied("inner"))
				}
				return len(b), nil
			}), required)
			other = audit.New(writer(func(b []byte) (int, error) {
				switch {
				case strings.Contains(string(b), "first"):
					<-release
				case strings.Contains(string(b), "last"):
					_, asked = one.Intent(context.Background(), denied("plain"))
				}
				return len(b), nil
			}), required)
			ended := make(chan error)
			for _, l := range []struct {
				log *audit.Log
				key string
			}{{other, "first"}, {one, "asks"}, {other, "last"}} {
				go func() { _, err := l.log.Intent(context.Background(), denied(l.key)); ended <- err }()
				synctest.Wait()
			}
			close(release)
			for range 3 {
				if err := <-ended; err != nil {
					t.Errorf("Intent = %v", err)
				}
			}
			if err := errors.Join(inner, asked, one.Close(), other.Close()); err != nil || one.Dropped()+other.Dropped() != 0 {
				t.Errorf("%v, %d and %d dropped", err, one.Dropped(), other.Dropped())
			}
		})
	}
}

// TestWritersThatAskEachOther: of logs whose writers ask the next one in a circle, the last
// is refused at once, since it would wait for itself. Close of such a log does not wait.
func TestWritersThatAskEachOther(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 4; n++ {
		for _, closes := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				logs := make([]*audit.Log, n)
				var refused atomic.Int32
				for i := range logs {
					logs[i] = audit.New(writer(func(b []byte) (int, error) {
						next := logs[(i+1)%n]
						if closes && i == n-1 {
							_ = next.Close()
						} else if _, err := next.Intent(context.Background(), denied("next")); err != nil {
							refused.Add(1)
						}
						return len(b), nil
					}), audit.Options{Required: true})
				}
				begun := time.Now()
				if _, err := logs[0].Intent(context.Background(), denied("a")); err != nil {
					t.Errorf("%d logs: Intent = %v", n, err)
				}
				if got := refused.Load(); closes != (got == 0) || got > 1 {
					t.Errorf("%d logs, closes %t: %d requests refused", n, closes, got)
				}
				for _, l := range logs { // all at once
					go func() { _, _ = l.Intent(context.Background(), denied("a")) }()
				}
				synctest.Wait()
				for _, l := range logs {
					_ = l.Close()
				}
				if took := time.Since(begun); took != 0 {
					t.Errorf("%d logs, closes %t: took %s", n, closes, took)
				}
			})
		}
	}
}

// The end of a line that a Write gave up waiting for does not end its next wait: two logs whose
// writers ask each other are still seen.
func TestWritersThatAskEachOtherAfterALateLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a, b *audit.Log
		gate, asks := make(chan struct{}), 0
		var refused error
		b = audit.New(writer(func(line []byte) (int, error) {
			switch {
			case strings.Contains(string(line), "first"):
				<-gate
			case strings.Contains(string(line), "again"):
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				_, refused = a.Intent(ctx, denied("from-b"))
			}
			return len(line), nil
		}), audit.Options{Required: true})
		a = audit.New(writer(func(line []byte) (int, error) {
			if asks++; asks == 1 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				defer cancel()
				if _, err := b.Intent(ctx, denied("late")); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the line that is late: %v", err)
				}
			} else if asks == 2 {
				_, _ = b.Intent(context.Background(), denied("again"))
			}
			return len(line), nil
		}), audit.Options{Required: true})
		go func() { _, _ = b.Intent(context.Background(), denied("first")) }()
		synctest.Wait()
		_, _ = a.Intent(context.Background(), denied("one"))
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = a.Intent(context.Background(), denied("two"))
		}()
		synctest.Wait()
		begun := time.Now()
		close(gate)
		<-done
		if took := time.Since(begun); took != 0 || refused == nil {
			t.Errorf("the writer of b waited for %v and got %v", took, refused)
		}
		_, _ = a.Close(), b.Close()
	})
}

// TestCloseInTheWriteOfAnotherLogWaits: what is queued is written when it returns.
func TestCloseInTheWriteOfAnotherLogWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines := 0
		inner := audit.New(writer(func(b []byte) (int, error) {
			time.Sleep(time.Millisecond)
			lines++
			return len(b), nil
		}), audit.Options{})
		for range 5 {
			_, _ = inner.Intent(context.Background(), denied("a"))
		}
		written := -1
		outer := audit.New(writer(func(b []byte) (int, error) {
			if err := inner.Close(); err == nil {
				written = lines
			}
			return len(b), nil
		}), audit.Options{})
		_, _ = outer.Intent(context.Background(), denied("a"))
		if err := outer.Close(); err != nil || written != 5 {
			t.Errorf("Close = %v, %d lines were written when Close of the other log had returned, want 5", err, written)
		}
	})
}
