package lattice

import "github.com/postern-project/postern/runtime/internal/wipe"

// Reader is the memory of a search. The zero Reader is ready for [Reader.Set]; it is
// used by one goroutine at a time.
type Reader struct {
	text  []byte
	whole bool
	ready bool
	used  bool

	places  []uint32            // by place in the text: which of known has its readings; 0 if none has
	known   [][depth + 1]uint64 // by level: where the readings are in pool, and how many
	pool    []reading
	pooled  int         // how many were in it since the last Wipe, at most
	old     [][]reading // smaller memory of pool, that may be read still
	touched bool        // what was read since this was cleared may be read otherwise if the text continues
	full    bool        // ... has more readings than are kept

	x     *Index
	found Finder
	hold  int
	hits  []hit

	work    int // states that were looked at in this text
	allowed int // how many may be

	// The search at one place.
	start   int
	head    [minSize + 3]byte // what was read before values are compared
	entries []entry           // a stack of what is read in nodes
	stack   wipe.Buffer[entry]
	seen    states
	steps   int  // states that were looked at
	far     int  // how far the text was read
	farDone int  // ... and how much of the values that are compared
	gaveUp  bool // there were too many states or readings. What was read counts as a value, then
	givenUp int  // places at which that was so

	// The node whose values are compared.
	value  []byte // the bytes that they have in common
	least  int    // of the shortest value
	longer bool   // some are longer
	level  int    // of escapes that are read
	ends   [2]ends

	// Thorough looks at each place closely, for tests of what rules most of them out.
	Thorough bool

	// Open are the places where a value may begin that continues after the text.
	Open []Opening
}

// Opening is a place where a value may begin, with its length in bytes.
type Opening struct{ At, Size int }

// Finder has the values of an [Index].
type Finder interface {
	// Bytes returns the bytes of a value, valid until the next call; false if it was
	// wiped.
	Bytes(id uint32) ([]byte, bool)
	// Found is called for a value that is written at text[start:end] with escapes. sure
	// says that no quotes are left out to read it. It reports whether the value is
	// one to search for.
	Found(id uint32, start, end int, sure bool) bool
}

// Set makes r ready for searches in text. whole says that it does not continue.
func (r *Reader) Set(text []byte, whole bool) {
	r.text, r.whole, r.ready = text, whole, false
	r.Open, r.work, r.allowed, r.givenUp = r.Open[:0], 0, inText, 0
}

// Wipe clears the plaintext in r.
func (r *Reader) Wipe() {
	if r.used {
		clear(r.pool[:max(r.pooled, len(r.pool))])
		for _, list := range r.old {
			clear(list[:cap(list)])
		}
		r.pool, r.pooled, r.old = r.pool[:0], 0, nil
		r.stack.Wipe()
		clear(r.head[:])
		r.seen.wipe()
		r.used = false
	}
	r.text, r.value, r.found, r.ready = nil, nil, nil, false
}

func (r *Reader) prepare() {
	if r.ready {
		return
	}
	r.ready, r.used = true, true
	r.pooled = max(r.pooled, len(r.pool))
	r.pool = append(r.pool[:0], reading{})
	r.known = append(r.known[:0], [depth + 1]uint64{})
	if cap(r.places) < len(r.text) {
		r.places = make([]uint32, len(r.text))
	}
	r.places = r.places[:len(r.text)]
	clear(r.places)
}

// Search finds the values of x that begin in text[from:to] and have an escape in them.
// It returns where the first value may begin that continues after the text; len(text)
// if there is none.
func (r *Reader) Search(x *Index, from, to int, found Finder) (hold int) {
	r.prepare()
	r.x, r.found, r.hold, r.hits = x, found, len(r.text), r.hits[:0]
	r.allowed += perText * (to - from)
	for s := from; s < to && len(x.nodes) > 0; s++ {
		if r.Thorough || r.mayBegin(s) {
			r.searchAt(s)
		}
	}
	r.report()
	return r.hold
}

// searchAt looks for the values that begin at text[s:].
func (r *Reader) searchAt(s int) {
	r.start, r.far, r.steps, r.gaveUp = s, s, 0, false
	r.entries = r.entries[:0]
	r.seen.reset()
	if r.walk(s, 0, otherChar); r.gaveUp {
		r.guess(r.x.ids, 0)
		return
	}
	r.descend(0, minSize-1, func(e *entry) uint64 { return e.edge })
}

