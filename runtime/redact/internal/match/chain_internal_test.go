package match

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// Values that are the beginnings of one text that repeats itself cost a search about what one
// of them costs, however many they are.
func TestBeginningsOfOneTextAreSearchedTogether(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"ab", "k3J-x9Q", strings.Repeat("-", 63) + "\n"} {
		for _, step := range []int{1, 7} {
			of := repeated(unit, 20_000)
			x := NewIndex(encodings.Options{RawOnly: true})
			for i := range 1000 {
				x.Add(&text{bytes: of[:16+i*step]})
			}
			x.Compact()
			for what, text := range map[string]string{
				"runs":  strings.Repeat(of[:100]+"-", 200),
				"lines": strings.Repeat("a request was served in 12 ms "+of[:21]+"\n", 400),
				"whole": of,
			} {
				sc := NewScan()
				x.Set().Text(sc, []byte(text))
				if most := 8 * len(text); sc.looks > most {
					t.Errorf("period of %d, sizes in steps of %d, %s: %d looks for %d bytes, at most %d are accepted", len(unit), step, what, sc.looks, len(text), most)
				}
			}
		}
	}
}
