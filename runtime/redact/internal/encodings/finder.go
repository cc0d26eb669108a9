package encodings

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// starters finds the characters that may begin an escape in a text.
type starters struct {
	text []byte
	what []byte
	next [8]int // of each, len(text) if there is none
}

func (s *starters) reset(text, what []byte) {
	s.text, s.what = text, what
	for i := range what {
		s.next[i] = -1
	}
}

// after returns the first of the characters at or after text[i:], len(text) if
// there is none.
func (s *starters) after(i int) int {
	first := len(s.text)
	for k, c := range s.what {
		if s.next[k] < i {
			s.next[k] = len(s.text)
			if j := bytes.IndexByte(s.text[i:], c); j >= 0 {
				s.next[k] = i + j
			}
		}
		first = min(first, s.next[k])
	}
	return first
}

// doubledQuotes returns a position at or after text[i:], not after the first at which a
// double quote is before a quote of either kind; len(text) if there is none. At the position
// two quotes, or a few other characters, follow each other, or one stands in the last few
// bytes. A quote alone is common in text and begins no escape. Where there is one there
// are more: only the text after it is looked at closely.
func doubledQuotes(text []byte, i int) int {
	const (
		quote = lowBits * '"'
		same  = ^uint64(lowBits * ('"' ^ '\'')) // the bits that both quotes have
	)
	for dense := 0; i+9 <= len(text); i += 8 {
		if i >= dense {
			n := bytes.IndexByte(text[i:], '"')
			if n < 0 {
				return len(text)
			}
			i += n
			if dense = i + quotesReach; i+9 > len(text) {
				break
			}
		}
		x, next := binary.LittleEndian.Uint64(text[i:]), binary.LittleEndian.Uint64(text[i+1:])
		if none := ((x ^ quote) | (next ^ quote)) & same; (none-lowBits)&^none&highBits != 0 {
			return i + bits.TrailingZeros64((none-lowBits)&^none&highBits)/8
		}
	}
	for i < len(text) && text[i] != '"' && text[i] != '\'' {
		i++
	}
	return i
}

// quotesReach is how many bytes after a quote are looked at closely.
const quotesReach = 256

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// finder finds the characters that may begin an escape that is worth decoding.
type finder struct {
	singles starters
	quotes  int  // the next doubled quotes
	slashes int  // where the last run of backslashes ends
	whole   bool // the text does not continue
	unsure  int  // where the first escape begins that is one only if the text continues so
}

// Escape returns where the next escape that is worth decoding may begin, at text[i:]
// or after it; len(text) if there is none. whole says that the text does not continue: else
// one may also begin where what follows makes one of it.
func (d *Decoded) Escape(text []byte, i int, a *Alphabet, whole bool) int {
	f := &d.finder
	f.whole = whole
	if i == 0 || len(f.singles.text) != len(text) {
		f.singles.reset(text, a.singles)
		f.quotes, f.slashes, f.unsure = -1, 0, len(text)
		if !a.quotes {
			f.quotes = len(text)
		}
	}
	for {
		if f.quotes < i {
			f.quotes = doubledQuotes(text, i)
		}
		from := i
		i = min(f.singles.after(i), f.quotes)
		if last := len(text) - 1; i > last && from <= last && isIn("^`", text[last]) {
			return last // what it escapes may be an escape itself
		}
		if i == len(text) || f.begins(text, i, a) {
			return i
		}
		i++
	}
}

// begins reports whether an escape may begin at text[i:]. A run of backslashes is
// counted once, not again for each of them.
func (f *finder) begins(text []byte, i int, a *Alphabet) bool {
	switch text[i] {
	case '\\':
	case '\'':
		if a.has[' '] && a.gaps.quote(text, i) {
			return true // of a word that a shell prints after another one
		}
		return i+1 == len(text) && a.quotes || joinAt(text, i) && (a.quotes || !emptyString(text, i))
	case '+':
		return a.gaps.plus(text, i)
	case '"':
		if i+1 == len(text) {
			return a.has['"']
		}
		return isQuote(text[i+1]) && (a.quotes || !emptyString(text, i))
	default:
		return a.begins(text[i:])
	}
	if f.slashes <= i {
		for f.slashes = i; f.slashes < len(text) && text[f.slashes] == '\\'; {
			f.slashes++
		}
	}
	n := f.slashes - i
	return a.beginsBackslash(text[i:], n) || f.traced(text, i, n)
}

// traced reports whether a word in which each character has a backslash may begin with the n
// backslashes at text[i:].
func (f *finder) traced(text []byte, i, n int) bool {
	if !isAlnum(text[i+n]) {
		return false
	}
	is, open := eachEscaped(text[i+n:])
	if open && !f.whole {
		f.unsure = min(f.unsure, i)
		return true
	}
	return is
}

// Unsure returns where the first escape begins that Escape found and that is none unless the
// text continues as escapes do; len(text) if there is none.
func (d *Decoded) Unsure() int { return d.finder.unsure }

