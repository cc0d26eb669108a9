package encodings

import (
	"math/rand/v2"
	"testing"
)

// No escape that quotes begin is passed over.
func TestDoubledQuotesAreFound(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		text := make([]byte, rnd.IntN(40))
		for i := range text {
			text[i] = `"'#& \ax`[rnd.IntN(8)]
		}
		for i := range text {
			want := i
			for want < len(text) && !(isQuote(text[want]) && want+1 < len(text) && isQuote(text[want+1])) {
				want++
			}
			if got := doubledQuotes(text, i); got > want {
				t.Fatalf("%q from %d: the next is %d, want %d at most", text, i, got, want)
			}
		}
	}
}

// Escapes are found as they are without what the finder remembers of a text.
func TestRememberedRunsChangeNothing(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 10))
	for _, known := range []string{"n", `\`, "'x", "\n\"", "plain"} {
		a := &Alphabet{}
		a.Add([]byte(known))
		a.Done()
		for range 5_000 {
			text := make([]byte, 1+rnd.IntN(60))
			for i := range text {
				text[i] = `\\\\\\'"nx0%&`[rnd.IntN(13)]
			}
			var d Decoded
			for i := 0; i < len(text); i += 1 + rnd.IntN(3) {
				var fresh Decoded
				if got, want := d.Escape(text, i, a), fresh.Escape(text, i, a); got != want {
					t.Fatalf("%q with %q known, from %d: %d, want %d", text, known, i, got, want)
				}
			}
		}
	}
}
