package lattice

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// reading is one way to read what stands at a place of the text: as a character, or
// as one byte of it.
type reading struct {
	end  int     // of what is read
	char [4]byte // what it is read as
	size uint8   // of char

	loose  bool // it is an escape that what follows may end: see [Reader.closers]
	traced bool // a backslash before it says nothing, as before what is before it
}

func (rd *reading) bytes() []byte { return rd.char[:rd.size] }

// is reports whether it is the ASCII character c.
func (rd *reading) is(c byte) bool { return rd.size == 1 && rd.char[0] == c }

// maxReadings is how many readings one place has at most. If it has more, what is read
// there counts as a value: see [Reader.guess].
const maxReadings = 60

// readings are those of one place.
type readings struct {
	list [maxReadings]reading
	n    int
	full bool // there are more
	half bool // one is the first half of a character
}

func (l *readings) add(rd reading) {
	for i := range l.n {
		if at := &l.list[i]; at.end == rd.end && at.size == rd.size && at.char == rd.char {
			at.loose, at.traced = at.loose || rd.loose, at.traced && rd.traced
			return
		}
	}
	if l.n == maxReadings {
		l.full = true
		return
	}
	l.list[l.n] = rd
	l.n++
}

// addByte adds a byte, which is what stands up to end.
func (l *readings) addByte(c byte, end int) {
	l.add(reading{end: end, char: [4]byte{c}, size: 1})
}

// addRune adds a character in UTF-8, or half of one.
func (l *readings) addRune(r rune, end int) { l.addLong(r, end, false) }

// addLong is addRune for an escape that what follows may end, if loose is true.
func (l *readings) addLong(r rune, end int, loose bool) {
	if utf16.IsSurrogate(r) {
		l.addHalf(r, end, loose)
		return
	}
	rd := reading{end: end, loose: loose}
	rd.size = uint8(utf8.EncodeRune(rd.char[:], r))
	l.add(rd)
}

// addCode adds what an escape with a number stands for: a byte, or a character.
func (l *readings) addCode(r rune, end int) { l.addNumber(r, end, false) }

// addLoose is addCode for an escape that what follows may end.
func (l *readings) addLoose(r rune, end int) { l.addNumber(r, end, true) }

func (l *readings) addNumber(r rune, end int, loose bool) {
	if r < 0x100 {
		l.add(reading{end: end, char: [4]byte{byte(r)}, size: 1, loose: loose})
	}
	if r >= 0x80 && r <= utf8.MaxRune {
		l.addLong(r, end, loose)
	}
}

// addHalf adds a surrogate: as the byte that Python writes so, or as UTF-8 would
// encode it.
func (l *readings) addHalf(r rune, end int, loose bool) {
	if r >= 0xdc80 && r <= 0xdcff {
		l.add(reading{end: end, char: [4]byte{byte(r)}, size: 1, loose: loose})
	}
	l.half = l.half || r < 0xdc00
	l.add(reading{end: end, char: [4]byte{0xed, 0x80 | byte(r>>6)&0x3f, 0x80 | byte(r)&0x3f}, size: 3, loose: loose})
}

// isHalf reports whether it is the first half of a character, for 0xa0, or the second, for
// 0xb0.
func (rd *reading) isHalf(which byte) bool {
	return rd.size == 3 && rd.char[0] == 0xed && rd.char[1]&0xf0 == which
}

// half is the surrogate that was added by addHalf.
func (rd *reading) half() rune { return 0xd000 | rune(rd.char[1]&0x3f)<<6 | rune(rd.char[2]&0x3f) }

// starts are the characters that escapes begin with.
var starts = charSet("\\%&^`\"'$+\r")

func charSet(chars string) (is [256]bool) {
	for i := range len(chars) {
		is[chars[i]] = true
	}
	return is
}

func isIn(set string, c byte) bool { return strings.IndexByte(set, c) >= 0 }

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// digit returns the value of a digit in a base up to 16; ok is false if it is none.
func digit(c byte, base rune) (v rune, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		v = rune(c - '0')
	case c >= 'a' && c <= 'f':
		v = rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		v = rune(c-'A') + 10
	default:
		return 0, false
	}
	return v, v < base
}

// Blank returns where the longest escape ends that begins at text[p:] and may stand for a
// line break, a tab or a blank; p if there is none. A "+" at its end is left out: it is
// a character of base64. open reports whether that may be otherwise if the text continues.
func (r *Reader) Blank(p int) (end int, open bool) {
	r.prepare()
	r.level, end = depth, p
	list, open := r.readings(p)
	for i := range list {
		if c := list[i].char[0]; list[i].size == 1 && r.text[list[i].end-1] != '+' && (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			end = max(end, list[i].end)
		}
	}
	return end, open
}