// limits of the states that are looked at.
const (
	maxSteps = 4096    // at one place, and
	perByte  = 64      // ... more for each byte of a value
	perText  = 8       // in the text, for each byte that is searched
	inText   = 1 << 13 // ... and once
	atLeast  = 8       // at one place after that
)

// step counts a state, and reports whether that was one too many.
func (r *Reader) step() (stop bool) {
	r.work++
	r.steps++
	most := maxSteps + perByte*len(r.value)
	if r.work > r.allowed {
		most = atLeast
	}
	r.gaveUp = r.gaveUp || r.steps > most
	return r.gaveUp
}

// readings returns the readings of text[p:]. open reports whether there may be others if
// the text continues.
func (r *Reader) readings(p int) (list []reading, open bool) {
	r.touched, r.full = false, false
	list = r.read(p, r.level)
	r.gaveUp = r.gaveUp || r.full
	return list, r.touched && !r.whole
}

// closed returns where the escape before text[p:] may end, if characters follow that are not
// a part of the number in it. open reports whether there may be others if the text continues.
func (r *Reader) closed(p int) (ends []int, open bool) {
	r.touched, r.full = false, false
	ends = r.closers(p, r.level)
	r.gaveUp = r.gaveUp || r.full
	return ends, r.touched && !r.whole
}

// opens notes that a value with size bytes may begin here and continue after the text.
func (r *Reader) opens(size int) {
	if r.whole {
		return
	}
	r.hold = min(r.hold, r.start)
	switch n := len(r.Open); {
	case size == 0:
	case n > 0 && r.Open[n-1].At == r.start:
		r.Open[n-1].Size = min(r.Open[n-1].Size, size)
	default:
		r.Open = append(r.Open, Opening{r.start, size})
	}
}

// walk looks for the first bytes of values: text[p:] is what follows on head[:n].
func (r *Reader) walk(p, n int, before kind) {
	if before&looseBefore != 0 && n < minSize {
		r.level = depth
		before &^= looseBefore
		ends, open := r.closed(p)
		if open {
			r.opens(min(n, 1) * minSize)
		}
		for _, end := range ends {
			r.walk(end, n, before|removedBefore)
		}
	}
	for n < minSize && p < len(r.text) && !starts[r.text[p]] {
		c := r.text[p]
		if p, before = p+1, before.after(c); !r.push(n, c) {
			return
		}
		n++
	}
	r.far = max(r.far, p)
	if n >= minSize {
		r.enter(p, n, before)
		return
	}
	if p == len(r.text) {
		r.opens(min(n, 1) * minSize)
		return
	}
	if !r.seen.add(state{p, n, before, [minSize]byte(r.head[:])}) || r.step() {
		return
	}
	r.level = depth
	if c, size := r.simple(p); size > 0 && r.alone(p, size, c, before.class()) {
		if r.push(n, r.text[p]) {
			r.walk(p+1, n+1, before.after(r.text[p]))
		}
		if c != r.text[p] && r.push(n, c) {
			r.walk(p+size, n+1, before.after(c))
		}
		return
	}
	list, open := r.readings(p)
	if open {
		r.opens(min(n, 1) * minSize)
	}
	for _, rd := range list {
		if n == 0 && rd.traced {
			continue // the backslash belongs to what is before the value
		}
		if r.pushAll(n, &rd) {
			r.walk(rd.end, n+int(rd.size), before.read(&rd))
		}
	}
	for _, rd := range list {
		if n == 0 {
			break
		}
		skips, open := r.skips(&rd, before)
		if open {
			r.opens(minSize)
		}
		if skips {
			r.walk(rd.end, n, quoteChar|removedBefore)
		}
	}
}

func (r *Reader) pushAll(n int, rd *reading) bool {
	for _, c := range rd.bytes() {
		if !r.push(n, c) {
			return false
		}
		n++
	}
	return true
}

// push appends c to head[:n], and clears what is after it. It reports whether a value
// may begin so.
func (r *Reader) push(n int, c byte) bool {
	r.head[n] = c
	clear(r.head[n+1:])
	return n >= minSize || r.x.begins(r.head[:n+1])
}

// enter notes that head[:n] was read up to text[p:].
func (r *Reader) enter(p, n int, before kind) {
	e := entry{place: p, before: before, edge: r.x.hash(r.head[:minSize])}
	e.size = uint8(copy(e.char[:], r.head[minSize-1:n])) // with the last byte that the edge is for
	r.entries = append(r.stack.Grow(r.entries, 1), e)
}
