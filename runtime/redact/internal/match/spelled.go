package match

import (
	"hash/maphash"
	"slices"
	"sort"

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

func newSpelled(seed maphash.Seed, drafts []draft, stop func() bool) *lattice.Index {
	var at []int
	for i := range drafts {
		if drafts[i].spelling.Unencoded() {
			at = append(at, i)
		}
	}
	return lattice.NewIndex(seed, len(at), func(i int) (uint32, []byte) {
		return uint32(at[i]), drafts[at[i]].bytes
	}, stop)
}

// findSpelled finds values that begin in text[from:to] and have escapes in them. It
// returns where one may begin that continues after the text.
func (st *Set) findSpelled(sc *Scan, from, to int) (hold int) {
	sp := &sc.spelled
	sp.sc, hold = sc, len(sc.decoder.text)
	sp.Thorough = sc.thorough
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
func (sp *spelled) Found(id uint32, start, end int, sure bool) bool {
	v := sp.mt.vals[sp.mt.pats[id].val]
	if !v.Live() || sp.sc.skips(v) {
		return false
	}
	sp.sc.Matches = append(sp.sc.Matches, Match{Start: start, end: end, Reach: end, val: v, sure: sure})
	return true
}

// preferSure drops matches in decoded text where the same value is read otherwise, and
// there is nothing but quotes around that: they are the text's own, as the quote that
// ends a string in JSON.
func (sc *Scan) preferSure() {
	ms := sc.Matches[sc.decoder.from:]
	sure := sc.sure[:0]
	for i := range ms {
		if ms[i].sure {
			sure = append(sure, ms[i])
		}
	}
	if sc.sure = sure; len(sure) == 0 {
		return
	}
	slices.SortFunc(sure, func(a, b Match) int { return a.Start - b.Start })
	kept := ms[:0]
	for i := range ms {
		if m := &ms[i]; m.sure || !sc.settled(m) {
			kept = append(kept, *m)
		}
	}
	sc.Matches = sc.Matches[:sc.decoder.from+len(kept)]
}

// settled reports whether a match in decoded text is dropped.
func (sc *Scan) settled(m *Match) bool {
	from := sort.Search(len(sc.sure), func(i int) bool { return sc.sure[i].Reach > m.Start })
	for i := from; i < len(sc.sure) && sc.sure[i].Start < m.Reach; i++ {
		o := &sc.sure[i]
		if o.val == m.val && m.Reach == m.end && sc.spelled.OnlyQuotes(m.Start, o.Start, o.Reach, m.Reach) {
			return true
		}
	}
	return false
}
