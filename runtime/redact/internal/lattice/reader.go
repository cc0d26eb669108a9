package lattice

import "bytes"

// Reader is the memory of a search. The zero Reader is ready for [Reader.Set]; it is
// used by one goroutine at a time.
type Reader struct {
	text  []byte
	whole bool
	ready bool

	places []uint32            // by place in the text: which of known has its readings; 0 if none has
	known  [][depth + 1]uint64 // by level: where the readings are in pool, and how many
	pool   []reading

	x     *Index
	found Finder
	hold  int
	start int      // where the value begins that is looked for
	value []byte   // its bytes
	tried []uint32 // the values that were looked for here
	buf   [minSize << (levels - 1)]byte
	steps int
	work  int // states and steps in this text

	seen   map[state]struct{}
	states int  // how many of them are looked at. What takes more counts as the value, as far as it was read
	best   int  // where the value ends; -1 if it is not there
	far    int  // how far it was read
	open   bool // the text ends inside of it
	used   bool

	// Open are the places where a value may begin that goes on behind the text.
	Open []Opening
}

// Opening is a place where a value may begin, with its length in bytes.
type Opening struct{ At, Size int }

// Finder has the values of an [Index].
type Finder interface {
	// Bytes returns the bytes of a value, valid until the next call; false if they
	// are not to be searched any more.
	Bytes(id uint32) ([]byte, bool)
	// Found is called for a value that is written at text[start:end] with escapes.
	Found(id uint32, start, end int)
}

// state is a place in the text, what was read of the value before, and what was the
// last character of that.
type state struct {
	place, done int
	before      kind
}

// kind says what a character is to the quotes of a shell behind it.
type kind uint8

const (
	other kind = iota
	quote
	blank
)

func kindOf(c byte) kind {
	switch {
	case isQuote(c):
		return quote
	case isBlank(c):
		return blank
	}
	return other
}

// Set makes r ready for searches in text. whole says that it does not go on.
func (r *Reader) Set(text []byte, whole bool) {
	r.text, r.whole, r.ready = text, whole, false
	r.Open, r.work = r.Open[:0], 0
}

// Wipe clears the plaintext in r.
func (r *Reader) Wipe() {
	if r.used {
		clear(r.pool[:cap(r.pool)])
		clear(r.buf[:])
		r.used = false
	}
	r.text, r.value, r.found, r.ready = nil, nil, nil, false
}

func (r *Reader) prepare() {
	if r.ready {
		return
	}
	r.ready, r.used = true, true
	r.pool = append(r.pool[:0], reading{})
	r.known = append(r.known[:0], [depth + 1]uint64{})
	if cap(r.places) < len(r.text) {
		r.places = make([]uint32, len(r.text))
	}
	r.places = r.places[:len(r.text)]
	clear(r.places)
	if r.seen == nil {
		r.seen = map[state]struct{}{}
	}
}

// Search finds the values of x that begin in text[from:to] and have an escape in them.
// It returns where the first value may begin that goes on behind the text; len(text)
// if there is none.
func (r *Reader) Search(x *Index, from, to int, found Finder) (hold int) {
	r.prepare()
	r.x, r.found, r.hold = x, found, len(r.text)
	for s := from; s < to; s++ {
		if r.mayBegin(s) {
			r.start, r.tried, r.steps = s, r.tried[:0], 0
			r.walk(s, 0, other)
		}
	}
	return r.hold
}

