package match

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// text is a Value for tests.
type text struct {
	bytes string
	gone  atomic.Bool
}

func (v *text) Expose(f func([]byte) error) error {
	if v.gone.Load() {
		return fmt.Errorf("gone")
	}
	return f([]byte(v.bytes))
}
func (v *text) Live() bool                       { return !v.gone.Load() }
func (v *text) Forced() bool                     { return false }
func (v *text) Hint() (hint, mask, plain string) { return "", v.Mask(), v.Mask() }

func (v *text) Mask() string { return "<" + v.bytes[:2] + ">" }

func mask(x *Index, s string) string {
	sc := NewScan()
	defer sc.Wipe()
	if x.Stale() {
		x.Refresh()
	}
	text := sc.Copy(s)
	x.Set().Text(sc, text)
	return string(sc.AppendMasked(nil, text))
}

// A value is found from Add on, in all generations, until it is gone or the index is
// reset.
func TestIndex(t *testing.T) {
	t.Parallel()
	x := NewIndex(encodings.Options{RawOnly: true})
	var vals []*text
	for i := range 200 {
		v := &text{bytes: fmt.Sprintf("%02d-value-%03d", i%100, i)}
		vals = append(vals, v)
		x.Add(v)
		if !x.Stale() {
			t.Fatalf("value %d: not stale after Add", i)
		}
		vals[i/2].gone.Store(i%4 == 3 || vals[i/2].gone.Load())
		if i == 150 {
			x.Compact()
		}
		for j := 0; j <= i; j += 1 + i/10 {
			want := vals[j].Mask()
			if !vals[j].Live() {
				want = vals[j].bytes
			}
			if got := mask(x, vals[j].bytes); got != want {
				t.Fatalf("after %d values: %q became %q, want %q", i+1, vals[j].bytes, got, want)
			}
		}
	}
	if patterns, size := x.Set().Size(); x.Stale() || patterns < 100 || size < patterns {
		t.Errorf("%d patterns in %d bytes", patterns, size)
	}
	x.Reset()
	if got := mask(x, vals[199].bytes); got != vals[199].bytes || !x.Set().Empty() {
		t.Errorf("after Reset %q became %q", vals[199].bytes, got)
	}
}

// A set has every value whose Add has returned, while others are added.
func TestIndexConcurrently(t *testing.T) {
	t.Parallel()
	x := NewIndex(encodings.Options{RawOnly: true})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 100 {
				v := &text{bytes: fmt.Sprintf("%02d-value-%03d", g, i)}
				x.Add(v)
				if got := mask(x, v.bytes); got != v.Mask() {
					t.Errorf("%q became %q after Add", v.bytes, got)
				}
				if g == 0 && i%30 == 0 {
					x.Compact()
				}
			}
		})
	}
	wg.Wait()
	x.Reset()
}

// New values cost what they cost alone: the matcher of those before is not built
// again, and while theirs is built, others can be added.
func TestNewValuesBuildOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := NewIndex(encodings.Options{})
		for i := range 1000 {
			x.Add(&text{bytes: fmt.Sprintf("%02d-known-%04d", i%100, i)})
		}
		x.Refresh()
		known := x.Set().matchers[0]
		for i := range 29 {
			x.Add(&text{bytes: fmt.Sprintf("%02d-later-%04d", i, i)})
		}
		slow := &slow{text{bytes: "29-later-0029"}, make(chan struct{})}
		x.Add(slow)
		refreshed := make(chan struct{})
		go func() { x.Refresh(); close(refreshed) }()
		synctest.Wait() // Refresh is encoding the last value
		x.Add(&text{bytes: "30-later-0030"})
		close(slow.wait)
		<-refreshed
		if set := x.Set(); len(set.matchers) != 2 || set.matchers[0] != known || len(set.matchers[1].vals) != 30 {
			t.Errorf("%d matchers, want that of the known values and one of the 30 new ones", len(set.matchers))
		}
		if got := mask(x, "30-later-0030 29-later-0029 29-known-0029"); got != "<30> <29> <29>" {
			t.Errorf("the text became %q", got)
		}
		x.Reset()
	})
}

// However values arrive, a search has few matchers to go through once merges are done.
func TestMergesKeepMatchersFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := NewIndex(encodings.Options{RawOnly: true})
		n := 0
		for range 300 {
			for range 1 + n%17 {
				x.Add(&text{bytes: fmt.Sprintf("%02d-value-%05d", n%100, n)})
				n++
			}
			x.Refresh()
			synctest.Wait()
		}
		st, vals := x.Set(), 0
		for _, mt := range st.matchers {
			vals += len(mt.vals)
		}
		if len(st.matchers) > 6 || vals != n {
			t.Errorf("%d matchers of %d values, want 6 or fewer of %d", len(st.matchers), vals, n)
		}
		x.Add(&text{bytes: "last-value-x"})
		x.Refresh()
		x.Reset() // waits for a merge under way
	})
}

