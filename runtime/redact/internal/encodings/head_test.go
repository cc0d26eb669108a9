package encodings_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/testdata/sample"
)

// The beginning of a spelling is that of the whole spelling.
func TestSpellHeadIsTheBeginning(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	pieces := []string{
		"a", "word", " ", "  ", "\t", "\n", "\r\n", "\r", "\"", "'", `\`, `\n`, `\"`, `\u00e9`, `\ud83d\ude00`, "ä", "😀", "\xff", "\xe4", "\xf0\x9f", "&", "%41", "$", "=", "+/", "\x00", "\x1b[0m", "\v",
	}
	text := func(n int) string {
		var b strings.Builder
		few := pieces[:1+r.IntN(len(pieces))]
		for b.Len() < n {
			b.WriteString(few[r.IntN(len(few))])
		}
		return b.String()
	}
	var all, head encodings.Speller
	for range sample.Times(600) {
		v := text(1 + r.IntN(1200))
		switch r.IntN(6) {
		case 0:
			v = strings.Repeat(" \n", r.IntN(600)) + v
		case 1:
			v = `"` + v + `"`
		case 2:
			v = "\ufeff" + v
		case 3:
			doc, err := json.Marshal(map[string]any{"a": v, "b": []any{text(r.IntN(700)), 123456789}})
			if err != nil {
				t.Fatal(err)
			}
			v = string(doc)
		}
		for _, x := range each(v, encodings.Options{JSONLeaves: true}, true) {
			whole := bytes.Clone(all.Spell([]byte(v), x.Spelling))
			for _, n := range []int{0, 1, 8, r.IntN(100), r.IntN(2000), len(whole)} {
				if got := head.SpellHead([]byte(v), x.Spelling, n); !bytes.Equal(got, whole[:min(n, len(whole))]) {
					t.Fatalf("the first %d bytes of spelling %d of %q are %q, and not those of %q", n, x.Spelling, v, got, whole)
				}
			}
		}
	}
}
