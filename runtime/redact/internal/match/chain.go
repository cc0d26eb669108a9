package match

import (
	"bytes"
	"hash/maphash"
	"sort"
)

// A chain is a list of patterns with the same window at the same offset, each of which the
// next one begins with: where one is not in a text, none of those after it is. So the
// longest that is in it is found in a few steps, however many parts of one long text the
// values are.

// chain orders patterns, which are in the order of their bytes and have the same window at the
// same offset, by chains, and sets in lengths, at the first of each chain, how many it has.
func chain(ids, lengths []uint32, drafts []draft, h *halt) {
	if len(ids) == 1 {
		lengths[0] = 1
		return
	}
	// The last before a pattern, of those that it begins with: they are a path of the stack.
	const none = -1
	parents, below, longest := make([]int, len(ids)), make([]int, len(ids)), make([]int, len(ids))
	var stack []int
	for i, id := range ids {
		d := &drafts[id]
		for len(stack) > 0 {
			of := &drafts[ids[stack[len(stack)-1]]]
			if h.after(int(of.size)) || bytes.HasPrefix(d.bytes[:d.size], of.bytes[:of.size]) {
				break
			}
			stack = stack[:len(stack)-1]
		}
		parents[i], longest[i] = none, none
		if len(stack) > 0 {
			parents[i] = stack[len(stack)-1]
		}
		stack = append(stack, i)
	}
	// A chain goes on with the pattern that most others begin with.
	for i := len(ids) - 1; i >= 0; i-- {
		below[i]++
		if p := parents[i]; p != none {
			below[p] += below[i]
			if longest[p] == none || below[i] > below[longest[p]] {
				longest[p] = i
			}
		}
	}
	ordered := make([]uint32, 0, len(ids))
	for i := range ids {
		if p := parents[i]; p != none && longest[p] == i {
			continue
		}
		first := len(ordered)
		for at := i; at != none; at = longest[at] {
			ordered = append(ordered, ids[at])
		}
		lengths[first] = uint32(len(ordered) - first)
	}
	copy(ids, ordered)
}

// maxTail is the most bytes that a pattern may have after its shortest text.
const maxTail = 7

// hashed is the hash of a part of the text.
type hashed struct {
	start, size int
	hash        uint64
}

// inChain looks for the patterns of a chain of which the window is at text[w:]. It returns
// true if the part of the text around w that repeats itself, which barren is then, has no
// more of them: they all repeat themselves, and it is too short for them, or what is left of
// it is masked.
func (mt *matcher) inChain(sc *Scan, ids []uint32, text []byte, w int, known *hashed, barren *repeat) (none bool) {
	sc.looks++
	first := &mt.pats[ids[0]]
	start, end := w-int(first.win), len(text)
	if start < 0 {
		return false
	}
	var r repeat
	repeating := first.period != 0 && mt.pats[ids[len(ids)-1]].period == first.period
	if first.period != 0 {
		r = sc.repeats(text, w, int(first.period))
		if repeating {
			end = r.end
		}
		if r.end-r.start < int(first.size) || repeating && start >= r.start && start+int(first.size) > end {
			return barren.is(r)
		}
		if start < r.start {
			return false
		}
	}
	fit := mt.fitting(ids, end-start)
	if fit == 0 {
		return false
	}
	if mt.covered(sc, ids[:fit], start) {
		return repeating && sc.cover.end >= end && barren.is(r)
	}
	if !mt.equal(sc, ids[fit-1], text, start, known) {
		fit = sort.Search(fit-1, func(i int) bool { return !mt.equal(sc, ids[i], text, start, known) })
	}
	mt.confirmLongest(sc, ids[:fit], text, start)
	return false
}

// is makes b the part of a text that r is, and reports whether it was that or none before.
func (b *repeat) is(r repeat) bool {
	was := b.period == 0 || *b == r
	*b = r
	return was
}

// fitting returns how many patterns of a chain have no more than size bytes.
func (mt *matcher) fitting(ids []uint32, size int) int {
	if n := len(ids); int(mt.pats[ids[n-1]].size) <= size {
		return n
	}
	return sort.Search(len(ids)-1, func(i int) bool { return int(mt.pats[ids[i]].size) > size })
}

// covered reports whether occurrences of all patterns of a chain at start would change nothing.
func (mt *matcher) covered(sc *Scan, ids []uint32, start int) bool {
	longest := int(mt.pats[ids[len(ids)-1]].size)
	for i := len(ids) - 1; i >= 0 && int(mt.pats[ids[i]].size)+maxTail > longest; i-- {
		if !sc.covered(start, start+mt.pats[ids[i]].longest()) {
			return false
		}
	}
	return sc.covered(start, start+longest)
}

// equal reports whether pattern id is at text[start:], by its hash.
func (mt *matcher) equal(sc *Scan, id uint32, text []byte, start int, known *hashed) bool {
	p := &mt.pats[id]
	n := int(p.size)
	if n >= longSize && !mt.likely(sc, id, text, start) {
		return false
	}
	if known.start != start || known.size != n {
		sc.looks += 1 + n/pieceSize
		*known = hashed{start, n, maphash.Bytes(mt.seed, text[start:start+n])}
	}
	return known.hash == p.hash
}

// confirmLongest records the longest of the patterns of a chain that all are at text[start:].
// Of the shorter ones nothing would be seen.
func (mt *matcher) confirmLongest(sc *Scan, ids []uint32, text []byte, start int) {
	size, end := 0, 0 // of the longest one that was recorded
	for i := len(ids) - 1; i >= 0; i-- {
		p := &mt.pats[ids[i]]
		if int(p.size)+maxTail < size {
			return
		}
		if int(p.size) < size && start+p.longest() <= end ||
			p.spelling.Words() && !sc.words || sc.joined && sc.apart(p, start) || sc.covered(start, start+p.longest()) || sc.skips(mt.vals[p.val]) {
			continue
		}
		if to, ok := mt.confirm(sc, ids[i], text, start); ok {
			size, end = max(size, int(p.size)), max(end, to)
		}
	}
}