// mayBegin rules out most places at which no value begins.
func (r *Reader) mayBegin(s int) bool {
	c, end := r.text[s], s+1
	if starts[c] {
		other, size := r.simple(s)
		if r.x.first[c] {
			return true
		}
		if size == 0 {
			code, _, ok := r.sure(s)
			return !ok || r.x.first[code] || code == '+' && r.x.first[' ']
		}
		c, end = other, s+size
	}
	if !r.x.first[c] {
		return false
	}
	if end >= len(r.text) {
		return true
	}
	next := r.text[end]
	if !starts[next] {
		if !r.x.hasPair(c, next) {
			return false
		}
		if four := r.text[s:]; len(four) >= minSize && end == s+1 && !starts[four[2]] && !starts[four[3]] {
			return r.x.hasFour(four)
		}
		return true
	}
	code, size := r.simple(end)
	if size == 0 {
		var ok bool
		if code, size, ok = r.sure(end); !ok || end+size >= len(r.text) || starts[r.text[end+size]] {
			return true
		}
	}
	return !r.alone(end, size, code, kindOf(c)) || r.x.hasPair(c, next) || r.x.hasPair(c, code) || code == '+' && r.x.hasPair(c, ' ')
}

// sure returns the other character as which text[p:] can be read, if there is only one,
// or a blank for "+", and the bytes that most of its readings take. The escape may still have
// several readings, which end in different places.
func (r *Reader) sure(p int) (c byte, size int, ok bool) {
	switch r.text[p] {
	case '%':
		if p+2 >= len(r.text) {
			return 0, 0, false
		}
		high, ok := digit(r.text[p+1], 16)
		low, both := digit(r.text[p+2], 16)
		c := byte(high<<4 | low)
		return c, 3, ok && both && (isQuote(c) || c == '$' || c == '+')
	case '\\':
		for i := 1; i <= run && p+i < len(r.text); i++ {
			switch c := r.text[p+i]; {
			case c == '\\':
			case isQuote(c):
				return c, i + 1, true
			case c == 'n':
				return '\n', i + 1, true
			default:
				return 0, 0, false
			}
		}
		return '\\', run, r.inRun(p)
	}
	return 0, 0, false
}

// alone reports whether neither text[p:] nor c, as which the escape of some bytes there
// can be read, is a quote that a shell leaves out.
func (r *Reader) alone(p, size int, c byte, before kind) bool {
	return !isQuote(c) && !isQuote(r.text[p]) || before == other && !isBlank(r.text[p+size])
}

// maxWalk is how many places with several readings are looked at for the values that
// may begin at one place.
const maxWalk = 512

// walk looks for values that begin with buf[:n], which ends at text[p:].
func (r *Reader) walk(p, n int, before kind) {
	for p < len(r.text) && !starts[r.text[p]] {
		c := r.text[p]
		if p, before = p+1, kindOf(c); !r.push(n, c) {
			return
		}
		n++
	}
	if p == len(r.text) || r.cut(p) {
		r.opens(n)
	}
	r.work++
	if r.steps++; p == len(r.text) || r.steps > r.limit(maxWalk) {
		return
	}
	if c, size := r.simple(p); size > 0 && r.alone(p, size, c, before) {
		if r.push(n, r.text[p]) {
			r.walk(p+1, n+1, kindOf(r.text[p]))
		}
		if c != r.text[p] && r.push(n, c) {
			r.walk(p+size, n+1, kindOf(c))
		}
		return
	}
	for _, rd := range r.read(p, depth) {
		if r.pushAll(n, &rd) {
			r.walk(rd.end, n+int(rd.size), kindOf(rd.char[0]))
		}
	}
	for _, rd := range r.read(p, depth) {
		if n > 0 && r.skips(&rd, before) {
			r.walk(rd.end, n, quote)
		}
	}
}

