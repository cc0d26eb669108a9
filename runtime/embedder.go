package runtime

import "time"

// letFail lets code of the embedder panic in a goroutine of the Runtime, where nobody
// could recover that and it would end the process. Defer it.
func letFail() { _ = recover() }

// unfailing returns a clock for such goroutines, which is that of the system when now
// panics.
func unfailing(now func() time.Time) func() time.Time {
	return func() (t time.Time) {
		t = time.Now()
		defer letFail()
		return now()
	}
}