// begins reports whether text may begin with an escape other than a backslash.
func (a *Alphabet) begins(text []byte) bool {
	if len(text) == 1 {
		return true
	}
	c := text[1]
	switch text[0] {
	case '%':
		if isHexDigit(c) {
			return len(text) == 2 || isHexDigit(text[2]) && a.signals(hexRune(text[1:3]))
		}
		return c == 'u' || c == '%' && a.has['%']
	case '&':
		return (c == '#' || a.special || a.beyond || c == 'a' || c == 'A') && beginsReference(text)
	case '$':
		return c == '$'
	case '^':
		return isIn("&|<>^()!\"%=,;'", c) && a.has[c]
	case '`':
		return isIn("`$\"'", c)
	}
	return false
}

// beginsBackslash reports whether text, which begins with n backslashes, may begin
// with an escape.
func (a *Alphabet) beginsBackslash(text []byte, n int) bool {
	if n == len(text) || n > 1 && a.backslash {
		return true
	}
	c := text[n]
	if a.lettered(text[n:]) {
		return true
	}
	if r, ok := controls[c]; ok {
		return a.has[r] || a.backslash || isHexDigit(c) && a.numbered(text[n:])
	}
	switch {
	case c == 'x' || c == 'u' || c == 'U':
		return n+1 == len(text) || isHexDigit(text[n+1]) || isIn("{[", text[n+1]) || startsEscape(text[n+1])
	case a.beyond && isIn("_NLPMC", c):
		return true
	case isHexDigit(c) && (n+3 > len(text) || isOctal(text[n:n+3]) || a.numbered(text[n:])):
		return true
	case isAlnum(c):
		return a.backslash || c == 'C' && a.controls
	}
	return a.wants(rune(c)) || n+1 == len(text) && isQuote(c) || isIn("#{}", c) || c == '+' && a.has[' ']
}

// eachEscaped reports whether text, which is behind a backslash, may be of a word in which
// each character has a backslash, as Bash traces a pattern in quotes: or a few, if that is
// escaped again. It does not take letters of line breaks and tabs alone for one; open reports
// that the text ends before there is another.
func eachEscaped(text []byte) (is, open bool) {
	const most = 8
	word := false
	for range 3 { // no shorter value is searched
		_, size := utf8.DecodeRune(text)
		word = word || !isIn("nrt", text[0])
		n := size
		for n < len(text) && n-size <= most && text[n] == '\\' {
			n++
		}
		if n == len(text) {
			return word, !word
		}
		if n == size || n-size > most {
			return false, false
		}
		text = text[n:]
	}
	return word || !isIn("nrt", text[0]), false
}

// lettered reports whether text may be the rest of an escape that only a few programs write:
// a letter or a sign, and what is its own.
func (a *Alphabet) lettered(text []byte) bool {
	next := byte('\\') // another escape, as may follow at the end
	if len(text) > 1 {
		next = text[1]
	}
	switch c := text[0]; c {
	case 's':
		return a.has[' '] && (startsEscape(next) || a.gaps.behind[next] || a.gaps.ends)
	case 'd':
		return a.has[0x7f]
	case 'Z':
		return a.has[0x1a]
	case 'X', 'y':
		return startsEscape(next) || isHexDigit(next) && (len(text) == 2 || startsEscape(text[2]) || isHexDigit(text[2]) && a.signals(hexRune(text[1:3])))
	case 'W':
		return isHex(text[1:min(len(text), 9)])
	case '+':
		return isHex(text[1:min(len(text), 7)])
	case 'o':
		return next == '{' || startsEscape(next)
	case 'c', '^':
		return startsEscape(next) || a.has[next&0x1f] || a.has[0x7f] && next == '?'
	case 'N':
		return next == '{' || startsEscape(next) || a.named && (next == 'A' || next == 'U')
	case 'S', 'E', 'A', 'D', 'C', 'F', 'G', 'R', 'U':
		return a.named && (next >= 'A' && next <= 'Z' || startsEscape(next))
	}
	return false
}

// numbered reports whether text, which begins with a digit, may be the rest of an escape
// with a number in decimal, or of CSS.
func (a *Alphabet) numbered(text []byte) bool {
	n, decimal := 0, rune(0)
	for n < len(text) && n < 6 && isHexDigit(text[n]) {
		if n < 3 {
			decimal = decimal*10 + rune(text[n]&15)
		}
		if n == 1 && (a.signals(decimal) || a.signals(rune(text[0]&7)<<3|rune(text[1]&7))) {
			return true
		}
		n++
	}
	if n > 1 && a.signals(hexRune(text[:2])) {
		return true
	}
	return n == len(text) || n > 2 && a.signals(decimal) || (a.beyond || a.controls) && n > 1 || a.controls && text[0] <= '9' || text[n] == ' ' && (n > 1 || a.signals(hexRune(text[:1])))
}

// beginsReference reports whether text begins with a character reference of HTML, or
// is the beginning of one.
func beginsReference(text []byte) bool {
	for i, c := range text[1:min(len(text), maxEscape+1)] {
		if c == ';' {
			return i > 0
		}
		if !isAlnum(c) && c != '#' {
			return false
		}
	}
	return len(text) <= maxEscape
}
