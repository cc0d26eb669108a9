package lattice

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// depth is how many times a character may be escaped.
const depth = 3

// read returns the readings of text[p:] with up to d levels of escapes. The signs of
// an escape may themselves be escaped on a lower level.
func (r *Reader) read(p, d int) []reading {
	if p >= len(r.text) {
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
		return r.pool[at>>8:][:at&0xff]
	}
	first := len(r.pool)
	if d == 0 {
		r.pool = append(r.pool, reading{end: p + 1, char: [4]byte{r.text[p]}, size: 1})
	} else {
		var l readings
		r.readEscapes(&l, p, d)
		first = len(r.pool)
		r.pool = append(r.pool, l.list[:l.n]...)
	}
	r.known[k][d] = uint64(first)<<8 | uint64(len(r.pool)-first)
	return r.pool[first:]
}

// readEscapes adds the readings of text[p:] with up to d levels of escapes.
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
		if rd.size == 1 && starts[rd.char[0]] && (i >= known || r.deeper(&rd)) {
			r.escape(l, p, rd, d-1)
		}
	}
}

// deeper reports whether the escape that begins with a sign may have more readings on a
// higher level: there are starts of escapes in it.
func (r *Reader) deeper(sign *reading) bool {
	size := 1
	switch {
	case sign.is('%'):
		size = 2
		if sign.end < len(r.text) && r.text[sign.end] == 'u' {
			size = maxEscape
		}
	case sign.is('&'), sign.is('\\') && sign.end < len(r.text) && isAlnum(r.text[sign.end]):
		size = maxEscape
	}
	for _, c := range r.text[min(sign.end, len(r.text)):min(sign.end+size, len(r.text))] {
		if starts[c] {
			return true
		}
		if size == maxEscape && !inEscapes[c] {
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

// escape adds what the escape stands for that begins at text[p:] with the sign first.
func (r *Reader) escape(l *readings, p int, first reading, d int) {
	end := first.end
	switch c := first.char[0]; c {
	case '%':
		if n, to, _ := r.number(end, d, 16, 2, 2); to > 0 {
			l.addCode(n, to)
		}
		if u, to := r.sign(end, d); u == 'u' {
			r.unicode(l, to, d, c)
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
	case '"', '\'', '$':
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

// before adds the characters of a set that stand behind a sign which escapes them.
func (r *Reader) before(l *readings, p, d int, set *[256]bool) {
	for _, next := range r.read(p, d) {
		if next.size == 1 && set[next.char[0]] {
			l.add(next)
		}
	}
}

// doubled adds a sign that stands twice at text[p:], spelled in the same way.
func (r *Reader) doubled(l *readings, p int, first reading, d int) {
	for _, next := range r.read(first.end, d) {
		if next.is(first.char[0]) && bytes.Equal(r.text[p:first.end], r.text[first.end:next.end]) {
			l.add(next)
		}
	}
}

// sign returns a letter, digit or sign of an escape at text[p:], and where it ends;
// end is 0 if there is none.
func (r *Reader) sign(p, d int) (c byte, end int) {
	if p < len(r.text) && !starts[r.text[p]] {
		if c := r.text[p]; isAlnum(c) || signs[c] {
			return c, p + 1
		}
		return 0, 0
	}
	for _, rd := range r.read(p, d) {
		if c := rd.char[0]; rd.size == 1 && (isAlnum(c) || signs[c]) {
			return c, rd.end
		}
	}
	return 0, 0
}

// is returns where the sign c at text[p:] ends; 0 if there is none.
func (r *Reader) is(p, d int, c byte) (end int) {
	if p < len(r.text) && r.text[p] == c {
		return p + 1
	}
	for _, rd := range r.read(p, d) {
		if rd.is(c) {
			return rd.end
		}
	}
	return 0
}

var signs = charSet("#;{}-?")

// number returns the number of least to most digits at text[p:], where it ends, and
// how many digits it has; end is 0 if there is none.
func (r *Reader) number(p, d int, base rune, least, most int) (n rune, end, digits int) {
	for digits < most {
		if digits > 0 && p < len(r.text) && starts[r.text[p]] && (r.is(p, d, ';') > 0 || r.is(p, d, '}') > 0) {
			break // the end of a reference, which may be read as a digit, too
		}
		c, next := r.sign(p, d)
		v, ok := digit(c, base)
		if next == 0 || !ok {
			break
		}
		n, p = n*base+v, next
		digits++
	}
	if digits < least {
		return 0, 0, 0
	}
	return n, p, digits
}

// reference adds the character reference whose "&" ends at p.
func (r *Reader) reference(l *readings, p, d int) {
	next := r.is(p, d, '#')
	if next == 0 {
		r.named(l, p, d)
		return
	}
	base := rune(10)
	if c, at := r.sign(next, d); c == 'x' || c == 'X' {
		base, next = 16, at
	}
	n, end, _ := r.number(next, d, base, 1, 8)
	if at := r.is(end, d, ';'); end > 0 && at > 0 {
		if n >= 0x80 && n < 0xa0 { // which HTML reads as characters of Windows
			known, _ := utf8.DecodeRuneInString(html.UnescapeString("&#" + strconv.Itoa(int(n)) + ";"))
			l.addRune(known, at)
		}
		if n <= utf8.MaxRune {
			l.addRune(n, at)
		}
	}
}

// maxName is how long the name of a character reference is at most.
const maxName = 24

func (r *Reader) named(l *readings, p, d int) {
	var name [maxName + 2]byte
	name[0] = '&'
	for n := 1; n <= maxName; n++ {
		if end := r.is(p, d, ';'); end > 0 {
			name[n] = ';'
			text := html.UnescapeString(string(name[:n+1]))
			if known, size := utf8.DecodeRuneInString(text); n > 1 && size == len(text) {
				l.addRune(known, end)
			}
			return
		}
		if name[n], p = r.sign(p, d); !isAlnum(name[n]) {
			return
		}
	}
}

// unicode adds the character of UTF-16 whose digits are at text[p:]. The escape begins
// with a sign and "u", and so does that of the second half.
func (r *Reader) unicode(l *readings, p, d int, sign byte) {
	n, end, _ := r.number(p, d, 16, 4, 4)
	switch {
	case end == 0:
		return
	case !utf16.IsSurrogate(n):
		l.addRune(n, end)
		if n < 0x100 {
			l.addByte(byte(n), end)
		}
		return
	}
	l.addHalf(n, end)
	for _, rd := range r.read(end, d) {
		if !rd.is(sign) {
			continue
		}
		if u, at := r.sign(rd.end, d); u == 'u' {
			if low, at, _ := r.number(at, d, 16, 4, 4); at > 0 {
				if both := utf16.DecodeRune(n, low); both != utf8.RuneError {
					l.addRune(both, at)
				}
			}
		}
	}
}

// simple returns the other character as which text[p:], a start of escapes, can be
// read, and the size of that escape, if these are all its readings. c is text[p] if it is
// read only as itself. size is 0 if there may be more.
func (r *Reader) simple(p int) (c byte, size int) {
	if p+2 >= len(r.text) {
		return 0, 0
	}
	c, next, third := r.text[p], r.text[p+1], r.text[p+2]
	switch {
	case c == '+':
		return ' ', 1
	case c == '%':
		high, ok := digit(next, 16)
		low, both := digit(third, 16)
		if code := byte(high<<4 | low); ok && both && code < 0x80 && !starts[code] {
			return code, 3
		}
	case c == '\\':
		switch {
		case isQuote(next) && !starts[third], !isAlnum(next) && !starts[next] && next != '_':
			return next, 2
		case next == 'n':
			return '\n', 2
		case next == 't':
			return '\t', 2
		}
		return 0, 0
	case starts[next] || isAlnum(next) && c == '&', next == '#', careted[next], next == '\n':
		return 0, 0
	}
	if c == '%' && (isAlnum(next) || starts[next]) {
		return 0, 0
	}
	return c, 1
}
