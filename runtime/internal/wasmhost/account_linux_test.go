package wasmhost_test

import (
	goruntime "runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// threadTime returns the processor time of the calling thread.
func threadTime(t testing.TB) time.Duration {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &ru); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// Host functions pay at least 16 units for each microsecond of their work: a slice is
// about a millisecond, whichever of them uses it. The processor time of a call with a known fuel
// shows it. The machine may be busy, so a half of that is accepted.
func TestTM009HostFunctionsPayForTheirWork(t *testing.T) {
	const (
		fuel      = 2 << 20
		perMicro  = 16
		allowance = 2
	)
	for _, b := range busyGuests() {
		t.Run(b.name, func(t *testing.T) {
			goruntime.LockOSThread() // a subtest is a goroutine of its own
			defer goruntime.UnlockOSThread()
			p := openBusy(t, b, wasmhost.Limits{}, fuel)
			best := time.Hour
			for range 3 {
				if best <= fuel*time.Microsecond/perMicro {
					break
				}
				start := threadTime(t)
				err := b.ask(t.Context(), p)
				took := threadTime(t) - start
				if took <= 0 {
					t.Fatalf("the call took %v of the thread's time", took)
				}
				best = min(best, took)
				if code := secret.CodeOf(err); code != secret.ErrTimeout && code != secret.ErrTooLarge {
					t.Fatalf("%v, want the end of the fuel", err)
				}
			}
			paid := fuel * time.Microsecond / perMicro
			t.Logf("%.1f units a microsecond", fuel/(float64(best)/1000))
			if best > allowance*paid {
				t.Errorf("%v of work were paid as %v", best, paid)
			}
		})
	}
}
