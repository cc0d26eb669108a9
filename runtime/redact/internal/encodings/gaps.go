package encodings

// gaps is what stands around the blanks of some values: a "+" or a quote of a shell
// is common in text, and seldom in the place of one of them or beside it.
type gaps struct {
	around [1 << 16 >> 6]uint64 // hashes of the character before and the two after
	before [256]bool
	behind [256]bool
	ends   bool // a blank is one of the last two characters, or the first
}

func hashAround(a, b, c byte) uint32 {
	return (uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 0x9e3779b1 >> 16
}

// add adds the blank text[i].
func (g *gaps) add(text []byte, i int) {
	if i > 0 {
		g.before[text[i-1]] = true
	}
	if i+1 < len(text) {
		g.behind[text[i+1]] = true
	}
	if i == 0 || i+2 >= len(text) {
		g.ends = true
		return
	}
	h := hashAround(text[i-1], text[i+1], text[i+2])
	g.around[h>>6] |= 1 << (h & 63)
}

func (g *gaps) join(other *gaps) {
	for i := range g.around {
		g.around[i] |= other.around[i]
	}
	for c := range 256 {
		g.before[c] = g.before[c] || other.before[c]
		g.behind[c] = g.behind[c] || other.behind[c]
	}
	g.ends = g.ends || other.ends
}

// plus reports whether the "+" at text[i] may stand for a blank. An escape before it is
// found by itself.
func (g *gaps) plus(text []byte, i int) bool {
	if i == 0 || i+2 >= len(text) {
		return true
	}
	var around [3]byte
	for k, c := range [...]byte{text[i-1], text[i+1], text[i+2]} {
		if c != '+' && startsEscape(c) {
			return true
		}
		around[k] = c
	}
	if g.ends && (g.before[text[i-1]] || g.behind[text[i+1]]) {
		return true
	}
	return g.has(around, 0)
}

// has reports whether the characters around a blank may be those, of which each "+" from
// the given one on may be a blank too.
func (g *gaps) has(around [3]byte, from int) bool {
	for k := from; k < len(around); k++ {
		if around[k] == '+' {
			other := around
			other[k] = ' '
			if g.has(other, k+1) {
				return true
			}
		}
	}
	h := hashAround(around[0], around[1], around[2])
	return g.around[h>>6]>>(h&63)&1 != 0
}

func startsEscape(c byte) bool { return isIn("\\%&'^`\"$+", c) }

// quote reports whether the quote at text[i] may begin or end a word, after or before a
// blank.
func (g *gaps) quote(text []byte, i int) bool {
	if i+1 == len(text) {
		return true
	}
	next := text[i+1]
	return i > 0 && text[i-1] <= ' ' && (g.behind[next] || startsEscape(next)) ||
		next <= ' ' && (i == 0 || g.before[text[i-1]] || startsEscape(text[i-1]))
}
