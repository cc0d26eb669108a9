package lattice

import (
	"bytes"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// depth is how many times a character may be escaped.
const depth = 3

// What is known of the readings of a place, besides how many they are.
const (
	fullBit    = 1 << 6 // there are more
	touchedBit = 1 << 7 // they may be others if the text continues
	countBits  = fullBit - 1
)

// read returns the readings of text[p:] with up to d levels of escapes. The characters of
// an escape may themselves be escaped on a lower level. It sets r.touched and r.full.
func (r *Reader) read(p, d int) []reading {
	if p >= len(r.text) {
		r.touched = true
		return nil
	}
	if !starts[r.text[p]] {
		d = 0
	}
	k := r.places[p]
	if k == 0 {
		k = uint32(len(r.known))
		r.known, r.places[p] = append(r.known, [depth + 1]uint64{}), k
	}
	if at := r.known[k][d]; at != 0 {
		r.touched = r.touched || at&touchedBit != 0
		r.full = r.full || at&fullBit != 0
		return r.pool[at>>8:][:at&countBits]
	}
	first := len(r.pool)
	if d == 0 {
		r.keep(reading{end: p + 1, char: [4]byte{r.text[p]}, size: 1})
		r.known[k][d] = uint64(first)<<8 | 1
		return r.pool[first:]
	}
	touched, full := r.touched, r.full
	r.touched, r.full = false, false
	var l readings
	r.readEscapes(&l, p, d)
	if l.half {
		r.join(&l, d)
	}
	first = len(r.pool)
	r.keep(l.list[:l.n]...)
	at := uint64(first)<<8 | uint64(l.n)
	if r.full = r.full || l.full; r.full {
		at |= fullBit
	}
	if r.touched {
		at |= touchedBit
	}
	r.known[k][d] = at
	r.touched, r.full = r.touched || touched, r.full || full
	return r.pool[first:]
}

// keep appends readings to the pool.
func (r *Reader) keep(list ...reading) {
	if cap(r.pool)-len(r.pool) < len(list) {
		r.old = append(r.old, r.pool)
		r.pool = slices.Grow(r.pool, max(len(list), len(r.pool)))
	}
	r.pool = append(r.pool, list...)
}

// readEscapes adds the readings of text[p:] with up to d levels of escapes, except those of
// characters in two halves.
func (r *Reader) readEscapes(l *readings, p, d int) {
	if r.inRun(p) {
		for size := range 1 << d {
			l.addByte('\\', p+1+size)
		}
		return
	}
	lower := r.read(p, d-1)
	l.n = copy(l.list[:], lower)
	known := 0
	if d > 1 {
		known = len(r.read(p, d-2))
	}
	for i, rd := range lower {
		l.half = l.half || rd.isHalf(0xa0)
		if rd.size == 1 && starts[rd.char[0]] && (i >= known || r.deeper(&rd)) {
			r.escape(l, p, rd, d-1)
		}
	}
}

// nearby is how many bytes of an escape are looked at for others inside it. The first
// of these begins in them.
const nearby = 48

var inEscapes = func() (is [256]bool) {
	for c := range 256 {
		is[c] = isAlnum(byte(c)) || isIn("#;{}[]-?", byte(c)) || starts[c]
	}
	return is
}()

// deeper reports whether the escape that begins with lead may have more readings on a
// higher level: there are starts of escapes in it.
func (r *Reader) deeper(lead *reading) bool {
	size := 1
	switch {
	case lead.is('%'):
		size = 2
		if lead.end < len(r.text) && r.text[lead.end] == 'u' {
			size = nearby
		}
	case lead.is('&'), lead.is('\\') && lead.end < len(r.text) && isAlnum(r.text[lead.end]):
		size = nearby
	}
	for _, c := range r.text[min(lead.end, len(r.text)):min(lead.end+size, len(r.text))] {
		if starts[c] {
			return true
		}
		if size == nearby && !inEscapes[c] {
			return false
		}
	}
	return false
}

// run is how many backslashes stand for one at most.
const run = 1 << depth

// inRun reports whether text[p:] is so many backslashes that it reads as nothing else.
func (r *Reader) inRun(p int) bool {
	return p+run < len(r.text) && string(r.text[p:p+run+1]) == slashes
}

const slashes = `\\\\\\\\\`

// escape adds the characters that the escape at text[p:] stands for. first is the reading of
// its first character.
func (r *Reader) escape(l *readings, p int, first reading, d int) {
	end := first.end
	switch c := first.char[0]; c {
	case '%':
		for _, n := range r.number(end, d, digitsOf{16, 2, 2, 0}).all() {
			l.addCode(n.code, n.end)
		}
		for _, next := range r.read(end, d) {
			if next.is('u') {
				r.unicode(l, next.end, d)
			}
		}
		r.doubled(l, p, first, d)
	case '\\':
		for _, next := range r.read(end, d) {
			r.backslash(l, next, d)
		}
	case '&':
		r.reference(l, end, d)
	case '^':
		r.before(l, end, d, &careted)
	case '`':
		r.before(l, end, d, &backquoted)
	case '"', '\'':
		r.doubled(l, p, first, d)
		r.reopened(l, end, c, d)
	case '$':
		r.doubled(l, p, first, d)
	case '+':
		l.addByte(' ', end)
	case '\r':
		for _, next := range r.read(end, d) {
			if next.is('\n') {
				l.add(next)
			}
		}
	}
}

