package capability

import "time"

// Limits of one search. Beyond them, the texts are left out.
const (
	maxIndexed = 192 << 10 // bytes of all texts, in all spellings
	maxScanned = 3 << 20   // bytes of all values, in all spellings, in all rounds
	maxSteps   = 2 << 20   // bytes of values that look like text
	valueCost  = 128       // bytes that a value counts besides: finding its spellings
)

// Costs of a search.
const (
	valueWork  = 400 * time.Nanosecond // of a value
	indexByte  = 60 * time.Nanosecond  // of a byte in the index
	markerByte = time.Nanosecond       // of a text in which masks are searched
	scanByte   = 6 * time.Nanosecond   // of a byte of a value
	stepWork   = 20 * time.Nanosecond  // of a byte that looks like text
	edgeWork   = 3 * time.Nanosecond   // of an edge that is looked at
	scanPiece  = 1 << 10               // bytes that are paid at once
	indexPiece = 1 << 10
)

// finder finds parts of values in texts. It is a suffix automaton of the texts:
// reading a value byte by byte, it knows the longest end of what was read that
// stands in a text. Its time is linear in the lengths of both, whatever they are.
type finder struct {
	states []state
	edges  []edge
	tables [][256]int32 // one more than where the edges lead, by their byte
	root   [256]int32
	grams  [1 << 10]uint64 // four bytes in a row that stand in a text, hashed

	work    *work
	found   []part
	scanned int
	steps   int
	edged   int // edges that were looked at and are not paid
	tooMuch bool
}

// part is a part of a value that stands in a text.
type part struct {
	name  string
	bytes []byte // a copy
}

// state stands for substrings of the texts; the longest has length bytes.
type state struct {
	length int32
	link   int32 // the state of the longest end of them that also stands elsewhere
	first  int32 // its first edge, 0 for none
	degree int32 // how many edges it has
	table  int32 // one more than its index in tables, 0 if it has fewer than tabled edges
}

// tabled is the number of edges from which on a state has a table of them.
const tabled = 32

// edge leads to the state of the substrings that go on with a byte.
type edge struct {
	to   int32
	next int32 // of the same state, 0 for none
	c    byte
}

// newFinder indexes the texts. It returns nil if they are too long. Scanned is what
// earlier rounds have scanned.
func newFinder(w *work, texts []*string, markers []string, scanned int) *finder {
	var all []byte
	for _, t := range texts {
		if !w.each(len(*t)*(len(markers)+1), markerByte) {
			return nil
		}
		all = appendSpellings(w, all, withoutMarkers(*t, markers))
		if len(all) > maxIndexed || w.done() {
			return nil
		}
	}
	f := &finder{work: w, scanned: scanned, states: make([]state, 1, 2*len(all)+2), edges: make([]edge, 1, 3*len(all)+1)}
	f.states[0].link = -1
	var gram uint32
	last := int32(0)
	for i, c := range all {
		if i%indexPiece == 0 && !f.pay(indexPiece*indexByte) {
			return nil
		}
		last = f.extend(last, c)
		if gram = gram<<8 | uint32(c); i >= 3 {
			word, bit := slot(gram)
			f.grams[word] |= bit
		}
	}
	return f
}

// pay pays work and the edges that were looked at before it.
func (f *finder) pay(d time.Duration) bool {
	d += time.Duration(f.edged) * edgeWork
	f.edged = 0
	return f.work.spend(d)
}

func slot(gram uint32) (word uint32, bit uint64) {
	h := gram * 0x9E3779B1 >> 16
	return h >> 6, 1 << (h & 63)
}

// extend adds one byte to the text that ends at the state last, and returns the
// state of the longer text.
func (f *finder) extend(last int32, c byte) int32 {
	current := int32(len(f.states))
	f.states = append(f.states, state{length: f.states[last].length + 1})
	p := last
	for ; p >= 0 && f.target(p, c) < 0; p = f.states[p].link {
		f.connect(p, c, current)
	}
	if p < 0 {
		return current // its link is the root
	}
	q := f.target(p, c)
	if f.states[q].length == f.states[p].length+1 {
		f.states[current].link = q
		return current
	}
	clone := int32(len(f.states))
	f.states = append(f.states, state{length: f.states[p].length + 1, link: f.states[q].link})
	for e := f.states[q].first; e != 0; e = f.edges[e].next {
		f.edged += 4
		f.connect(clone, f.edges[e].c, f.edges[e].to)
	}
	for ; p >= 0 && f.target(p, c) == q; p = f.states[p].link {
		f.redirect(p, c, clone)
	}
	f.states[q].link, f.states[current].link = clone, clone
	return current
}

// target returns where the edge of a state leads, -1 if there is none.
func (f *finder) target(s int32, c byte) int32 {
	if s == 0 {
		return f.root[c] - 1
	}
	if t := f.states[s].table; t != 0 {
		return f.tables[t-1][c] - 1
	}
	n := 0
	for e := f.states[s].first; e != 0; e = f.edges[e].next {
		n++
		if f.edges[e].c == c {
			f.edged += n
			return f.edges[e].to
		}
	}
	f.edged += n
	return -1
}

