package match

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// Whatever the size of a filter, no gram of its set is passed over, at any stride, and
// few others pass.
func TestFilterPassesItsGrams(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, count := range []int{50, 20_000, 100_000, 700_000} {
		for _, c := range []struct {
			size int
			low  bool
		}{{3, false}, {4, true}, {8, false}, {8, true}} {
			size, low := c.size, c.low
			f := newFilter(count, rnd.Uint64()|1, ^uint64(0)>>(64-8*size))
			grams := make([]uint64, count)
			for i := range grams {
				var b [8]byte
				for k := range b {
					if b[k] = byte('0' + rnd.IntN(75)); low && rnd.IntN(4) == 0 {
						b[k] = byte(rnd.IntN(2)) // zero bytes too, also at the end
					}
				}
				grams[i] = f.gramAt(b[:], 0)
				f.add(grams[i])
			}
			for range 300 {
				gram := grams[rnd.IntN(count)]
				stride := 1 + rnd.IntN(9)
				at := stride * rnd.IntN(20)
				text := make([]byte, at+8+rnd.IntN(40))
				binary.LittleEndian.PutUint64(text[at:], gram)
				for i := 0; ; i += stride {
					if i = f.next(text, i, stride); i >= at {
						if i > at || !f.mayHold(f.gramAt(text, i)) || !f.has(gram) {
							t.Fatalf("%d grams of %d bytes: %x at %d was passed over", count, size, gram, at)
						}
						break
					}
				}
			}
			passed := 0
			for range 10_000 {
				if x := rnd.Uint64() & f.mask; f.has(x) && f.mayHold(x) {
					passed++
				}
			}
			if size == 8 && !low && passed > 200 {
				t.Errorf("%d grams: %d of 10,000 other grams pass", count, passed)
			}
		}
	}
}

// The only gram of a set passes, wherever a zero byte or one beyond ASCII is in it.
func TestFilterPassesAnyByte(t *testing.T) {
	t.Parallel()
	for at := range 8 {
		for _, c := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			b := []byte("abcdefgh")
			b[at] = c
			f := newFilter(1, 12345, ^uint64(0))
			gram := f.gramAt(b, 0)
			f.add(gram)
			if !f.has(gram) || !f.mayHold(gram) {
				t.Errorf("a filter of %q does not pass it", b)
			}
		}
	}
}
