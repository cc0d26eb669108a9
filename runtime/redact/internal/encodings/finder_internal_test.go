package encodings

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// No escape that quotes begin is passed over.
func TestDoubledQuotesAreFound(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		text := sparse(rnd, `"'#& \ax`)
		for i := range text {
			want := i
			for want < len(text) && !(text[want] == '"' && want+1 < len(text) && isQuote(text[want+1])) {
				want++
			}
			if got := doubledQuotes(text, i); got > want {
				t.Fatalf("%q from %d: the next is %d, want %d at most", text, i, got, want)
			}
		}
	}
}

// sparse returns a short text of the characters, or a long one in which they are rare.
func sparse(rnd *rand.Rand, chars string) []byte {
	size, share := rnd.IntN(40), 1
	if rnd.IntN(100) == 0 {
		size, share = 3*quotesReach, 1+rnd.IntN(200)
	}
	text := make([]byte, size)
	for i := range text {
		text[i] = 'x'
		if rnd.IntN(share) == 0 {
			text[i] = chars[rnd.IntN(len(chars))]
		}
	}
	return text
}

// The next escape is the first character at which one may begin.
func TestEscapesAreFoundInOrder(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(11, 12))
	found := map[byte]int{}
	for _, known := range []string{"n", `\`, `'x`, "\n\"", "plain", "$%^", "`<>&;="} {
		a := &Alphabet{}
		a.Add([]byte(known))
		a.Done()
		for range 3_000 {
			text := sparse(rnd, "\\'\"n0%&$^`#;<")
			for i := 0; i < len(text); i += 1 + rnd.IntN(1+len(text)/20) {
				want := i
				for want < len(text) {
					of := bytes.IndexByte(a.singles, text[want]) >= 0 || text[want] == '"' && a.quotes || want+1 == len(text) && isIn("^`", text[want])
					if of && (&finder{whole: true}).begins(text, want, a) {
						found[text[want]]++
						break
					}
					want++
				}
				if got := new(Decoded).Escape(text, i, a, true); got != want {
					t.Fatalf("%q with %q known, from %d: %d, want %d", text, known, i, got, want)
				}
			}
		}
	}
	for _, c := range []byte("\\'\"%&$^`") {
		if found[c] < 100 {
			t.Errorf("only %d escapes that begin with %q", found[c], c)
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
				if got, want := d.Escape(text, i, a, true), fresh.Escape(text, i, a, true); got != want {
					t.Fatalf("%q with %q known, from %d: %d, want %d", text, known, i, got, want)
				}
			}
		}
	}
}

// Where an escape begins, one may begin as long as the text continues: else a value would be
// found in one piece only. A quote at the end of a text is looked at by itself.
func TestEscapesMayBeginWhereTextIsCut(t *testing.T) {
	t.Parallel()
	const chars = "\\\\\\'\"nrtxuU0169aefg%&$^`#;<{}[]+- é\x01"
	rnd := rand.New(rand.NewPCG(13, 14))
	for _, known := range []string{"n", "nrt", "abc019", `\`, `'x`, "\n\"", "plain", "$%^", "`<>&;=", "two words", "é", "\x01z"} {
		a := &Alphabet{}
		a.Add([]byte(known))
		a.Done()
		for range 30_000 {
			text := make([]byte, 1+rnd.IntN(14))
			for i := range text {
				text[i] = chars[rnd.IntN(len(chars))]
			}
			for i, c := range text {
				if bytes.IndexByte(a.singles, c) < 0 && c != '"' || !(&finder{whole: true}).begins(text, i, a) {
					continue
				}
				for end := i + 1; end < len(text); end++ {
					if isQuote(c) && end == i+1 {
						continue
					}
					if !new(finder).begins(text[:end], i, a) {
						t.Fatalf("%q, with %q known: one begins at %d, but not as long as there is only %q", text, known, i, text[:end])
					}
				}
			}
		}
	}
}