func (f *finder) connect(s int32, c byte, to int32) {
	if s == 0 {
		f.root[c] = to + 1
		return
	}
	f.edges = append(f.edges, edge{to, f.states[s].first, c})
	st := &f.states[s]
	st.first = int32(len(f.edges) - 1)
	st.degree++
	switch {
	case st.table != 0:
		f.tables[st.table-1][c] = to + 1
	case st.degree == tabled:
		f.tables = append(f.tables, [256]int32{})
		st.table = int32(len(f.tables))
		f.edged += 5 * tabled
		for e := st.first; e != 0; e = f.edges[e].next {
			f.tables[st.table-1][f.edges[e].c] = f.edges[e].to + 1
		}
	}
}

func (f *finder) redirect(s int32, c byte, to int32) {
	if s == 0 {
		f.root[c] = to + 1
		return
	}
	if t := f.states[s].table; t != 0 {
		f.tables[t-1][c] = to + 1
	}
	for e := f.states[s].first; e != 0; e = f.edges[e].next {
		f.edged++
		if f.edges[e].c == c {
			f.edges[e].to = to
			return
		}
	}
}

// find adds the parts of a value that stand in the texts. It reports false once there
// is too much to compare.
func (f *finder) find(name string, value []byte) (more bool) {
	f.tooMuch = f.tooMuch || len(value) > maxScanned || !f.work.spend(valueWork)
	if len(value) < minPart || f.tooMuch {
		return !f.tooMuch
	}
	f.scanned += valueCost
	forms := spellingsOfValue(f.work, value)
	for _, form := range forms {
		f.scan(name, form)
	}
	for _, form := range forms[1:] {
		clear(form)
	}
	f.tooMuch = f.tooMuch || f.work.done()
	return !f.tooMuch
}

// scan adds the longest parts of a value in one spelling that stand in the texts.
func (f *finder) scan(name string, value []byte) {
	if f.scanned += len(value); f.scanned > maxScanned {
		f.tooMuch = true
		return
	}
	var (
		gram       uint32
		at         int32    // state of the longest end that stands in a text
		length     int      // of it
		starts     = ring{} // boundaries within it
		start, end = 0, 0   // the part that is not added yet

		word bool // the character at hand belongs to a word
		next int  // where the one behind it begins
	)
	flush := func() {
		f.steps += end - start // trimming reads it again
		if len(f.found) > maxParts {
			f.tooMuch = true
		} else if p := trimmed(value[start:end]); len(p) >= minPart {
			f.found = append(f.found, part{name, append([]byte(nil), p...)})
		}
		start, end = 0, 0
	}
	steps := f.steps
	for i, c := range value {
		if i%scanPiece == 0 {
			if !f.pay(min(scanPiece, time.Duration(len(value)-i))*scanByte + time.Duration(f.steps-steps)*stepWork) {
				f.tooMuch = true
				return
			}
			steps = f.steps
		}
		if i == next {
			now, size := wordAt(value[i:])
			if i == 0 || !now || !word {
				starts.push(i)
			}
			word, next = now, i+size
		}
		gram = gram<<8 | uint32(c)
		if i < minPart-1 {
			continue
		}
		if word, bit := slot(gram); f.grams[word]&bit == 0 {
			at, length = 0, 0
			continue
		}
		from := i
		if length == 0 {
			from = i - minPart + 1
		}
		for _, c := range value[from : i+1] {
			at, length = f.step(at, length, c)
		}
		if f.tooMuch {
			return
		}
		if length < minPart || i+1 < next {
			continue
		}
		if i+1 < len(value) && word {
			if more, _ := wordAt(value[i+1:]); more {
				continue // no boundary behind it
			}
		}
		s := starts.from(i + 1 - length)
		if s < 0 || i+1-s < minPart {
			continue
		}
		if end > start && s != start {
			flush()
		}
		start, end = s, i+1
	}
	if end > start {
		flush()
	}
	if len(f.found) > maxParts || !f.pay(time.Duration(f.steps-steps)*stepWork) {
		f.tooMuch = true
	}
}

// step reads one byte of a value.
func (f *finder) step(at int32, length int, c byte) (int32, int) {
	if f.steps++; f.steps > maxSteps {
		f.tooMuch = true
		return 0, 0
	}
	for {
		if to := f.target(at, c); to >= 0 {
			return to, length + 1
		}
		if at = f.states[at].link; at < 0 {
			return 0, 0
		}
		length = int(f.states[at].length)
	}
}

// ring holds the last boundaries of a value. There may be more than it holds: then
// the longest part that begins at one of them is found, and the rest when the masked
// text is searched again.
type ring struct {
	at [256]int
	n  int
}

func (r *ring) push(i int) {
	r.at[r.n&(len(r.at)-1)] = i
	r.n++
}

// from returns the first boundary that is not before i, -1 if there is none.
func (r *ring) from(i int) int {
	lo, hi := max(0, r.n-len(r.at)), r.n
	for span := uint(hi - lo); span > 0; span = uint(hi - lo) {
		mid := lo + int(span>>1)
		if r.at[mid&(len(r.at)-1)] < i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == r.n {
		return -1
	}
	return r.at[lo&(len(r.at)-1)]
}