// opens notes that a value may begin here and go on behind the text.
func (r *Reader) opens(n int) {
	if r.whole {
		return
	}
	r.hold = min(r.hold, r.start)
	if n > 0 {
		r.Open = append(r.Open, Opening{r.start, minSize})
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

// push appends c to buf[:n], and reports whether it is worth to read on.
func (r *Reader) push(n int, c byte) bool {
	r.buf[n] = c
	g, ok := r.x.begins(r.buf[:n+1])
	if !ok {
		return false
	}
	if g.hi == 0 {
		return true
	}
	for i := g.lo; i < g.hi; i++ {
		if g.last || int(r.x.sizes[i]) < 2*(n+1) {
			r.try(r.x.ids[i])
		}
	}
	return !g.last
}

// try looks for a value at the start.
func (r *Reader) try(id uint32) {
	for _, t := range r.tried {
		if t == id {
			return
		}
	}
	r.tried = append(r.tried, id)
	v, ok := r.found.Bytes(id)
	if !ok || bytes.HasPrefix(r.text[r.start:], v) {
		return
	}
	end, open := r.match(v)
	if open && !r.whole {
		r.hold = min(r.hold, r.start)
		r.Open = append(r.Open, Opening{r.start, len(v)})
	}
	if end > 0 {
		r.found.Found(id, r.start, end)
	}
}

// match returns where v ends, which begins at the start; -1 if it does not. open says
// that it may end behind the text.
func (r *Reader) match(v []byte) (end int, open bool) {
	clear(r.seen)
	r.states = r.limit(1024 + 64*len(v))
	r.value, r.best, r.far, r.open = v, -1, r.start, false
	r.follow(r.start, 0, other)
	if len(r.seen) > r.states {
		r.best = max(r.best, r.far)
	}
	return r.best, r.open
}

// limit is how many steps may be taken at one place, at most most: few if the text took
// too many of them.
func (r *Reader) limit(most int) int {
	const perByte, least = 16, 16
	if r.work > perByte*len(r.text)+1<<13 {
		return least
	}
	return most
}

// follow looks for the rest of the value from its byte k on at text[p:].
func (r *Reader) follow(p, k int, before kind) {
	for k < len(r.value) && p < len(r.text) && !starts[r.text[p]] {
		c := r.text[p]
		if c != r.value[k] {
			return
		}
		p, k, before = p+1, k+1, kindOf(c)
	}
	r.far = max(r.far, p)
	switch {
	case k == len(r.value):
		r.best = max(r.best, p)
		return
	case p == len(r.text):
		r.open = true
		return
	}
	at := state{p, k, before}
	if _, ok := r.seen[at]; ok || len(r.seen) > r.states {
		return
	}
	r.seen[at] = struct{}{}
	r.work++
	r.open = r.open || r.cut(p)
	for _, rd := range r.read(p, depth) {
		if bytes.HasPrefix(r.value[k:], rd.bytes()) {
			r.follow(rd.end, k+int(rd.size), kindOf(rd.char[0]))
		}
	}
	for _, rd := range r.read(p, depth) {
		if k > 0 && r.skips(&rd, before) {
			r.follow(rd.end, k, quote)
		}
	}
}

// skips reports whether a reading is a quote, or the dollar sign before one, that a
// shell leaves out: next to another one, a backslash, or a blank.
func (r *Reader) skips(rd *reading, before kind) bool {
	if rd.size != 1 || !isQuote(rd.char[0]) && rd.char[0] != '$' {
		return false
	}
	dollar := rd.char[0] == '$'
	if before != other && !dollar || rd.end == len(r.text) {
		return true
	}
	for _, next := range r.read(rd.end, depth) {
		c := next.char[0]
		if isQuote(c) || !dollar && (c == '$' || c == '\\' || isBlank(c)) {
			return true
		}
	}
	return false
}

// maxEscape is how many bytes an escape of several levels has that the text ends in.
const maxEscape = 48

var inEscapes = func() (is [256]bool) {
	for c := range 256 {
		is[c] = isAlnum(byte(c)) || signs[c] || starts[c]
	}
	return is
}()

// cut reports whether text[p:] may be the beginning of an escape.
func (r *Reader) cut(p int) bool {
	if len(r.text)-p > maxEscape || r.whole {
		return false
	}
	for _, c := range r.text[p:] {
		if !inEscapes[c] {
			return false
		}
	}
	return true
}
