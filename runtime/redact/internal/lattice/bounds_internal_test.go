package lattice

import (
	"hash/maphash"
	"slices"
	"strings"
	"testing"
)

// list is a Finder for sorted values.
type list []string

func (l list) Bytes(id uint32) ([]byte, bool) { return []byte(l[id]), true }
func (l list) Found(uint32, int, int) bool    { return true }

// A text that can be read in very many ways costs a bounded amount of work for each byte.
func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	vals := list{strings.Repeat(`\`, 400) + "x!", strings.Repeat("'+", 200) + "y!", strings.Repeat(" ", 300) + "z!"}
	slices.Sort(vals)
	x := NewIndex(maphash.MakeSeed(), len(vals), func(i int) (uint32, []byte) { return uint32(i), []byte(vals[i]) })
	for _, text := range []string{strings.Repeat(`\`, 4000), strings.Repeat("'+", 2000), strings.Repeat("+", 4000), strings.Repeat("%25", 2000), strings.Repeat("''", 2000)} {
		var r Reader
		r.Set([]byte(text+" "), true)
		r.Search(x, 0, len(text), vals)
		if most := 32*len(text) + 1<<16; r.work > most {
			t.Errorf("%.8q...: %d steps for %d bytes, want at most %d", text, r.work, len(text), most)
		}
	}
}
