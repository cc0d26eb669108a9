package encodings

import "bytes"

// QuotedPrintable returns where the next escape of quoted-printable that is worth
// decoding may begin, at text[i:] or after it; len(text) if there is none.
func QuotedPrintable(text []byte, i int, a *Alphabet) int {
	for ; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], '=')
		if n < 0 {
			return len(text)
		}
		i += n
		if _, size := quotedPrintable(text[i:], a); size != 0 {
			return i
		}
	}
	return len(text)
}

// quotedPrintable decodes the escape that text begins with. The size is 0 if there is
// none, and negative if text is too short to know; c is -1 for a line break that is
// none.
func quotedPrintable(text []byte, a *Alphabet) (c rune, size int) {
	switch {
	case len(text) == 1, len(text) == 2 && (isHexDigit(text[1]) || text[1] == '\r'):
		return 0, -1
	case text[1] == '\n':
		return -1, 2
	case text[1] == '\r' && text[2] == '\n':
		return -1, 3
	case len(text) > 2 && isHexDigit(text[1]) && isHexDigit(text[2]):
		if c := hexRune(text[1:3]); a.has[c] {
			return c, 3
		}
	}
	return 0, 0
}

// SetQuotedPrintable decodes text[from:to], which is quoted-printable.
func (d *Decoded) SetQuotedPrintable(text []byte, from, to int, a *Alphabet, whole bool) {
	d.reset(to - from)
	d.Open = -1
	for i := from; i < to; {
		next := bytes.IndexByte(text[i:to], '=')
		if next < 0 {
			next = to - i
		}
		d.literal(text, i, i+next)
		if i += next; i == to {
			break
		}
		switch c, size := quotedPrintable(text[i:to], a); {
		case size > 0 && c < 0:
			i += size
		case size > 0:
			d.add(byte(c), i, i+size)
			i += size
		default:
			if size < 0 && !whole && d.Open < 0 {
				d.Open = len(d.Text)
			}
			d.add('=', i, i+1)
			i++
		}
	}
	if d.Open < 0 {
		d.Open = len(d.Text)
	}
}
