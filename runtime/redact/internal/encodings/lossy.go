package encodings

import "unicode/utf8"

// loss says what a decoder replaces by the character U+FFFD in a value that is not
// UTF-8. The zero loss replaces nothing.
type loss uint8

const (
	eachByte  loss = 1 + iota // Go
	subpart                   // what a character may begin with: browsers, Python, Rust
	longBytes                 // as many as the first byte announces, whatever follows it: jq
	wholeRun                  // all in a row: strings.ToValidUTF8
	losses
)

// appendLossy appends the variants in list of v as decoders read it; of a long value its
// lines and v itself.
func appendLossy(list []variant, v []byte) []variant {
	whole, most := list, eachByte.count(v)
	for l := eachByte; l < losses; l++ {
		if l > eachByte && l.count(v) == most {
			continue // the same
		}
		for _, n := range whole {
			if n < 1<<lossBit && (n == stored || n >= firstLine || len(v) <= smallSize) {
				list = append(list, firstLossy+variant(l-1)<<lossBit+n)
			}
		}
	}
	return list
}

// append appends v as a decoder reads it.
func (l loss) append(dst, v []byte) []byte {
	l.each(v, func(part []byte, lost bool) {
		if lost {
			dst = utf8.AppendRune(dst, utf8.RuneError)
		} else {
			dst = append(dst, part...)
		}
	})
	return dst
}

// count returns how many characters are put in place of bytes of v.
func (l loss) count(v []byte) (n int) {
	l.each(v, func(_ []byte, lost bool) {
		if lost {
			n++
		}
	})
	return n
}

// each calls f with each character of v, and with what becomes one.
func (l loss) each(v []byte, f func(part []byte, lost bool)) {
	for len(v) > 0 {
		_, n := utf8.DecodeRune(v)
		lost := n == 1 && v[0] >= utf8.RuneSelf
		if lost {
			n = l.size(v)
		}
		f(v[:n], lost)
		v = v[n:]
	}
}

// size returns how many bytes one character replaces at the start of v.
func (l loss) size(v []byte) int {
	n := 1
	switch l {
	case subpart:
		for n < len(v) && !utf8.FullRune(v[:n+1]) {
			n++
		}
	case longBytes:
		for n < min(len(v), announced(v[0])) && v[n]&0xc0 == 0x80 {
			n++
		}
	case wholeRun:
		for n < len(v) && v[n] >= utf8.RuneSelf {
			if _, size := utf8.DecodeRune(v[n:]); size > 1 {
				break
			}
			n++
		}
	}
	return n
}

// announced returns how many bytes a character has that begins with c.
func announced(c byte) int {
	switch {
	case c >= 0xf0 && c < 0xf5:
		return 4
	case c >= 0xe0 && c < 0xf0:
		return 3
	case c >= 0xc2 && c < 0xe0:
		return 2
	}
	return 1
}
