// Package invalidutf8 shows a value that is not UTF-8 as decoders show it: with the
// character U+FFFD in the place of bytes.
package invalidutf8

import "unicode/utf8"

// Decoder says what is replaced by one character U+FFFD. The zero Decoder is none.
type Decoder uint8

const (
	EachByte  Decoder = 1 + iota // Go
	Subpart                      // what a character may begin with: browsers, Python, Rust
	LongBytes                    // as many as the first byte announces, whatever follows it: jq
	WholeRun                     // all in a row: strings.ToValidUTF8
	End                          // not a Decoder: one more than the last
)

// Append appends v as the decoder reads it.
func (d Decoder) Append(dst, v []byte) []byte {
	d.each(v, func(part []byte, lost bool) {
		if lost {
			dst = utf8.AppendRune(dst, utf8.RuneError)
		} else {
			dst = append(dst, part...)
		}
	})
	return dst
}

// Count returns how many characters are put in place of bytes of v.
func (d Decoder) Count(v []byte) (n int) {
	d.each(v, func(_ []byte, lost bool) {
		if lost {
			n++
		}
	})
	return n
}

// each calls f with each character of v, and with what becomes one.
func (d Decoder) each(v []byte, f func(part []byte, lost bool)) {
	for len(v) > 0 {
		_, n := utf8.DecodeRune(v)
		lost := n == 1 && v[0] >= utf8.RuneSelf
		if lost {
			n = d.size(v)
		}
		f(v[:n], lost)
		v = v[n:]
	}
}

// size returns how many bytes one character replaces at the start of v.
func (d Decoder) size(v []byte) int {
	n := 1
	switch d {
	case Subpart:
		for n < len(v) && !utf8.FullRune(v[:n+1]) {
			n++
		}
	case LongBytes:
		for n < min(len(v), announced(v[0])) && v[n]&0xc0 == 0x80 {
			n++
		}
	case WholeRun:
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
