package lattice

import (
	"strings"
	"unicode/utf8"
)

// controls are the characters that letters after a backslash stand for.
var controls = [256]rune{
	'a': 7, 'b': 8, 't': '\t', 'n': '\n', 'v': 11, 'f': 12, 'r': '\r', 'e': 27, 'E': 27,
	'_': 0xa0, 'N': 0x85, 'L': 0x2028, 'P': 0x2029, // YAML
	's': ' ', 'd': 0x7f, // Erlang
	'Z': 0x1a, // MySQL
}

// backslash adds the escape of a backslash in which next follows.
func (r *Reader) backslash(l *readings, next reading, d int) {
	c, p := next.char[0], next.end
	if next.size > 1 || !isAlnum(c) {
		l.add(next)
		switch {
		case next.size > 1:
		case c == '_':
			l.addRune(controls[c], p)
		case c == '^': // Standard ML
			r.controlOf(l, p, d)
		case c == '+': // SQL
			r.plain(l, 0, p, 6, 6)
		}
		return
	}
	if controls[c] != 0 {
		l.addRune(controls[c], p)
	}
	if before, behind := r.eachEscaped(p); before || behind {
		next.traced = !behind
		l.add(next)
		next.traced = false
	}
	switch c {
	case 'x':
		for _, n := range r.number(p, d, digitsOf{16, 1, 2, 0}).all() {
			l.addLoose(n.code, n.end)
		}
		r.plain(l, 0, p, 3, 6) // Scheme, Prolog, Emacs
		r.enclosed(l, p, d, 16)
	case 'X', 'y': // fish, YSH
		for _, n := range r.number(p, d, digitsOf{16, 2, 2, 0}).all() {
			l.addByte(byte(n.code), n.end)
		}
	case 'o': // Perl
		r.enclosed(l, p, d, 8)
	case 'u':
		r.unicode(l, p, d)
		r.plain(l, 0, p, 1, 3) // Julia
		r.enclosed(l, p, d, 16)
	case 'U':
		for _, n := range r.number(p, d, digitsOf{16, 8, 8, 0}).all() {
			l.addRune(n.code, n.end)
		}
		r.unicode(l, p, d)     // OpenSSL, property lists
		r.plain(l, 0, p, 1, 7) // Julia
		r.plain(l, 0, p, 6, 6) // Guile
		r.enclosed(l, p, d, 16)
	case 'W': // OpenSSL
		r.plain(l, 0, p, 8, 8)
	case 'N': // Perl
		r.literal(p, d, "{U+", func(end int) { r.closing(l, end, d, 16, '}') })
	case 'M', 'C':
		r.meta(l, c, p, d)
	case 'c': // fish
		r.controlOf(l, p, d)
	}
	for _, of := range asciiNames[c] {
		r.literal(p, d, of.name[1:], func(end int) { l.addLoose(of.code, end) })
	}
	r.digits(l, p, c, d)
}

// eachEscaped reports whether what is before, or behind, the escape that ends at text[p:] has
// a backslash too, or may have: Bash traces a pattern in quotes so, and then a letter stands
// for itself.
func (r *Reader) eachEscaped(p int) (before, behind bool) {
	if p == len(r.text) {
		r.touched = true
		return false, true
	}
	if r.text[p] == '\\' {
		return false, true
	}
	at := p - 1 // the letter
	for n := 0; n < run && at > 0 && r.text[at-1] == '\\'; n++ {
		at--
	}
	_, size := utf8.DecodeLastRune(r.text[:at])
	return at > size && r.text[at-size-1] == '\\', false
}

// traced reports whether a letter after a backslash, which ends at text[p:], may stand for
// itself.
func (r *Reader) traced(p int) bool {
	before, behind := r.eachEscaped(p)
	return before || behind
}

// asciiNames are the names by which Haskell writes control characters, by their first
// letters.
var asciiNames = func() (names [256][]asciiName) {
	for code, name := range strings.Fields(`NUL SOH STX ETX EOT ENQ ACK a b t n v f r SO SI
		DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US`) {
		if len(name) > 1 {
			names[name[0]] = append(names[name[0]], asciiName{name, rune(code)})
		}
	}
	names['D'] = append(names['D'], asciiName{"DEL", 0x7f})
	return names
}()

type asciiName struct {
	name string
	code rune
}

// literal calls f with the ends of what can be read as s at text[p:].
func (r *Reader) literal(p, d int, s string, f func(end int)) {
	for s != "" && p < len(r.text) && !starts[r.text[p]] {
		if r.text[p] != s[0] {
			return
		}
		p, s = p+1, s[1:]
	}
	if s == "" {
		f(p)
		return
	}
	for _, rd := range r.read(p, d) {
		if rd.is(s[0]) {
			r.literal(rd.end, d, s[1:], f)
		}
	}
}

// plain adds a character whose hexadecimal digits are at text[p:], of which none is
// escaped; code is what was read before them. If least and most differ, no digit follows.
func (r *Reader) plain(l *readings, code rune, p, least, most int) {
	for n := 0; ; n++ {
		v, ok := rune(0), false
		if p+n < len(r.text) {
			v, ok = digit(r.text[p+n], 16)
		} else {
			r.touched = r.touched || n < most || least < most
		}
		if n == most && least == most || n >= least && !ok {
			l.addLoose(code, p+n)
			return
		}
		if !ok || n == most || code > utf8.MaxRune {
			return
		}
		code = code<<4 | v
	}
}

