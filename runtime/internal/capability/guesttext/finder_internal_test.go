package guesttext

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/postern-project/postern/testdata/sample"
)

// What the finder skips because four bytes in a row stand in no text makes no difference.
func TestFinderSkipsWhatIsInNoText(t *testing.T) {
	t.Parallel()
	pieces := []string{"ab", "3000", "secret", " ", ".", "=", "\n", "é", "世界", "\x80\x80\x80\x80\x80\x80\x80", "\xe4\xb8", "\xff", "0", "x9", "😀", "_", "Zz"}
	text := func(r *rand.Rand, n int) (s string) {
		for range r.IntN(n) {
			s += pieces[r.IntN(len(pieces))]
		}
		return s
	}
	found := 0
	for _, r := range sample.Rounds(t, 20_000) {
		said := text(r, 12)
		value := []byte(text(r, 40) + said[:r.IntN(len(said)+1)] + text(r, 40))
		var results [2]string
		for skips := range 2 {
			f := newFinder(newWork(nil), []*string{&said}, nil, 0)
			if skips == 0 {
				for i := range f.grams {
					f.grams[i] = ^uint64(0)
				}
			}
			f.scan("k", value)
			found += len(f.found)
			results[skips] = fmt.Sprintf("%q", f.found)
		}
		if results[0] != results[1] {
			t.Fatalf("%q in %q:\n%s without skips\n%s with skips", value, said, results[0], results[1])
		}
	}
	if found < sample.Times(1000) {
		t.Errorf("only %d parts were found", found)
	}
}
