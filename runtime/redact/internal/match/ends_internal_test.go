package match

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// random returns n letters and digits, the same for the same seed.
func random(n int, seed uint64) string {
	const chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	rnd := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = chars[rnd.IntN(len(chars))]
	}
	return string(b)
}

// repeated returns the first n bytes of s, s, ...
func repeated(s string, n int) string { return strings.Repeat(s, n/len(s)+1)[:n] }

// alikeValues are values of about n bytes, and a text of which many ends are alike the
// beginnings of the values.
var alikeValues = map[string]func(n int) (vals []string, text string){
	"period of 1":    func(n int) ([]string, string) { return ofPeriod("-", n) },
	"period of 2":    func(n int) ([]string, string) { return ofPeriod("ab", n) },
	"period of 7":    func(n int) ([]string, string) { return ofPeriod("k3J-x9Q", n) },
	"period of 1000": func(n int) ([]string, string) { return ofPeriod(random(1000, 1), n) },
	"lines":          func(n int) ([]string, string) { return ofPeriod(strings.Repeat("-", 63)+"\n", n) },
	"Fibonacci words": func(n int) ([]string, string) {
		a, b := "a", "ab"
		for len(b) < 3*n {
			a, b = b, b+a
		}
		return []string{b[:n] + "c", b[:n/2] + "d"}, b[:3*n] + "X"
	},
	"one value the beginning of another": func(n int) ([]string, string) {
		var vals []string
		for i := range 20 {
			vals = append(vals, repeated("ab", n*(i+1)/20)+"c")
			vals = append(vals, random(n, 1)[:n*(i+1)/20])
		}
		return vals, repeated("ab", n) + "X" + random(n, 1)[:n-1]
	},
	"shared beginning": func(n int) ([]string, string) {
		var vals []string
		for i := range 20 {
			vals = append(vals, repeated("ab", n)+random(20, uint64(i)))
		}
		return vals, repeated("ab", 3*n) + "X" + repeated("ab", n/3)
	},
	"rotations": func(n int) ([]string, string) {
		var vals []string
		for i := range 20 {
			vals = append(vals, repeated("ab", i)+repeated(random(20, 1)[i:]+random(20, 1)[:i], n)+"x")
		}
		return vals, repeated(random(20, 1), 3*n) + "X"
	},
	"wiped values among them": func(n int) ([]string, string) {
		var vals []string
		for i := range 20 {
			vals = append(vals, repeated("ab", n)+"#"[:i%2]+random(20, uint64(i)))
		}
		return vals, repeated("ab", 3*n) + "X"
	},
}

func ofPeriod(unit string, n int) ([]string, string) {
	v := "q" + repeated(unit, n)
	return []string{v[1:] + "x", v[1:n/2] + "+c"}, repeated(unit, 3*n) + "X"
}

// searchInParts searches text as a Writer does that gets size bytes at once, pauses
// included. It returns the work, and how many bytes were searched.
func searchInParts(st *Set, text string, size int) (work, searched int) {
	sc := NewScan()
	var held []byte
	var before Before
	for from := 0; from < len(text); from += size {
		held = append(held, text[from:min(len(text), from+size)]...)
		hold := st.Search(sc, held, before, false)
		searched += len(held)
		before = sc.Before(held, hold, before)
		if held = held[hold:]; from/size%8 == 0 {
			st.Search(sc, held, before, false)
			st.Idle(sc, held)
			searched += len(held)
		}
		sc.Wipe()
	}
	hold := st.Search(sc, held, before, true)
	st.Tail(sc, held, hold)
	sc.Wipe()
	return sc.work, searched + len(held)
}

// What a search makes and compares of the values grows with the length of the text, also
// if many ends of the text look like the beginning of long values.
func TestWorkIsLinear(t *testing.T) {
	t.Parallel()
	for name, values := range alikeValues {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, of := range []struct{ n, size int }{{200, 1}, {400, 7}, {4000, 4096}, {500, 1 << 20}, {4000, 1 << 20}} {
				set, in := setOfAlike(name, of.n, values)
				work, searched := searchInParts(set, in, of.size)
				if most := 128 * searched; work > most {
					t.Errorf("values of %d bytes, %d bytes at once: the work is %d for %d bytes, at most %d is accepted", of.n, of.size, work, searched, most)
				}
			}
		})
	}
}

func setOfAlike(name string, n int, of func(n int) ([]string, string)) (*Set, string) {
	vals, in := of(n)
	x := NewIndex(encodings.Options{})
	var added []*text
	for _, v := range vals {
		added = append(added, &text{bytes: v})
		x.Add(added[len(added)-1])
	}
	x.Refresh()
	x.Compact()
	for i, v := range added {
		v.gone.Store(strings.HasPrefix(name, "wiped") && i%3 > 0)
	}
	return x.Set(), in
}

// The order of a pattern and each end of a text is that of their bytes, however often
// it is asked for.
func TestOrderOfEnds(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	bytesOf := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "aab"[rnd.IntN(3)]
		}
		return b
	}
	for range 20000 {
		pattern, text := bytesOf(1+rnd.IntN(20)), bytesOf(1+rnd.IntN(20))
		if rnd.IntN(2) == 0 {
			text = append(text, pattern[:rnd.IntN(len(pattern)+1)]...)
		}
		var e ends
		e.reset(text)
		from := rnd.IntN(len(text))
		e.compareAll(pattern, from)
		for c := from; c < len(text); c++ {
			want := before
			switch {
			case bytes.HasPrefix(pattern, text[c:]):
				want = begins
			case bytes.Compare(pattern, text[c:]) > 0:
				want = behind
			}
			if got := order(e.bits[(c-from)/4] >> ((c - from) % 4 * 2) & 3); got != want {
				t.Fatalf("%q to %q: %d, want %d", pattern, text[c:], got, want)
			}
		}
	}
}
