package guesttext

import (
	goruntime "runtime"
	"time"
)

// work bounds the work for the text of a call, which the host does after the guest has
// ended. It is paid from the account of the call as long as the call has time and fuel,
// and is never more than workTime. Of a call that is over it is at most graceWork.
//
// It is counted and not measured, so that the same call has the same text on a busy
// machine. Only the work for a call whose time or context is over is measured too.
type work struct {
	pays func(units int64) (paid bool)
	left time.Duration // as it was measured on a slow machine; negative once it is used up
	owed time.Duration // what is not paid
	over bool          // the call has no fuel or no time
	end  time.Time     // of the work for a call that has no time; zero if it has
}

const (
	workTime  = 40 * time.Millisecond
	graceWork = 5 * time.Millisecond
	graceTime = 20 * time.Millisecond
	owedWork  = 128 * time.Microsecond // after that much, deadline and context are looked at
	workUnits = 16                     // for a microsecond
)

func newWork(pays func(units int64) (paid bool)) *work {
	w := &work{pays: pays, left: workTime}
	w.pay()
	return w
}

// spend counts work that is about to be done. It reports false if there is too much.
func (w *work) spend(d time.Duration) bool {
	if w.left < d {
		w.left = -1
		return false
	}
	w.left -= d
	if w.owed += d; w.owed >= owedWork {
		w.pay()
	}
	return w.left >= 0
}

// each counts work on n things of which each takes d.
func (w *work) each(n int, d time.Duration) bool { return w.spend(time.Duration(n) * d) }

// done reports whether there was too much.
func (w *work) done() bool { return w.left < 0 }

func (w *work) pay() {
	units := w.owed.Microseconds() * workUnits
	w.owed = 0
	if w.pays == nil {
		return
	}
	if !w.over && !w.pays(units) {
		w.over, w.left = true, min(w.left, graceWork)
	}
	if !w.over {
		return
	}
	goruntime.Gosched()
	switch {
	case !w.end.IsZero():
		if time.Now().After(w.end) {
			w.left = -1
		}
	case !w.pays(0): // not only out of fuel
		w.end = time.Now().Add(graceTime)
	}
}
