package capability

// Limits of one search. Beyond them, the texts are left out.
const (
	maxIndexed = 192 << 10 // bytes of all texts, in all spellings
	maxScanned = 3 << 20   // bytes of all values, in all spellings, in all rounds
	maxSteps   = 2 << 20   // bytes of values that look like text
	valueCost  = 128       // bytes that a value counts besides: finding its spellings
)

// finder finds parts of values in texts. It is a suffix automaton of the texts:
// reading a value byte by byte, it knows the longest end of what was read that
// stands in a text. Its time is linear in the lengths of both, whatever they are.
type finder struct {
	states []state
	edges  []edge
	root   [256]int32
	grams  [1 << 10]uint64 // four bytes in a row that stand in a text, hashed

	found   []part
	scanned int
	steps   int
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
}

// edge leads to the state of the substrings that go on with a byte.
type edge struct {
	to   int32
	next int32 // of the same state, 0 for none
	c    byte
}

// newFinder indexes the texts. It returns nil if they are too long. Scanned is what
// earlier rounds have scanned.
func newFinder(texts []*string, markers []string, scanned int) *finder {
	var all []byte
	for _, t := range texts {
		all = appendSpellings(all, withoutMarkers(*t, markers))
		if len(all) > maxIndexed {
			return nil
		}
	}
	f := &finder{scanned: scanned, states: make([]state, 1, 2*len(all)+2), edges: make([]edge, 1, 3*len(all)+1)}
	f.states[0].link = -1
	var gram uint32
	last := int32(0)
	for i, c := range all {
		last = f.extend(last, c)
		if gram = gram<<8 | uint32(c); i >= 3 {
			word, bit := slot(gram)
			f.grams[word] |= bit
		}
	}
	return f
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
	for e := f.states[s].first; e != 0; e = f.edges[e].next {
		if f.edges[e].c == c {
			return f.edges[e].to
		}
	}
	return -1
}

func (f *finder) connect(s int32, c byte, to int32) {
	if s == 0 {
		f.root[c] = to + 1
		return
	}
	f.edges = append(f.edges, edge{to, f.states[s].first, c})
	f.states[s].first = int32(len(f.edges) - 1)
}

func (f *finder) redirect(s int32, c byte, to int32) {
	if s == 0 {
		f.root[c] = to + 1
		return
	}
	for e := f.states[s].first; e != 0; e = f.edges[e].next {
		if f.edges[e].c == c {
			f.edges[e].to = to
			return
		}
	}
}

// find adds the parts of a value that stand in the texts.
func (f *finder) find(name string, value []byte) {
	if len(value) < minPart || f.tooMuch {
		return
	}
	f.scanned += valueCost
	forms := spellingsOfValue(value)
	for _, form := range forms {
		f.scan(name, form)
	}
	for _, form := range forms[1:] {
		clear(form)
	}
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
		if p := trimmed(value[start:end]); len(p) >= minPart {
			f.found = append(f.found, part{name, append([]byte(nil), p...)})
		}
		start, end = 0, 0
	}
	for i, c := range value {
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
	if len(f.found) > maxParts {
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
