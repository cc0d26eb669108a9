package substrings_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/postern-project/postern/runtime/internal/capability/guesttext/substrings"
)

// The longest end of what was read that stands in the text is found after each byte,
// in texts of few bytes, which repeat themselves, and of all bytes.
func TestLongestEnds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, letters := range []int{1, 2, 3, 40, 256} {
		for range 60 {
			text, read := some(random, 600, letters), some(random, 200, letters+1)
			x := substrings.New(len(text) / 2) // it may grow
			for _, c := range text {
				x.Add(c)
			}
			copy(read[50:], text[len(text)/3:])
			var end substrings.End
			for i, c := range read {
				end = x.Step(end, c)
				longest := 0
				for longest <= i && bytes.Contains(text, read[i-longest:i+1]) {
					longest++
				}
				if end.Length != longest {
					t.Fatalf("%d letters: %d bytes end at %d, want %d", letters, end.Length, i, longest)
				}
			}
		}
	}
}

func some(random *rand.Rand, n, letters int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(random.IntN(letters))
	}
	return out
}

// The edges that are looked at are bounded, also if each byte comes before all others.
func TestEdgesAreBounded(t *testing.T) {
	t.Parallel()
	x := substrings.New(1 << 16)
	for i := range 1 << 14 {
		for _, c := range []byte{'a', byte(i * 7), byte(i >> 6)} {
			x.Add(c)
		}
	}
	if n := x.Looked(); n == 0 || n > 100*3<<14 {
		t.Errorf("%d edges for %d bytes", n, 3<<14)
	}
	if n := x.Looked(); n != 0 {
		t.Errorf("%d edges were looked at meanwhile", n)
	}
}
