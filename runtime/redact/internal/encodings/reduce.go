package encodings

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf8"
)

// reduce replaces the escape that Text ends with. It returns false if there is
// none, or if nothing else can follow from it.
func (d *Decoded) reduce() bool {
	n := len(d.Text)
	if n < 2 {
		return false
	}
	c, before := d.Text[n-1], d.Text[n-2]
	switch {
	case d.quoted && isIn("\"'", c) && isIn("\\^`", before):
		return false
	case before == '\\':
		return d.backslash(c)
	case isHexDigit(c):
		return d.digits()
	case c == '}':
		return d.braces()
	case c == ';':
		return d.reference()
	case before == '^' && isIn("&|<>^()!=,\"%", c), before == '`' && isIn("`$\"'", c):
		return d.replace(2, rune(c), false)
	case c == '"', c == '\'':
		return d.alphabet.has[c] && (d.doubled() || c == '\'' && d.shellQuote())
	case c == '%', c == '$':
		return d.alphabet.has[c] && d.doubled()
	}
	return false
}

// backslash decodes a backslash and c. Runs of backslashes count as one, because
// every level of escaping doubles them.
func (d *Decoded) backslash(c byte) bool {
	n := len(d.Text)
	if r, ok := controls[c]; ok && !d.words {
		return d.replace(2, r, false)
	}
	switch {
	case c == '\\':
		if d.end[n-1]-d.at[n-2] <= maxNesting/2 && d.byNumber(n-1) == d.byNumber(n-2) {
			d.end[n-2] = d.end[n-1]
			d.Text, d.at, d.end = d.Text[:n-1], d.at[:n-1], d.end[:n-1]
			d.start = n - 2
		}
		return false
	case c == 'x' || c == 'u' || c == 'U' || c >= '0' && c <= '7', (c == '%' || c == '&') && d.width(1) == 1 && d.byNumber(n-2):
		return false // the digits follow
	case isAlnum(c), c >= 0x80 && d.words:
		if d.alphabet.backslash || d.words {
			d.Text[n-2], d.at[n-2], d.end[n-2] = c, d.at[n-1], d.end[n-1]
			d.Text, d.at, d.end = d.Text[:n-1], d.at[:n-1], d.end[:n-1]
			d.start = -maxEscape
		}
		return false
	case c >= 0x80:
		return d.escapedByte()
	}
	return d.replace(2, rune(c), false)
}

// escapedByte decodes a backslash and one byte of a character beyond ASCII: programs
// that know no characters, such as quotemeta of Perl, escape each byte.
func (d *Decoded) escapedByte() bool {
	n := len(d.Text)
	c, at, end := d.Text[n-1], d.at[n-2], d.end[n-1]
	if end-at > maxNesting || !d.alphabet.has[c] {
		return false
	}
	d.Text, d.at, d.end = d.Text[:n-2], d.at[:n-2], d.end[:n-2]
	d.add(c, at, end)
	return true
}

// byNumber reports whether the backslash Text[i] was written by its number, so that
// it does not escape a backslash that follows.
func (d *Decoded) byNumber(i int) bool { return d.raw[d.end[i]-1] != '\\' }

// controls are the letters that stand for control characters after a backslash.
var controls = map[byte]rune{'a': 7, 'b': 8, 't': '\t', 'n': '\n', 'v': 11, 'f': 12, 'r': '\r', 'e': ESC, 'E': ESC}

// digits decodes \x41, \101, %41, \u0041, %u0041, \U00000041.
func (d *Decoded) digits() bool {
	n := len(d.Text)
	switch {
	case n >= 3 && d.Text[n-3] == '%' && isHexDigit(d.Text[n-2]):
		return d.replace(3, hexRune(d.Text[n-2:]), true)
	case n >= 4 && d.Text[n-4] == '\\' && d.Text[n-3] == 'x' && isHexDigit(d.Text[n-2]):
		return d.replace(4, hexRune(d.Text[n-2:]), true)
	case n >= 4 && d.Text[n-4] == '\\' && isOctal(d.Text[n-3:]):
		return d.replace(4, rune(d.Text[n-3]&7)<<6|rune(d.Text[n-2]&7)<<3|rune(d.Text[n-1]&7), true)
	case n >= 6 && (d.Text[n-6] == '\\' || d.Text[n-6] == '%') && d.Text[n-5] == 'u' && isHex(d.Text[n-4:]):
		return d.replace(6, hexRune(d.Text[n-4:]), false)
	case n >= 10 && d.Text[n-10] == '\\' && d.Text[n-9] == 'U' && isHex(d.Text[n-8:]):
		return d.replace(10, hexRune(d.Text[n-8:]), false)
	}
	return false
}

