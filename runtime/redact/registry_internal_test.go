package redact

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

func add(t *testing.T, r *Registry, key, value string) secret.Secret {
	t.Helper()
	s, err := secret.FromString(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add(key, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// Values with equal hashes are distinguished by their bytes.
func TestHashCollision(t *testing.T) {
	t.Parallel()
	texts := []string{"value-a-5f0c9a7b", "value-b-5f0c9a7b", "value-c-5f0c9a7b"}
	for gone := range texts {
		r := New(Options{})
		defer r.Close()
		var list *value
		for i := len(texts) - 1; i >= 0; i-- {
			add(t, r, texts[i][6:7], texts[i])
			hash := maphash.String(r.seed, texts[i])
			v := r.values[hash]
			delete(r.values, hash)
			v.hash, v.next, list = 1, list, v
		}
		r.values[1] = list
		for i, text := range texts {
			if got := r.find(1, []byte(text)); got == nil || got.labels[0].key != text[6:7] {
				t.Fatalf("find(%q) = %+v, which is not number %d", text, got, i)
			}
		}
		v := r.find(1, []byte(texts[gone]))
		r.settle(v, v.unregister(v.labels[0].key, r.opts.Now()), r.opts.Now())
		for i, text := range texts {
			if masked := strings.HasPrefix(r.String(text), "[REDACTED"); masked != (i != gone) || (r.find(1, []byte(text)) != nil) != masked {
				t.Errorf("number %d removed: %q masked is %t", gone, text, masked)
			}
		}
		if r.Len() != len(texts)-1 || r.Status().Values != len(texts)-1 {
			t.Errorf("number %d removed: Len = %d", gone, r.Len())
		}
	}
}

// Another holder of a value does not cause search structures to be built again.
func TestHoldBuildsNothingTwice(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	defer r.Close()
	s := add(t, r, "k", "value-5f0c9a7b")
	before := r.index.Set()
	for _, e := range []Entry{{Key: "k", Secret: s}, {Key: "j", Secret: s, Mask: Mask{Mode: mask.First}}, {Key: "k", Secret: s, Force: true}} {
		h, err := r.Hold(e)
		if err != nil {
			t.Fatal(err)
		}
		if r.index.Stale() {
			t.Errorf("Hold(%+v): the next search builds", e)
		}
		h.Release()
		if err := r.AddAll([]Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	if r.Len() != 1 || r.index.Set() != before {
		t.Error("equal bytes were built again")
	}
}

// The copy of an expired value is wiped although something may still refer to it.
func TestExpiredCopyIsWiped(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	defer r.Close()
	s := add(t, r, "k", "value-5f0c9a7b")
	own := *r.find(maphash.String(r.seed, "value-5f0c9a7b"), []byte("value-5f0c9a7b")).src.Load()
	r.Remove("k", s)
	if err := own.Expose(func([]byte) error { return nil }); err == nil {
		t.Error("the copy of a removed value can still be read")
	}
	if text, err := s.ExposeString(); err != nil || text != "value-5f0c9a7b" {
		t.Errorf("the caller's secret after Remove: %v", err)
	}
}

// A value is queued once, however often it was released.
func TestEndingsHoldAValueOnce(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	defer r.Close()
	s := add(t, r, "k", "value-5f0c9a7b")
	for range 100 {
		h, err := r.Hold(Entry{Key: "k", Secret: s})
		if err != nil {
			t.Fatal(err)
		}
		h.Release()
	}
	if r.Len() != 1 || len(r.ending) != 1 {
		t.Errorf("the value is queued %d times, want once", len(r.ending))
	}
}

// BenchmarkLocked registers 30 new values among 10,000, without building what is
// searched. It reports how long the mutex is held that a Hold, and so a Get, waits for;
// the median and the least of all rounds, because the rest is other processes.
func BenchmarkLocked(b *testing.B) {
	r := New(Options{})
	defer r.Close()
	n := 0
	batch := func(count int) []Entry {
		entries := make([]Entry, count)
		for i := range entries {
			s, err := secret.FromString(fmt.Sprintf("value-%08d-%x", n, n*7919))
			if err != nil {
				b.Fatal(err)
			}
			entries[i] = Entry{Key: fmt.Sprintf("key/%d", n), Secret: s}
			n++
		}
		return entries
	}
	if err := r.AddAll(batch(10_000)); err != nil {
		b.Fatal(err)
	}
	var held []time.Duration
	for b.Loop() {
		b.StopTimer()
		entries := batch(30)
		b.StartTimer()
		start := time.Now()
		if err := r.addSome(entries); err != nil { // holds the mutex throughout
			b.Fatal(err)
		}
		held = append(held, time.Since(start))
	}
	slices.Sort(held)
	b.ReportMetric(float64(held[0].Nanoseconds())/1e3, "least-µs")
	b.ReportMetric(float64(held[len(held)/2].Nanoseconds())/1e3, "median-µs")
}

// A search that lets go of the values of a closed Runtime builds nothing anew: it holds what
// the requests of another Runtime with the same registry wait for.
func TestExpiringSearchBuildsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		defer r.Close()
		const stay, end = 8, 12
		for i := range stay + end {
			s, err := secret.FromString(fmt.Sprintf("value-%08d-%x", i, i*7919))
			if err != nil {
				t.Fatal(err)
			}
			h, err := r.Hold(Entry{Key: fmt.Sprint(i), Secret: s})
			if err != nil {
				t.Fatal(err)
			}
			if i >= stay {
				h.ReleaseLater()
			}
		}
		r.Compact()
		before, _ := r.index.Set().Size()
		r.ExpireInSearches()
		time.Sleep(DefaultGrace + time.Second)
		if got := r.String("value-00000000-0 value-00000008-f778"); got != "[REDACTED:0] value-00000008-f778" {
			t.Errorf("after the grace: %q", got)
		}
		if after, _ := r.index.Set().Size(); after != before {
			t.Errorf("%d patterns before the search and %d after it: it built them anew", before, after)
		}
	})
}
