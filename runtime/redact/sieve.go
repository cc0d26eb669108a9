package redact

import (
	"bytes"
	"hash/maphash"
	"math/bits"
)

// sieve finds all occurrences of a fixed set of patterns. It is immutable and
// safe for concurrent use.
//
// Patterns are put in tiers by length. In a tier whose windows have m bytes,
// every occurrence of a window holds exactly one gram of q bytes at a multiple
// of m-q+1, so only those positions are looked at, and nearly all of them are
// ruled out by one bit of a filter. What passes is looked up: gram to offset,
// window to patterns, hash of the whole pattern, and last its bytes, which are
// made again from the value.
type sieve struct {
	seed     maphash.Seed
	salt     uint64
	vals     []*value
	pats     []pattern // sorted by their bytes
	tiers    []tier
	prefixes prefixes
	escapes  bool // a pattern holds an ESC, or is too short to look up by its beginning
}

// tier is the patterns of similar length.
type tier struct {
	window  int // m: bytes of each pattern that the filters know
	gram    int // q
	stride  int // m-q+1
	longest int // bytes of the longest pattern
	filter  filter
	grams   gramMap
	groups  hashMap  // hash of a window to a range of ids
	ids     []uint32 // patterns by window, then by its offset and their size
}

// find records all occurrences in text.
func (s *sieve) find(sc *scan, text []byte) {
	sc.begin(s)
	for i := range s.tiers {
		t := &s.tiers[i]
		n := len(text) - t.gram
		sc.misses, sc.barren = [16]miss{}, repeat{}
		for at := 0; ; at += t.stride {
			at = t.filter.next(text, at, t.stride)
			if at > n {
				break
			}
			if skip := sc.cover.end - t.longest; skip > at && at-t.longest > sc.cover.start {
				// Whatever lies around here is part of a mask already.
				at += (skip - at) / t.stride * t.stride
				continue
			}
			gram := t.filter.gramAt(text, at)
			if at+8 > len(text) && !t.filter.has(gram) {
				continue
			}
			if offsets := t.grams.slot(mix64(gram ^ s.salt)).offsets; offsets != 0 {
				s.windows(sc, t, text, at, offsets, gram)
			}
		}
	}
}

// windows looks at each window in which the gram at text[at:] can stand, from
// left to right.
func (s *sieve) windows(sc *scan, t *tier, text []byte, at int, offsets uint32, gram uint64) {
	var seen *miss
	if lo, hi := at-t.stride+1, at+t.window; bits.OnesCount32(offsets) >= manyOffsets && lo >= 0 && hi <= len(text) {
		// A text that repeats itself asks the same again and again.
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
		if w < 0 || w+t.window > len(text) {
			continue
		}
		g := t.groups.slot(windowHash(text[w:w+t.window], s.salt))
		if g.hi == 0 {
			continue
		}
		missed = s.group(sc, t.ids[g.lo:g.hi], text, w, &barren) && missed
	}
	if seen != nil && missed {
		*seen = miss{at, barren.period}
		if barren.period != 0 {
			sc.barren = barren
		}
	}
}

// manyOffsets is how many windows are worth a look at what was found before.
const manyOffsets = 4

// group looks for the patterns that share the window at text[w:]. It reports
// whether none can be there because all of them repeat themselves for longer
// than the text does around here, in the one stretch that it puts in barren.
func (s *sieve) group(sc *scan, ids []uint32, text []byte, w int, barren *repeat) (none bool) {
	none = true
	var hash uint64
	from, size := -1, -1
	for _, id := range ids {
		p := &s.pats[id]
		start, n := w-int(p.win), int(p.size)
		if p.period != 0 {
			if r := sc.repeats(text, w, int(p.period)); r.end-r.start < n {
				none = none && (barren.period == 0 || *barren == r)
				*barren = r
				continue
			}
		}
		none = false
		if start < 0 || start+n > len(text) || sc.covered(start, start+p.longest()) {
			continue
		}
		if n >= longSize && !s.likely(sc, p, text, start) {
			continue
		}
		if start != from || n != size {
			from, size = start, n
			hash = maphash.Bytes(s.seed, text[start:start+n])
		}
		if hash == p.hash {
			s.confirm(sc, id, text, start)
		}
	}
	return none
}

// likely rules out most places at which a long pattern does not occur, in less
// time than its hash takes.
func (s *sieve) likely(sc *scan, p *pattern, text []byte, start int) bool {
	if p.period != 0 {
		r := sc.repeats(text, start+int(p.win), int(p.period))
		if start < r.start || start+int(p.size) > r.end {
			return false
		}
	}
	at := start + p.pieceAt()
	return maphash.Bytes(s.seed, text[at:at+pieceSize]) == p.piece
}

// confirm compares the bytes and records the occurrence of pattern id at start.
func (s *sieve) confirm(sc *scan, id uint32, text []byte, start int) {
	p := &s.pats[id]
	v := s.vals[p.val]
	if v.dead() {
		return
	}
	end := start + int(p.size)
	if b, ok := sc.bytesOf(id); ok {
		if !bytes.Equal(b[:p.size], text[start:end]) {
			return
		}
		for t := len(b); t > int(p.size); t-- {
			if p.tails>>(t-int(p.size))&1 != 0 && bytes.HasPrefix(text[start:], b[:t]) {
				end = start + t
				break
			}
		}
	}
	// If the value cannot be had any more, its hash has to do: a mask too many
	// is better than a value.
	sc.record(match{start: start, end: end, val: v}, id, text)
}
