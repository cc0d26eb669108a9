package redact_test

import (
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

const heldValue = "ghp_5f0c9a7b5f0c"

// clockwork is a registry with a clock that the test moves.
type clockwork struct {
	*redact.Registry
	t   *testing.T
	now time.Time
}

func newClockwork(t *testing.T) *clockwork {
	c := &clockwork{t: t, now: time.Unix(1e9, 0)}
	c.Registry = redact.New(redact.Options{Grace: time.Minute, Now: func() time.Time { return c.now }})
	t.Cleanup(c.Close)
	return c
}

// pass moves the clock and lets the registry look at it.
func (c *clockwork) pass(d time.Duration) {
	c.now = c.now.Add(d)
	c.Len()
}

func (c *clockwork) hold(key, value string, m mask.Mask) *redact.Hold {
	c.t.Helper()
	s := secretOf(c.t, []byte(value))
	defer s.Destroy()
	h, err := c.Hold(redact.Entry{Key: key, Secret: s, Mask: m})
	if err != nil {
		c.t.Fatal(err)
	}
	return h
}

// shows checks how heldValue is masked, and how many values there are.
func (c *clockwork) shows(when, want string, values int) {
	c.t.Helper()
	if got := c.String(heldValue); got != want {
		c.t.Errorf("%s: the value became %q, want %q", when, got, want)
	}
	if got := c.Len(); got != values {
		c.t.Errorf("%s: Len = %d, want %d", when, got, values)
	}
}

func TestHoldRelease(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	a, b := c.hold("k", heldValue, mask.Mask{}), c.hold("k", heldValue, mask.Mask{})
	a.Release()
	a.Release()
	a.Drop()
	c.pass(time.Hour)
	c.shows("one of two released", "[REDACTED:k]", 1)
	b.Release()
	c.pass(time.Minute - 1)
	c.shows("in the grace", "[REDACTED:k]", 1)
	if st := c.Status(); st.Values != 1 || st.Retired != 1 {
		t.Errorf("in the grace: %+v", st)
	}
	b.Release() // does not begin the grace again
	c.pass(1)
	c.shows("after the grace", heldValue, 0)
}

// The grace begins with Release, although nothing else uses the registry then.
func TestHoldReleaseStampsTheTime(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	c.hold("k", heldValue, mask.Mask{}).Release()
	c.now = c.now.Add(time.Minute)
	c.shows("after the grace", heldValue, 0)
}

func TestHoldAgainInTheGrace(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	c.hold("k", heldValue, mask.Mask{}).Release()
	c.pass(time.Minute - 1)
	again := c.hold("k", heldValue, mask.Mask{})
	c.pass(time.Hour)
	c.shows("held again", "[REDACTED:k]", 1)
	again.Release()
	c.pass(time.Minute)
	c.shows("released again", heldValue, 0)
}

// Drop does not end the grace of other holds.
func TestHoldDrop(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	h := c.hold("k", heldValue, mask.Mask{})
	h.Drop()
	h.Release()
	c.shows("dropped", heldValue, 0)

	c.hold("k", heldValue, mask.Mask{}).Release()
	c.pass(time.Second)
	c.hold("k", heldValue, mask.Mask{}).Drop()
	c.shows("dropped in the grace of another hold", "[REDACTED:k]", 1)
	c.pass(time.Minute - time.Second)
	c.shows("after that grace", heldValue, 0)

	other := c.hold("k", heldValue, mask.Mask{})
	c.hold("k", heldValue, mask.Mask{}).Drop()
	c.pass(time.Hour)
	c.shows("dropped while another one holds", "[REDACTED:k]", 1)
	other.Drop()
	c.shows("both dropped", heldValue, 0)
}

// A registration counts once, and ends independently of holds.
func TestHoldAndRegistration(t *testing.T) {
	t.Parallel()
	s := secretOf(t, []byte(heldValue))
	for name, c := range map[string]struct {
		end  func(*redact.Registry)
		left string
	}{
		"Remove": {func(r *redact.Registry) { r.Remove("k", s) }, heldValue},
		"Retire": {func(r *redact.Registry) { r.Retire("k", s) }, "[REDACTED:k]"},
	} {
		r := newClockwork(t)
		for range 3 {
			if err := r.Add("k", s); err != nil {
				t.Fatal(err)
			}
		}
		h := r.hold("k", heldValue, mask.Mask{})
		c.end(r.Registry)
		r.pass(time.Hour)
		r.shows(name+" of what is held", "[REDACTED:k]", 1)
		if err := r.AddDeferred(redact.Entry{Key: "k", Secret: s}); err != nil {
			t.Fatal(err)
		}
		h.Drop()
		r.pass(time.Hour)
		r.shows("dropped what is registered", "[REDACTED:k]", 1)
		c.end(r.Registry)
		r.shows(name, c.left, strings.Count(c.left, "REDACTED"))
		r.pass(time.Minute)
		r.shows(name+" and the grace", heldValue, 0)
	}
}

// When the first of two handles on equal bytes is removed and destroyed, the value
// stays masked for the second.
func TestTwoHandlesOnEqualBytes(t *testing.T) {
	t.Parallel()
	for name, raise := range map[string]func(*clockwork, secret.Secret) (end func()){
		"registered under two keys": func(c *clockwork, s secret.Secret) func() {
			if err := c.Add("a", s); err != nil {
				t.Fatal(err)
			}
			return func() { c.Remove("a", s) }
		},
		"held": func(c *clockwork, s secret.Secret) func() {
			h, err := c.Hold(redact.Entry{Key: "k", Secret: s})
			if err != nil {
				t.Fatal(err)
			}
			return h.Drop
		},
		"held and removed late": func(c *clockwork, s secret.Secret) func() {
			h, err := c.Hold(redact.Entry{Key: "k", Secret: s})
			if err != nil {
				t.Fatal(err)
			}
			return func() { h.Release(); c.pass(time.Hour) }
		},
	} {
		c := newClockwork(t)
		first, second := secretOf(t, []byte(heldValue)), secretOf(t, []byte(heldValue))
		end := raise(c, first)
		if err := c.Add("k", second); err != nil {
			t.Fatal(err)
		}
		end()
		first.Destroy()
		for _, compact := range []bool{false, true} {
			if compact {
				c.Compact()
			}
			c.shows(name, "[REDACTED:k]", 1)
			if got := c.String("Z2hwXzVmMGM5YTdiNWYwYw=="); got != "[REDACTED:k]" {
				t.Errorf("%s: in base64 the value became %q", name, got)
			}
		}
		second.Destroy()
		c.shows(name+", both destroyed", "[REDACTED:k]", 1)
	}
}

func TestHoldUnderTwoKeys(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	b, a := c.hold("b", heldValue, mask.Mask{}), c.hold("a", heldValue, mask.Mask{})
	c.shows("both held", "[REDACTED:a]", 1)
	a.Release()
	c.shows("the smaller one in its grace", "[REDACTED:a]", 1)
	c.pass(time.Minute)
	c.shows("the smaller one gone", "[REDACTED:b]", 1)
	b.Drop()
	c.shows("both gone", heldValue, 0)
}

// If holders of a key want different masks, the one that shows the least is used;
// those in their grace count only if there are no others.
func TestHoldMasks(t *testing.T) {
	t.Parallel()
	const (
		full, hash, two, four = "[REDACTED:k]", "[REDACTED:k:hmac:", "[REDACTED:k:0c]", "[REDACTED:k:ghp_]"
	)
	c := newClockwork(t)
	shows := func(when, want string) {
		t.Helper()
		if got := c.String(heldValue); !strings.HasPrefix(got, want) {
			t.Errorf("%s: the value became %q, want %q", when, got, want)
		}
	}
	first := c.hold("k", heldValue, mask.Mask{Mode: mask.First})
	shows("first 4", four)
	last := c.hold("k", heldValue, mask.Mask{Mode: mask.Last, Keep: 2})
	shows("and last 2", two)
	keyed := c.hold("k", heldValue, mask.Mask{Mode: mask.Hash})
	shows("and hash", hash)
	none := c.hold("k", heldValue, mask.Mask{})
	shows("and full", full)
	c.hold("a", heldValue, mask.Mask{Mode: mask.First}).Drop() // affects only key a
	none.Release()
	c.pass(0)
	shows("full released", hash)
	keyed.Drop()
	last.Release()
	c.pass(0)
	shows("only first 4 is live", four)
	first.Release()
	c.pass(time.Second)
	shows("all in their grace", full)
	s := secretOf(t, []byte(heldValue))
	for _, m := range []mask.Mask{{}, {Mode: mask.First}} { // a registration takes the latest mask
		if err := c.AddAll([]redact.Entry{{Key: "k", Secret: s, Mask: m}}); err != nil {
			t.Fatal(err)
		}
	}
	shows("registered", four)
}

// Two registries do not affect each other.
func TestHoldInTwoRegistries(t *testing.T) {
	t.Parallel()
	a, b := newClockwork(t), newClockwork(t)
	s := secretOf(t, []byte(heldValue))
	ha, err := a.Hold(redact.Entry{Key: "a", Secret: s})
	if err != nil {
		t.Fatal(err)
	}
	hb, err := b.Hold(redact.Entry{Key: "b", Secret: s})
	if err != nil {
		t.Fatal(err)
	}
	s.Destroy()
	ha.Drop()
	a.shows("dropped", heldValue, 0)
	b.shows("dropped elsewhere", "[REDACTED:b]", 1)
	a.Close()
	b.shows("the other one closed", "[REDACTED:b]", 1)
	hb.Release()
	b.pass(time.Minute)
	b.shows("released", heldValue, 0)
}

// Close ends all holds. A Hold from before Close does not affect later ones.
func TestHoldAcrossClose(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	h := c.hold("k", heldValue, mask.Mask{})
	c.Close()
	c.shows("closed", heldValue, 0)
	late := c.hold("k", heldValue, mask.Mask{})
	h.Drop()
	c.pass(time.Hour)
	c.shows("held after Close", "[REDACTED:k]", 1)
	late.Drop()
	c.shows("dropped", heldValue, 0)
}

// A value that is not searched is counted and listed.
func TestHoldUnsearched(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	h := c.hold("k", "abc", mask.Mask{})
	other := c.hold("k", "abc", mask.Mask{Mode: mask.Hash})
	if st := c.Status(); st.Values != 1 || len(st.Unsearched) != 1 || st.Unsearched[0].Key != "k" {
		t.Errorf("status %+v, want one unsearched value", st)
	}
	h.Release()
	other.Release()
	c.pass(time.Minute)
	if st := c.Status(); st.Values != 0 || len(st.Unsearched) != 0 {
		t.Errorf("status %+v after the grace, want none", st)
	}
}

// Not parallel: it counts the cells of the process.
func TestHoldCopies(t *testing.T) {
	const n = 500
	c := newClockwork(t)
	secrets, holds := make([]secret.Secret, n), make([]*redact.Hold, 0, 2*n)
	for i := range secrets {
		secrets[i] = secretOf(t, fmt.Appendf(nil, "value-%04d-5f0c9a7b", i))
	}
	start := slab.Stat().Cells
	holdAll := func() {
		for i, s := range secrets {
			h, err := c.Hold(redact.Entry{Key: fmt.Sprint("k", i), Secret: s})
			if err != nil {
				t.Fatal(err)
			}
			holds = append(holds, h)
		}
	}
	holdAll()
	once := slab.Stat().Cells
	holdAll()
	if again := slab.Stat().Cells; again > once {
		t.Errorf("holding %d values again took %d cells", n, again-once)
	}
	for _, h := range holds {
		h.Release()
	}
	c.pass(time.Minute)
	// Cells of other tests may be freed meanwhile, so these are bounds.
	if end := slab.Stat().Cells; once > start+n || end > once-n || c.Len() != 0 {
		t.Errorf("%d cells before, %d with %d values held, %d after the grace; %d values are left", start, once, n, end, c.Len())
	}
	c.hold("k", heldValue, mask.Mask{})
	held := slab.Stat().Cells
	c.Close()
	if end := slab.Stat().Cells; end >= held {
		t.Errorf("%d cells before Close, %d after", held, end)
	}
	for _, s := range secrets {
		s.Destroy()
	}
}

// Release does not wait for a registry that is in use.
func TestHoldReleaseTakesNoLock(t *testing.T) {
	t.Parallel()
	now := make(chan func() time.Time, 1)
	now <- time.Now
	entered, leave := make(chan struct{}), make(chan struct{})
	r := redact.New(redact.Options{Now: func() time.Time {
		f := <-now
		now <- time.Now
		return f()
	}})
	defer r.Close()
	s := secretOf(t, []byte(heldValue))
	a, err := r.Hold(redact.Entry{Key: "k", Secret: s})
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Hold(redact.Entry{Key: "k", Secret: s})
	if err != nil {
		t.Fatal(err)
	}
	a.Release()
	<-now
	now <- func() time.Time { close(entered); <-leave; return time.Now() }
	var wg sync.WaitGroup
	wg.Go(func() { r.Len() }) // reads the clock with the mutex locked
	<-entered
	b.Release()
	close(leave)
	wg.Wait()
	if st := r.Status(); st.Retired != 1 {
		t.Errorf("status %+v, want one retired value", st)
	}
}

// No holder is lost when values are held, released and searched at once.
func TestHoldConcurrently(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{Grace: 1})
	defer r.Close()
	value := func(i int) string { return fmt.Sprintf("value-%04d-5f0c9a7b", i) }
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				s, err := secret.FromString(value(i % 10))
				if err != nil {
					t.Error(err)
					return
				}
				h, err := r.Hold(redact.Entry{Key: fmt.Sprint("k", i%3), Secret: s})
				s.Destroy()
				if err != nil {
					t.Error(err)
					return
				}
				if got := r.String(value(i % 10)); !strings.HasPrefix(got, "[REDACTED:k") {
					t.Errorf("a held value became %q, want a mask", got)
				}
				if (g+i)%2 == 0 {
					h.Drop()
				} else {
					wg.Go(h.Release)
				}
			}
		})
	}
	wg.Wait()
	for r.Len() != 0 {
		// The real clock passes the grace of a nanosecond.
	}
	if got := r.String(value(3)); got != value(3) {
		t.Errorf("a value that nothing holds became %q", got)
	}
}

// The garbage collector may release a hold.
func TestHoldReleaseInCleanup(t *testing.T) {
	t.Parallel()
	c := newClockwork(t)
	done := make(chan struct{})
	func() {
		type handle struct{ _ [64]byte }
		owner := &handle{}
		goruntime.AddCleanup(owner, func(h *redact.Hold) { h.Release(); close(done) }, c.hold("k", heldValue, mask.Mask{}))
		c.shows("reachable", "[REDACTED:k]", 1)
		goruntime.KeepAlive(owner)
	}()
	for released := false; !released; {
		goruntime.GC()
		select {
		case <-done:
			released = true
		default:
			goruntime.Gosched()
		}
	}
	c.pass(time.Minute)
	c.shows("after the grace", heldValue, 0)
}
