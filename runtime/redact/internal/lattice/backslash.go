package lattice

import "unicode/utf8"

// controls are the characters that letters behind a backslash stand for.
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
		if n, end, _ := r.number(p, d, 16, 1, 2); end > 0 {
			l.addCode(n, end)
		}
		r.braces(l, p, d)
	case 'u':
		r.unicode(l, p, d, '\\')
		r.braces(l, p, d)
	case 'U':
		if n, end, _ := r.number(p, d, 16, 8, 8); end > 0 && n >= 0 && n <= utf8.MaxRune {
			l.addRune(n, end)
		}
	case 'M', 'C':
		r.meta(l, c, p, d)
	}
	r.digits(l, p, c, d)
}

// braces adds \x{41} and \u{41}.
func (r *Reader) braces(l *readings, p, d int) {
	if at := r.is(p, d, '{'); at > 0 {
		n, end, _ := r.number(at, d, 16, 1, 7)
		if at := r.is(end, d, '}'); end > 0 && at > 0 {
			l.addCode(n, at)
		}
	}
}

// digits adds escapes that are digits behind the backslash, of which c is the first and
// the others are at text[p:]: octal, decimal as in Lua, OCaml and Haskell, two hexadecimal
// digits as in the names of certificates, and up to six as in CSS, where a blank may end
// the number.
func (r *Reader) digits(l *readings, p int, c byte, d int) {
	for _, of := range [...]struct {
		base rune
		most int
	}{{8, 2}, {10, 2}, {16, 1}, {10, 6}, {16, 5}} {
		v, ok := digit(c, of.base)
		if !ok {
			continue
		}
		n, end, digits := r.number(p, d, of.base, 0, of.most)
		for range digits {
			v *= of.base
		}
		if v += n; v > utf8.MaxRune {
			continue
		}
		if of.base == 8 && v > 0xff {
			continue
		}
		l.addCode(v, end)
		if of.base == 16 && end < len(r.text) && r.text[end] == ' ' {
			l.addCode(v, end+1)
		}
	}
}

// meta adds the byte that zsh writes as \M-x, \C-x, \M-\C-x or \M-^x, where c is the
// letter and text[p:] follows.
func (r *Reader) meta(l *readings, c byte, p, d int) {
	if p = r.is(p, d, '-'); p == 0 {
		return
	}
	for _, x := range r.read(p, d) {
		switch {
		case x.size > 1 || x.char[0] >= 0x80:
			continue
		case c == 'C':
			l.addByte(control(x.char[0]), x.end)
			continue
		}
		l.addByte(x.char[0]|0x80, x.end)
		for _, y := range r.read(x.end, d) {
			switch {
			case y.size > 1:
			case x.is('^'):
				l.addByte(control(y.char[0])|0x80, y.end)
			case x.is('\\') && y.is('C'):
				var controls readings
				r.meta(&controls, 'C', y.end, d)
				for _, z := range controls.list[:controls.n] {
					l.addByte(z.char[0]|0x80, z.end)
				}
			case x.is('\\') && !isAlnum(y.char[0]):
				l.addByte(y.char[0]|0x80, y.end)
			}
		}
	}
}

func control(c byte) byte {
	if c == '?' {
		return 0x7f
	}
	return c & 0x1f
}