// slow is a value that waits before it is encoded.
type slow struct {
	text
	wait chan struct{}
}

func (v *slow) Expose(f func([]byte) error) error {
	<-v.wait
	return v.text.Expose(f)
}

// Wipe also clears the bytes that were made for a matcher before the last one.
func TestScanWipe(t *testing.T) {
	t.Parallel()
	x := NewIndex(encodings.Options{})
	x.Add(&text{bytes: "old-value-5f0c9a7b"})
	x.Compact()
	x.Add(&text{bytes: "new-value-1b2c3d4e"})
	x.Refresh()
	sc := NewScan()
	in := []byte("old-value-5f0c9a7b")
	x.Set().Text(sc, in)
	if len(sc.Matches) != 1 || len(x.Set().matchers) != 2 {
		t.Fatalf("%d matches of %d matchers", len(sc.Matches), len(x.Set().matchers))
	}
	made := sc.speller.Spell(nil, 0) // the memory of the last spelling
	if made = made[:cap(made)]; !bytes.Contains(made, []byte("value-5f0c9a7b")) {
		t.Fatalf("the search left %q, so the test tests nothing", made)
	}
	sc.Wipe()
	if len(bytes.Trim(made, "\x00")) != 0 {
		t.Errorf("after Wipe the memory holds %q", made)
	}
}

// A value with a byte that text seldom has, and what the escapes in a value stand for,
// is found among many others, also where the text has control sequences.
func TestValuesWithControlBytesAreFound(t *testing.T) {
	t.Parallel()
	for _, others := range []int{0, 3000} {
		x := NewIndex(encodings.Options{})
		for i := range others {
			x.Add(&text{bytes: fmt.Sprintf("%02d-other-%06d-%06d", i%100, i, i*7919)})
		}
		vals := []string{"q1\x1babc", "\x1bq2abc", "q3abc\x1b", "q4\x00abcdef", "\x00q5abc", "q6\x1b\x00abc",
			"q7\x1babcdefghijklmnopqrstuvwxyz", "q8abcdefghijklmnopqrstuvwxyz\x1b[0m", "q9\x00abcdefghijklmnopqrstuvwxyz"}
		for _, v := range vals {
			x.Add(&text{bytes: v})
		}
		for at := range 30 { // wherever the byte is
			b := []byte(fmt.Sprintf("%02dabcdefghijklmnopqrstuvwxyz\xe8yz", 20+at))
			b[2+at%29] = byte(at % 2 * encodings.ESC)
			vals = append(vals, string(b))
			x.Add(&text{bytes: string(b)})
		}
		x.Add(&text{bytes: `q0\ehidden\x1b-in-escapes`})
		vals = append(vals, "q0\x1bhidden\x1b-in-escapes")
		for _, v := range vals {
			for _, around := range []string{"", " ", "\x1b[1m", "some words before it "} {
				in := around + v + "\n" + around
				if got, want := mask(x, in), around+(&text{bytes: v}).Mask()+"\n"+around; got != want {
					t.Errorf("%d others: %q became %q, want %q", others, in, got, want)
				}
			}
		}
	}
}

// counted is a value that counts how often it is encoded or compared.
type counted struct {
	text
	exposed *atomic.Int64
}

func (v *counted) Expose(f func([]byte) error) error {
	v.exposed.Add(1)
	return v.text.Expose(f)
}

// Values that are added one after the other, with no search in between, are not built
// again and again; the next search finds all of them, and its values are built at once
// from then on.
func TestValuesAddedInARowAreBuiltOnce(t *testing.T) {
	t.Parallel()
	const count = 5000
	x := NewIndex(encodings.Options{RawOnly: true})
	var exposed atomic.Int64
	for i := range count {
		x.Add(&counted{text{bytes: fmt.Sprintf("%02d-value-%04d", i%100, i)}, &exposed})
		x.RefreshEarly(1)
	}
	if got := mask(x, "04-value-4904 and 00-value-0000"); got != "<04> and <00>" {
		t.Errorf("the text became %q", got)
	}
	if n := exposed.Load(); n > 2*count {
		t.Errorf("%d values were encoded %d times, want twice each at most", count, n)
	}
	x.Add(&text{bytes: "zz-value"})
	if x.RefreshEarly(1); x.Stale() {
		t.Error("a value that was added after a search waits for the next one")
	}
	x.Reset()
}
