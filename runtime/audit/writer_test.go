package audit_test

import (
	"context"
	"errors"
	"io"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/audit"
)

// writer is a writer that does what the test says.
type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// TestCloseDoesNotWaitForAWriterThatHangs: what it did not take is dropped and
// counted.
func TestCloseDoesNotWaitForAWriterThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe() // nobody reads
		log := audit.New(w, audit.Options{})
		for range 5 {
			if _, err := log.Intent(context.Background(), denied("a")); err != nil {
				t.Errorf("Intent = %v", err)
			}
		}
		synctest.Wait()
		begun := time.Now()
		if err := log.Close(); err == nil || !strings.Contains(err.Error(), "took no line for 1s") {
			t.Errorf("Close = %v", err)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("Close took %s", took)
		}
		if n := log.Dropped(); n != 5 {
			t.Errorf("%d lines dropped, want 5", n)
		}
		r.Close()
	})
}

// TestCloseWaitsForAWriterThatIsSlow: no line is lost while some are taken.
func TestCloseWaitsForAWriterThatIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		log := audit.New(writer(func(b []byte) (int, error) { time.Sleep(900 * time.Millisecond); n++; return len(b), nil }), audit.Options{})
		for range 10 {
			log.Intent(context.Background(), denied("a"))
		}
		if err := log.Close(); err != nil || n != 10 || log.Dropped() != 0 {
			t.Errorf("Close = %v, %d lines written, %d dropped; want 10 written", err, n, log.Dropped())
		}
	})
}

// TestWriterMayFailInEveryWay: a Write that panics or ends its goroutine ends
// neither the process nor the log.
func TestWriterMayFailInEveryWay(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(){"panic": func() { panic("boom") }, "nil panic": func() { panic(nil) }, "goexit": goruntime.Goexit} {
		for _, required := range []bool{false, true} {
			log := audit.New(writer(func([]byte) (int, error) { fail(); return 0, nil }), audit.Options{Required: required})
			done := make(chan error, 1)
			go func() {
				err := errors.New("the goroutine ended")
				defer func() { done <- err }()
				_, err = log.Intent(context.Background(), denied("a"))
			}()
			if err := <-done; (err != nil) != required {
				t.Errorf("%s, required %t: Intent = %v", name, required, err)
			}
			if err := log.Close(); name != "goexit" && (err == nil || log.Dropped() != 1) {
				t.Errorf("%s, required %t: Close = %v, dropped %d", name, required, err, log.Dropped())
			}
		}
	}
}

// TestWriterMayCallTheLog: every method returns in a Write.
func TestWriterMayCallTheLog(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{false, true} {
		var log *audit.Log
		var once sync.Once
		var inner error
		called := make(chan struct{})
		ready := make(chan struct{})
		log = audit.New(writer(func(b []byte) (int, error) {
			<-ready
			once.Do(func() {
				_, inner = log.Intent(context.Background(), denied("inner"))
				log.Dropped()
				_ = log.Close()
				close(called)
			})
			return len(b), nil
		}), audit.Options{Required: required})
		close(ready)
		log.Intent(context.Background(), denied("outer"))
		<-called
		if (inner != nil) != required {
			t.Errorf("required %t: the inner Intent = %v", required, inner)
		}
		if err := log.Close(); err != nil && !required {
			t.Errorf("Close = %v", err)
		}
	}
}
