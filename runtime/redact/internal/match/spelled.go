package match

import (
	"hash/maphash"

	"github.com/postern-project/postern/runtime/redact/internal/lattice"
)

// spelled finds values with escapes of several kinds, or of which the decoded text has
// one reading only.
type spelled struct {
	lattice.Reader
	sc *Scan
	mt *matcher
}

var _ lattice.Finder = (*spelled)(nil)

func newSpelled(seed maphash.Seed, drafts []draft) *lattice.Index {
	var at []int
	for i := range drafts {
		if drafts[i].spelling.Unencoded() {
			at = append(at, i)
		}
	}
	return lattice.NewIndex(seed, len(at), func(i int) (uint32, []byte) {
		return uint32(at[i]), drafts[at[i]].bytes
	})
}

// findSpelled finds values that begin in text[from:to] and have escapes in them. It
// returns where one may begin that goes on behind the text.
func (st *Set) findSpelled(sc *Scan, from, to int) (hold int) {
	sp := &sc.spelled
	sp.sc, hold = sc, len(sc.decoder.text)
	for _, mt := range st.matchers {
		sc.begin(mt)
		sp.mt = mt
		hold = min(hold, sp.Search(mt.spelled, from, to, sp))
	}
	return hold
}

// Bytes implements [lattice.Finder].
func (sp *spelled) Bytes(id uint32) ([]byte, bool) {
	if !sp.mt.vals[sp.mt.pats[id].val].Live() {
		return nil, false
	}
	return sp.sc.bytesOf(id)
}

// Found implements [lattice.Finder].
func (sp *spelled) Found(id uint32, start, end int) bool {
	v := sp.mt.vals[sp.mt.pats[id].val]
	if !v.Live() || sp.sc.skips(v) {
		return false
	}
	sp.sc.Matches = append(sp.sc.Matches, Match{Start: start, end: end, Reach: end, val: v})
	return true
}
