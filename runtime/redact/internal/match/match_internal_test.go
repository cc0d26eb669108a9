package match

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

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
func (v *text) Live() bool   { return !v.gone.Load() }
func (v *text) Forced() bool { return false }
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