// enclosed adds \x{41}, \u{41}, and \u[41] of ksh.
func (r *Reader) enclosed(l *readings, p, d int, base rune) {
	if r.unlike(p, '{') && r.unlike(p, '[') {
		return
	}
	for _, open := range r.read(p, d) {
		switch {
		case open.is('{'):
			r.closing(l, open.end, d, base, '}')
		case open.is('['):
			r.closing(l, open.end, d, base, ']')
		}
	}
}

// closing adds the number at text[p:] that end follows.
func (r *Reader) closing(l *readings, p, d int, base rune, end byte) {
	for _, n := range r.number(p, d, digitsOf{base, 1, 8, end}).all() {
		for _, rd := range r.read(n.end, d) {
			if rd.is(end) {
				l.addCode(n.code, rd.end)
			}
		}
	}
}

// closers returns where that ends which may end the escape with a number before text[p:]:
// ";" in Scheme, a backslash in Prolog, one before "&" in Haskell, or before a blank in
// Emacs.
func (r *Reader) closers(p, d int) (ends []int) {
	if r.unlike(p, ';') {
		return nil
	}
	for _, rd := range r.read(p, d) {
		switch {
		case rd.is(';'):
			ends = append(ends, rd.end)
		case rd.is('\\'):
			ends = append(ends, rd.end)
			for _, next := range r.read(rd.end, d) {
				if next.is('&') || next.is(' ') {
					ends = append(ends, next.end)
				}
			}
		}
	}
	return ends
}

// digits adds escapes that are digits after the backslash, of which c is the first and
// the others are at text[p:]: octal, decimal as in Lua, OCaml and Haskell, two hexadecimal
// digits as in the names of certificates, four as in SQL, and up to six as in CSS, where a
// blank may end the number.
func (r *Reader) digits(l *readings, p int, c byte, d int) {
	if v, ok := digit(c, 16); ok {
		r.plain(l, v, p, 3, 3) // SQL
	}
	for _, of := range [...]struct {
		base rune
		most uint8
	}{{8, 2}, {10, 2}, {16, 1}, {10, 6}, {16, 5}} {
		v, ok := digit(c, of.base)
		if !ok {
			continue
		}
		for _, n := range r.number(p, d, digitsOf{of.base, 0, of.most, 0}).all() {
			code := v
			for range n.digits {
				code *= of.base
			}
			code += n.code
			if code > utf8.MaxRune || of.base == 8 && code > 0xff {
				continue
			}
			l.addLoose(code, n.end)
			if of.base != 16 || r.unlike(n.end, ' ') {
				continue
			}
			for _, blank := range r.read(n.end, d) {
				if blank.is(' ') {
					l.addCode(code, blank.end)
				}
			}
		}
	}
}

// controlOf adds the control character of what is at text[p:]: \^A, \ca.
func (r *Reader) controlOf(l *readings, p, d int) {
	for _, x := range r.read(p, d) {
		if c := x.char[0]; x.size == 1 && c >= '?' && c <= 'z' && c != '`' {
			l.addByte(control(c), x.end)
		}
	}
}

// meta adds the byte that zsh writes as \M-x, \C-x, \M-\C-x or \M-^x, and BSD as \M^x,
// where c is the letter and text[p:] follows.
func (r *Reader) meta(l *readings, c byte, p, d int) {
	if r.unlike(p, '-') {
		return
	}
	for _, dash := range r.read(p, d) {
		switch {
		case dash.is('-'):
			for _, x := range r.read(dash.end, d) {
				r.metaOf(l, c, x, d)
			}
		case dash.is('^') && c == 'M':
			for _, x := range r.read(dash.end, d) {
				if x.size == 1 {
					l.addByte(control(x.char[0])|0x80, x.end)
				}
			}
		}
	}
}

// metaOf adds the byte that zsh writes as \M- or \C- in front of x.
func (r *Reader) metaOf(l *readings, c byte, x reading, d int) {
	switch {
	case x.size > 1 || x.char[0] >= 0x80:
		return
	case c == 'C':
		l.addByte(control(x.char[0]), x.end)
		return
	}
	l.addByte(x.char[0]|0x80, x.end)
	if !x.is('^') && !x.is('\\') {
		return
	}
	for _, y := range r.read(x.end, d) {
		switch {
		case y.size > 1:
		case x.is('^'):
			l.addByte(control(y.char[0])|0x80, y.end)
		case y.is('C'):
			var controls readings
			r.meta(&controls, 'C', y.end, d)
			for _, z := range controls.list[:controls.n] {
				l.addByte(z.char[0]|0x80, z.end)
			}
		case !isAlnum(y.char[0]):
			l.addByte(y.char[0]|0x80, y.end)
		}
	}
}

func control(c byte) byte {
	if c == '?' {
		return 0x7f
	}
	return c & 0x1f
}