var (
	careted    = charSet("&|<>^()!=,;\"'%")
	backquoted = charSet("`$\"'")
)

// before adds the characters of a set that follow a character which escapes them.
func (r *Reader) before(l *readings, p, d int, set *[256]bool) {
	for _, next := range r.read(p, d) {
		if next.size == 1 && set[next.char[0]] {
			l.add(next)
		}
	}
}

// doubled adds a character that is doubled at text[p:], spelled the same way twice.
func (r *Reader) doubled(l *readings, p int, first reading, d int) {
	if size := first.end - p; first.end+size <= len(r.text) && !bytes.Equal(r.text[p:first.end], r.text[first.end:first.end+size]) {
		return
	}
	for _, next := range r.read(first.end, d) {
		if next.is(first.char[0]) && bytes.Equal(r.text[p:first.end], r.text[first.end:next.end]) {
			l.add(next)
		}
	}
}

// reopened adds the quote c for which a shell ends its quotes, writes one after a
// backslash, or in double quotes, and begins them again. text[p:] is after the end.
func (r *Reader) reopened(l *readings, p int, c byte, d int) {
	if p < len(r.text) && !starts[r.text[p]] {
		return
	}
	full := r.full
	list := r.read(p, d)
	r.full = full // other readings do not matter
	for _, next := range list {
		switch {
		case next.is('\\'):
			r.sequence(l, next.end, []byte{c, c}, d)
		case next.is('"') && c == '\'':
			r.sequence(l, next.end, []byte(`'"'`), d)
		}
	}
}

// sequence adds the last of chars if all of them are at text[p:].
func (r *Reader) sequence(l *readings, p int, chars []byte, d int) {
	if p < len(r.text) && !starts[r.text[p]] {
		return
	}
	for _, next := range r.read(p, d) {
		if !next.is(chars[0]) {
			continue
		}
		if len(chars) == 1 {
			l.add(next)
		} else {
			r.sequence(l, next.end, chars[1:], d)
		}
	}
}

// unlike reports that text[p:] is read as one character only, which is not c.
func (r *Reader) unlike(p int, c byte) bool {
	return p < len(r.text) && r.text[p] != c && !starts[r.text[p]]
}

// number is the digits of an escape.
type number struct {
	end    int // where they end
	code   rune
	digits uint8 // how many they are
}

// numbers are the ways to read digits. A character that can be read as a digit may also be
// read as one that ends the number.
type numbers struct {
	list [32]number
	n    int
}

func (l *numbers) all() []number { return l.list[:l.n] }

// digitsOf says which digits an escape has: how many, in which base, and the character
// that ends them, 0 for none.
type digitsOf struct {
	base        rune
	least, most uint8
	end         byte
}

// number returns the numbers at text[p:].
func (r *Reader) number(p, d int, of digitsOf) (l *numbers) {
	l = &numbers{}
	r.digitsAt(l, number{end: p}, d, of)
	return l
}

// digitsAt adds the numbers that begin with n.
func (r *Reader) digitsAt(l *numbers, n number, d int, of digitsOf) {
	for n.digits < of.most {
		if n.end >= len(r.text) {
			r.touched = true
			break
		}
		c := r.text[n.end]
		if starts[c] {
			for _, rd := range r.read(n.end, d) {
				if v, ok := digit(rd.char[0], of.base); ok && rd.size == 1 {
					r.digitsAt(l, number{rd.end, n.code*of.base + v, n.digits + 1}, d, of)
				}
			}
			break
		}
		v, ok := digit(c, of.base)
		if !ok {
			break
		}
		n = number{n.end + 1, n.code*of.base + v, n.digits + 1}
	}
	if n.digits < of.least || n.code < 0 || n.code > utf8.MaxRune || of.end != 0 && !r.has(n.end, d, of.end) {
		return
	}
	for _, other := range l.all() {
		if other == n {
			return
		}
	}
	if l.n == len(l.list) {
		r.full = true
		return
	}
	l.list[l.n] = n
	l.n++
}

// has reports whether text[p:] may be read as c.
func (r *Reader) has(p, d int, c byte) bool {
	if r.unlike(p, c) {
		return false
	}
	for _, rd := range r.read(p, d) {
		if rd.is(c) {
			return true
		}
	}
	return false
}

// unicode adds the character, or half of one, of UTF-16 whose digits are at text[p:].
func (r *Reader) unicode(l *readings, p, d int) {
	for _, n := range r.number(p, d, digitsOf{16, 4, 4, 0}).all() {
		l.addRune(n.code, n.end)
		if n.code < 0x100 {
			l.addByte(byte(n.code), n.end)
		}
	}
}

// join adds the characters of which a reading is the first half in UTF-16 and the escape
// behind it the second: each may be of any kind.
func (r *Reader) join(l *readings, d int) {
	for _, first := range l.list[:l.n] {
		if !first.isHalf(0xa0) {
			continue
		}
		var behind readings
		if first.end < len(r.text) {
			r.readEscapes(&behind, first.end, d)
		} else {
			r.touched = true
		}
		r.full = r.full || behind.full
		for _, second := range behind.list[:behind.n] {
			if second.isHalf(0xb0) {
				l.addRune(utf16.DecodeRune(first.half(), second.half()), second.end)
			}
		}
	}
}
