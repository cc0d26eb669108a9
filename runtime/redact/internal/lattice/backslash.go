package lattice

import "unicode/utf8"

// controls are the characters that letters after a backslash stand for.
var controls = [256]rune{
	'a': 7, 'b': 8, 't': '\t', 'n': '\n', 'v': 11, 'f': 12, 'r': '\r', 'e': 27, 'E': 27,
	'_': 0xa0, 'N': 0x85, 'L': 0x2028, 'P': 0x2029, // YAML
}

// backslash adds the escape of a backslash in which next follows.
func (r *Reader) backslash(l *readings, next reading, d int) {
	c := next.char[0]
	if next.size > 1 || !isAlnum(c) {
		l.add(next)
		if c == '_' {
			l.addRune(controls[c], next.end)
		}
		return
	}
	p := next.end
	if controls[c] != 0 {
		l.addRune(controls[c], p)
	}
	switch c {
	case 'x':
		for _, n := range r.number(p, d, digitsOf{16, 1, 2, 0}).all() {
			l.addCode(n.code, n.end)
		}
		r.braces(l, p, d)
	case 'u':
		r.unicode(l, p, d, '\\')
		r.braces(l, p, d)
	case 'U':
		for _, n := range r.number(p, d, digitsOf{16, 8, 8, 0}).all() {
			l.addRune(n.code, n.end)
		}
	case 'M', 'C':
		r.meta(l, c, p, d)
	}
	r.digits(l, p, c, d)
}

// braces adds \x{41} and \u{41}.
func (r *Reader) braces(l *readings, p, d int) {
	if r.unlike(p, '{') {
		return
	}
	for _, open := range r.read(p, d) {
		if !open.is('{') {
			continue
		}
		for _, n := range r.number(open.end, d, digitsOf{16, 1, 8, '}'}).all() {
			for _, end := range r.read(n.end, d) {
				if end.is('}') {
					l.addCode(n.code, end.end)
				}
			}
		}
	}
}

// digits adds escapes that are digits after the backslash, of which c is the first and
// the others are at text[p:]: octal, decimal as in Lua, OCaml and Haskell, two hexadecimal
// digits as in the names of certificates, and up to six as in CSS, where a blank may end
// the number.
func (r *Reader) digits(l *readings, p int, c byte, d int) {
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
			l.addCode(code, n.end)
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

// meta adds the byte that zsh writes as \M-x, \C-x, \M-\C-x or \M-^x, where c is the
// letter and text[p:] follows.
func (r *Reader) meta(l *readings, c byte, p, d int) {
	if r.unlike(p, '-') {
		return
	}
	for _, dash := range r.read(p, d) {
		if dash.is('-') {
			for _, x := range r.read(dash.end, d) {
				r.metaOf(l, c, x, d)
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
