package lattice

import (
	"bytes"
	"cmp"
)

// ends are where a value may end that begins at one place: its last character can be
// read in several ways.
type ends struct{ least, most int }

func (e *ends) add(end int) {
	if e.most == 0 || end < e.least {
		e.least = end
	}
	e.most = max(e.most, end)
}

// hit is where a value stands.
type hit struct {
	start, end int
	ids        []uint32 // of all values that are equal
	levels     int      // of escapes. 0: it is written as it is
	guess      bool     // one of the ids may be there
}

// leftOut is how many levels count for quotes of a shell, or ends of escapes, that were left
// out.
const leftOut = depth + 1

// note adds a hit of the node's values that have no more bytes.
func (r *Reader) note(ids []uint32) {
	if r.ends == [2]ends{} {
		return
	}
	h := hit{start: r.start, ids: ids}
	h.end, h.levels = r.fewest()
	if bytes.Equal(r.text[h.start:h.end], r.value) {
		h.levels = 0
	}
	r.hits = append(r.hits, h)
}

// guessed is how many bytes of a line are held back after the search gave up.
const guessed = 8 << 10

// guess adds a hit of one of some values after the search gave up. It ends with the
// line, and so many bytes after what was read as values may still have.
func (r *Reader) guess(ids []uint32, rest int) {
	r.givenUp++
	end := min(max(r.far, r.start+1)+rest, len(r.text))
	if n := len(r.hits) - 1; n >= 0 && r.hits[n].guess && r.hits[n].end >= end {
		end = r.hits[n].end
		if &ids[0] == &r.hits[n].ids[0] {
			return
		}
	}
	for end < len(r.text) && r.text[end] != '\n' {
		end++
	}
	if end == len(r.text) && end-r.start < guessed { // the line may continue
		r.opens(minSize)
	}
	r.hits = append(r.hits, hit{start: r.start, end: end, ids: ids, guess: true})
}

// fewest returns where the node's value ends, if it is read with as few levels of
// escapes as possible, and as few quotes that are left out: what follows is
// the text's own, such as the quote that ends the value.
func (r *Reader) fewest() (end, levels int) {
	longer, steps, far, found := r.longer, r.steps, r.far, r.ends
	end, levels = cmp.Or(found[0].most, found[1].most), depth
	if found[0].most == 0 {
		levels += leftOut
	}
	for r.level = 1; r.level < depth; r.level++ {
		r.longer, r.steps, r.ends = false, 0, [2]ends{}
		r.seen.reset()
		r.follow(r.start, 0, otherChar)
		if r.gaveUp {
			break
		}
		if at := r.ends[0].most; at > 0 {
			end, levels = at, r.level
			break
		}
		if at := r.ends[1].most; at > 0 && found[0].most == 0 {
			end, levels = at, leftOut+r.level
			break
		}
	}
	r.longer, r.steps, r.far, r.gaveUp = longer, steps, far, false
	return end, levels
}

// report passes what was found on to the Finder. Where a value can be read with fewer
// levels, the quotes around it are the text's own.
func (r *Reader) report() {
	for i := range r.hits {
		h := &r.hits[i]
		if h.levels == 0 && !h.guess || r.covered(i) {
			continue
		}
		for _, id := range h.ids {
			if r.found.Found(id, h.start, h.end, h.levels < leftOut && !h.guess) && h.guess {
				break
			}
		}
	}
}

// near is how many hits before and after one are looked at.
const near = 64

// covered reports whether a hit has another one of the same value in it that has fewer
// levels, and nothing but quotes around that. One without escapes may be the end of one
// in which the first character is doubled.
func (r *Reader) covered(i int) bool {
	h := &r.hits[i]
	for k := max(0, i-near); k < min(len(r.hits), i+near); k++ {
		o := &r.hits[k]
		if max(o.levels, 1) < h.levels && !o.guess && !h.guess && &o.ids[0] == &h.ids[0] && o.start < h.end && h.start < o.end &&
			r.OnlyQuotes(h.start, o.start, o.end, h.end) {
			return true
		}
	}
	return false
}

// OnlyQuotes reports whether nothing but quotes stands before text[start:end] in
// text[from:to], and nothing but quotes and backslashes after it.
func (r *Reader) OnlyQuotes(from, start, end, to int) bool {
	r.prepare() // a text in which nothing looks escaped was not searched
	return r.only("\"'$", from, start) && r.only("\"'$\\", end, to)
}

// only reports whether text[from:to] can be read as chars.
func (r *Reader) only(chars string, from, to int) bool {
	for from < to {
		end := from
		for _, rd := range r.read(from, depth) {
			if rd.size == 1 && isIn(chars, rd.char[0]) && rd.end <= to {
				end = max(end, rd.end)
			}
		}
		if end == from {
			return false
		}
		from = end
	}
	return true
}
