package match

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// bytesOf is a value of some bytes.
type bytesOf []byte

func (b bytesOf) Live() bool                        { return true }
func (b bytesOf) Expose(f func([]byte) error) error { return f(b) }
func (b bytesOf) Forced() bool                      { return false }
func (b bytesOf) Mask() string                      { return "[REDACTED:k]" }
func (b bytesOf) Hint() (hint, text, plain string)  { return "", "[REDACTED:k]", "[REDACTED:k]" }

// TM-004: however many values there are and whatever is in them, the patterns in memory
// at a time are bounded, also when values are merged, and every value is found.
func TestTM004PatternsInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	x := NewIndex(encodings.Options{})
	var all []bytesOf
	for i := range 150 {
		b := make([]byte, 900+r.IntN(120))
		for at := range b {
			b[at] = byte(r.Uint32())
		}
		b[0], b[len(b)-1] = 'x', 'x' // no white space
		all = append(all, b)
		x.Add(bytesOf(b))
		if i%37 == 36 {
			x.Refresh()
		}
	}
	check := func(after string) {
		t.Helper()
		x.merges.Wait()
		x.mu.Lock()
		defer x.mu.Unlock()
		values, text := 0, 0
		for _, g := range x.generations.list {
			values, text = values+len(g.vals), text+g.text
			if g.text > maxText+8<<20 {
				t.Errorf("after %s, %d bytes of patterns were in memory at a time", after, g.text)
			}
		}
		if values != len(all) || text < maxText+maxText/2 {
			t.Errorf("after %s there are %d values of %d, with %d bytes of patterns", after, values, len(all), text)
		}
		for i, b := range all {
			if i%5 != 0 {
				continue
			}
			sc := NewScan()
			x.Set().Text(sc, append(append([]byte("x "), b...), " y"...))
			if got := sc.AppendMasked(nil, append(append([]byte("x "), b...), " y"...)); !bytes.Equal(got, []byte("x [REDACTED:k] y")) {
				t.Errorf("after %s, value %d is not found: %.60q", after, i, got)
			}
		}
	}
	x.Refresh()
	check("Refresh")
	x.Compact()
	check("Compact")
	if n := len(x.generations.list); n > 8 {
		t.Errorf("%d generations after Compact", n)
	}
}

// Large values that come one after the other are merged too: a search does not go through
// each of them alone.
func TestFewLargeValuesAreMerged(t *testing.T) {
	t.Parallel()
	const values = 9
	r := rand.New(rand.NewPCG(5, 5))
	x := NewIndex(encodings.Options{})
	text := 0
	for range values {
		b := make([]byte, 20000)
		for at := range b {
			b[at] = byte(r.Uint32())
		}
		b[0], b[len(b)-1] = 'x', 'x'
		x.Add(bytesOf(b))
		x.Refresh()
		x.merges.Wait()
	}
	for _, g := range x.generations.list {
		text += g.text
	}
	if n := len(x.generations.list); n > values/2+1 {
		t.Errorf("%d values with %d bytes of patterns are in %d generations", values, text, n)
	}
}