// braces decodes \u{41} and \x{41}.
func (d *Decoded) braces() bool {
	n := len(d.Text)
	for i := n - 2; i >= max(2, n-maxEscape+2); i-- {
		if d.Text[i] == '{' {
			return i < n-2 && d.Text[i-2] == '\\' && (d.Text[i-1] == 'u' || d.Text[i-1] == 'x') && d.replace(n-i+2, hexRune(d.Text[i+1:n-1]), false)
		}
		if !isHexDigit(d.Text[i]) {
			return false
		}
	}
	return false
}

// reference decodes &amp; &#38; and &#x26;.
func (d *Decoded) reference() bool {
	n := len(d.Text)
	for i := n - 2; i >= max(0, n-maxEscape); i-- {
		c := d.Text[i]
		if c == '&' {
			r, size := utf8.DecodeRuneInString(html.UnescapeString(string(d.Text[i:])))
			if r == utf8.RuneError {
				r = numbered(d.Text[i+1 : n-1])
			}
			return size > 0 && r != '&' && d.replace(n-i, r, false) || isAmpersand(d.Text[i+1:n-1]) && d.replace(n-i, '&', false)
		}
		if !isAlnum(c) && c != '#' {
			return false
		}
	}
	return false
}

// numbered returns the number in a reference, which may be half of a character.
func numbered(name []byte) rune {
	digits, base := bytes.TrimPrefix(name, []byte("#")), 10
	if len(digits) > 0 && digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	if n, err := strconv.ParseUint(string(digits), base, 16); err == nil {
		return rune(n)
	}
	return utf8.RuneError
}

// isAmpersand reports whether name is a reference to "&".
func isAmpersand(name []byte) bool {
	switch string(name) {
	case "amp", "AMP", "#38", "#038", "#0038", "#x26", "#X26", "#x0026":
		return true
	}
	return false
}

// width is how many bytes of the text the character Text[len-back] stands for.
func (d *Decoded) width(back int) int {
	i := len(d.Text) - back
	return d.end[i] - d.at[i]
}

// spelling is what Text[i] stands for in the text.
func (d *Decoded) spelling(i int) []byte { return d.raw[d.at[i]:d.end[i]] }

// doubled decodes two quotes of the same spelling.
func (d *Decoded) doubled() bool {
	n := len(d.Text)
	if d.quoted && d.width(1) > 1 {
		return false // doubled twice are two of them
	}
	return d.Text[n-2] == d.Text[n-1] && bytes.Equal(d.spelling(n-2), d.spelling(n-1)) && d.replace(2, rune(d.Text[n-1]), false)
}

// shellQuote decodes what stands for an apostrophe in a shell's single quotes: it ends
// them, writes one with a backslash or in double quotes, and begins them again.
func (d *Decoded) shellQuote() bool {
	n := len(d.Text)
	if n >= 3 && d.Text[n-2] == '\'' && d.Text[n-3] == '\'' && d.width(1) == 1 && d.width(2) > 1 && d.width(3) == 1 {
		return d.replace(3, '\'', false)
	}
	return n >= 5 && string(d.Text[n-5:]) == `'"'"'` && d.width(3) == 1 && d.end[n-1]-d.at[n-5] == 5 && d.replace(5, '\'', false)
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isHex(s []byte) bool { return trimHex(s) == 0 }

// trimHex returns how many bytes s has without the hexadecimal digits it begins with.
func trimHex(s []byte) int {
	for i, c := range s {
		if !isHexDigit(c) {
			return len(s) - i
		}
	}
	return 0
}

func isOctal(s []byte) bool {
	if len(s) < 3 {
		return false
	}
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7'
}

func isIn(chars string, c byte) bool {
	for i := range len(chars) {
		if chars[i] == c {
			return true
		}
	}
	return false
}
