package lattice

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
		if four := r.text[s:]; len(four) >= minSize && c == four[0] && !starts[four[2]] && !starts[four[3]] {
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
			case c == 'n' && !r.traced(p+i+1):
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
	return !isQuote(c) && !isQuote(r.text[p]) || before == otherChar && !isBlank(r.text[p+size])
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
		case (next == 'n' || next == 't') && !r.traced(p+2):
			return byte(controls[next]), 2
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
