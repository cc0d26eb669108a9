package lattice

import "bytes"

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
	left       bool     // quotes of a shell were left out
	plain      bool     // it has no escape
	guess      bool     // one of the ids may be there
}

// note adds a hit of the node's values that have no more bytes.
func (r *Reader) note(ids []uint32) {
	h := hit{start: r.start, ids: ids, left: r.ends[0].most == 0}
	at := r.ends[0]
	if h.left {
		at = r.ends[1]
	}
	if at.most == 0 {
		return
	}
	if h.end = at.most; at.least != at.most {
		h.end = r.fewest(at.most)
	}
	h.plain = bytes.Equal(r.text[h.start:h.end], r.value)
	r.hits = append(r.hits, h)
}

// guess adds a hit of one of some values, up to where the text was read before the search
// gave up.
func (r *Reader) guess(ids []uint32) {
	r.givenUp++
	r.hits = append(r.hits, hit{start: r.start, end: max(r.far, r.start+1), ids: ids, guess: true})
}

// fewest returns where the node's value ends, if it is read with as few levels of
// escapes as possible, and as few quotes that are left out: what is behind that is
// the text's own, such as the quote that ends the value. It returns most if that
// takes too long.
func (r *Reader) fewest(most int) (end int) {
	longer, steps, far := r.longer, r.steps, r.far
	end = most
	for r.level = 1; r.level <= depth; r.level++ {
		r.longer, r.steps, r.ends = false, 0, [2]ends{}
		r.seen.reset()
		r.follow(r.start, 0, other)
		if r.gaveUp {
			break
		}
		if at := cmpOr(r.ends[0].most, r.ends[1].most); at > 0 {
			end = at
			break
		}
	}
	r.longer, r.steps, r.far, r.gaveUp = longer, steps, far, false
	return end
}

func cmpOr(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

// report tells the Finder what was found. Where a value can be read without leaving out
// quotes, those around it are the text's own.
func (r *Reader) report() {
	for i := range r.hits {
		h := &r.hits[i]
		if h.plain || h.left && r.covered(i) {
			continue
		}
		for _, id := range h.ids {
			if r.found.Found(id, h.start, h.end) && h.guess {
				break
			}
		}
	}
}

// near is how many hits before and behind one are looked at.
const near = 64

// covered reports whether a hit with quotes that were left out has another one of the same
// value in it, and nothing but quotes around that.
func (r *Reader) covered(i int) bool {
	h := &r.hits[i]
	for k := max(0, i-near); k < min(len(r.hits), i+near); k++ {
		o := &r.hits[k]
		if !o.left && !o.guess && &o.ids[0] == &h.ids[0] && o.start < h.end && h.start < o.end &&
			r.onlyQuotes(h.start, o.start) && r.onlyQuotes(o.end, h.end) {
			return true
		}
	}
	return false
}

// onlyQuotes reports whether nothing but quotes, and what escapes them, is at
// text[from:to].
func (r *Reader) onlyQuotes(from, to int) bool {
	for from < to {
		end := from
		for _, rd := range r.read(from, depth) {
			if rd.size == 1 && isIn("\"'$\\", rd.char[0]) && rd.end <= to {
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
