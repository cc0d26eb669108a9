package match

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/redact/internal/lattice"
)

// matcher finds all occurrences of a fixed set of patterns. It is immutable and
// safe for concurrent use.
//
// Patterns are put into classes by length. Of each pattern a class knows a window
// of m bytes. Every occurrence of a window has exactly one gram of q bytes at a
// multiple of m-q+1, so only those positions are looked at, and one bit of a
// filter rules out nearly all of them. What passes is looked up: the offset of the
// gram in the window, the patterns with the window, the hash of the whole
// pattern, and last its bytes, which are made again from the value.
type matcher struct {
	seed     maphash.Seed
	salt     uint64
	vals     []Value
	counts   []uint32          // of patterns, by value
	pats     []pattern         // sorted by their bytes
	pieces   map[uint32]uint64 // by pattern of longSize or more: seeded, of a piece around its window
	classes  []lengthClass
	prefixes prefixes
	spelled  *lattice.Index // the values themselves; nil if escapes are not searched
	alphabet encodings.Alphabet
}

// find records all occurrences in text.
func (mt *matcher) find(sc *Scan, text []byte) {
	sc.begin(mt)
	var known, found [marks]bool // which marks are in text
	for i := range mt.classes {
		c := &mt.classes[i]
		if m := c.mark; !known[m] {
			known[m], found[m] = true, m.in(text)
		}
		if found[c.mark] {
			mt.findClass(sc, c, text)
		}
	}
}

// findHidden records the occurrences in text, of which sc.view is the view, that are
// not in the view: those that have a part of a control sequence in them.
func (mt *matcher) findHidden(sc *Scan, text []byte) {
	sc.begin(mt)
	for i := range mt.classes {
		if c := &mt.classes[i]; c.inSequences() {
			mt.findClass(sc, c, text)
		}
	}
	sc.view.Hidden(len(text), func(at int) { mt.startsAt(sc, text, at) })
}

// findClass records the occurrences of the patterns of one class.
func (mt *matcher) findClass(sc *Scan, c *lengthClass, text []byte) {
	n := len(text) - c.gram
	sc.misses, sc.barren = [16]miss{}, repeat{}
	for at := 0; ; at += c.stride {
		at = c.next(text, at)
		if at > n {
			break
		}
		if skip := sc.cover.end - c.longest; skip > at && at-c.longest > sc.cover.start {
			// Matches around here would be part of a mask already.
			at += (skip - at) / c.stride * c.stride
			continue
		}
		gram := c.filter.gramAt(text, at)
		if !c.filter.mayHold(gram) || at+8 > len(text) && !c.filter.has(gram) {
			continue
		}
		if offsets := c.grams.slot(mix64(gram ^ mt.salt)).offsets; offsets != 0 {
			mt.windows(sc, c, text, at, offsets, gram)
		}
	}
}

// windows looks at each window that can have the gram at text[at:] in it, from
// left to right.
func (mt *matcher) windows(sc *Scan, c *lengthClass, text []byte, at int, offsets uint32, gram uint64) {
	var seen *miss
	if lo, hi := at-c.stride+1, at+c.window; bits.OnesCount32(offsets) >= manyOffsets && lo >= 0 && hi <= len(text) {
		// In a text that repeats itself the same windows come up again and again.
		seen = &sc.misses[mix64(gram)%uint64(len(sc.misses))]
		d := at - seen.at
		if seen.at > 0 && (seen.period == 0 || seen.period == sc.barren.period && lo-d >= sc.barren.start && hi <= sc.barren.end) && bytes.Equal(text[lo:hi], text[lo-d:hi-d]) {
			return
		}
	}
	missed, barren := true, repeat{}
	for offsets != 0 {
		o := bits.Len32(offsets) - 1
		offsets &^= 1 << o
		w := at - o
		if w < 0 || w+c.window > len(text) {
			continue
		}
		g := c.groups.slot(windowHash(text[w:w+c.window], mt.salt))
		if g.hi == 0 {
			continue
		}
		missed = mt.group(sc, c, g.lo, g.hi, text, w, &barren) && missed
	}
	if seen != nil && missed {
		*seen = miss{at, barren.period}
		if barren.period != 0 {
			sc.barren = barren
		}
	}
}

// manyOffsets is from how many windows on it is worth to look at earlier misses.
const manyOffsets = 4

// group looks for the patterns in c.ids[lo:hi], which have the window at text[w:]. It returns
// true if all of them are as [matcher.inChain] says, with the same part of the text.
func (mt *matcher) group(sc *Scan, c *lengthClass, lo, hi uint32, text []byte, w int, barren *repeat) (none bool) {
	none = true
	known := hashed{start: -1}
	for lo < hi {
		next := lo + c.chains[lo]
		none = mt.inChain(sc, c.ids[lo:next], text, w, &known, barren) && none
		lo = next
	}
	return none
}

// apart reports whether a pattern at start, in joined lines, is a value that is not
// encoded and too short to be taken for one in lines between which there are blanks.
func (sc *Scan) apart(p *pattern, start int) bool {
	n := int(p.size)
	return p.spelling.Unencoded() && n < encodings.MinColumns && sc.decoder.parts[wrappedBase64].Loose(start, start+n)
}

// likely rules out most places at which a long pattern does not occur, faster
// than its hash does.
func (mt *matcher) likely(sc *Scan, id uint32, text []byte, start int) bool {
	p := &mt.pats[id]
	if p.period != 0 {
		r := sc.repeats(text, start+int(p.win), int(p.period))
		if start < r.start || start+int(p.size) > r.end {
			return false
		}
	}
	at := start + p.pieceAt()
	return maphash.Bytes(mt.seed, text[at:at+pieceSize]) == mt.pieces[id]
}

// confirm compares the bytes and records the occurrence of pattern id at start. It returns
// where the occurrence ends, if there is one.
func (mt *matcher) confirm(sc *Scan, id uint32, text []byte, start int) (end int, ok bool) {
	p := &mt.pats[id]
	v := mt.vals[p.val]
	if !v.Live() {
		return 0, false
	}
	end = start + int(p.size)
	if b, ok := sc.bytesOf(id); ok {
		if !bytes.Equal(b[:p.size], text[start:end]) {
			return 0, false
		}
		for t := len(b); t > int(p.size); t-- {
			if p.tails>>(t-int(p.size))&1 != 0 && bytes.HasPrefix(text[start:], b[:t]) {
				end = start + t
				break
			}
		}
	}
	if sc.words && sc.readsControls(p, v, start, end) {
		return 0, false
	}
	// If the value was wiped, trust the hash: over-masking is safer than leaking.
	sc.record(Match{Start: start, end: end, val: v, wide: p.spelling.Wide()}, id, text)
	return end, true
}
