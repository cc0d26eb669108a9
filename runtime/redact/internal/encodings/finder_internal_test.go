package encodings

import (
	"math/rand/v2"
	"testing"
)

// No escape that quotes begin is passed over.
func TestDoubledQuotesAreFound(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	a := &Alphabet{}
	a.Add([]byte(`"'x`))
	a.Done()
	for range 20_000 {
		text := make([]byte, rnd.IntN(40))
		for i := range text {
			text[i] = `"'#& \ax`[rnd.IntN(8)]
		}
		for i := range text {
			want := i
			for want < len(text) && (text[want] != '"' && text[want] != '\'' || !a.begins(text[want:])) {
				want++
			}
			if got := doubledQuotes(text, i); got > want {
				t.Fatalf("%q from %d: the next is %d, want %d at most", text, i, got, want)
			}
		}
	}
}
