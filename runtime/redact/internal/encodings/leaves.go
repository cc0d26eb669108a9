package encodings

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	jsonSpace = " \t\r\n"
	inNumber  = "+-.0123456789eE"
)

// leaves calls f with each string in a JSON object or array, as it is written
// between its quotes, and each number, with the place in v where it begins; but not
// with the names of members. It stops when f returns false. It makes no copy: one on
// the Go heap could not be cleared.
func leaves(v []byte, f func(at int, quoted []byte, number bool) bool) {
	doc := bytes.Trim(bytes.TrimPrefix(v, []byte(byteOrderMark)), jsonSpace)
	if len(doc) == 0 || doc[0] != '{' && doc[0] != '[' || !json.Valid(doc) {
		return
	}
	for at := 0; at < len(v); {
		switch c := v[at]; {
		case c == '"':
			size := stringEnd(v[at+1:])
			quoted := v[at+1 : at+1+size]
			next := at + size + 2
			if rest := bytes.TrimLeft(v[next:], jsonSpace); rest[0] != ':' && !f(at+1, quoted, false) {
				return
			}
			at = next
		case c == '-' || '0' <= c && c <= '9':
			size := len(v[at:]) - len(bytes.TrimLeft(v[at:], inNumber))
			if !f(at, v[at:at+size], true) {
				return
			}
			at += size
		default:
			at++
		}
	}
}

// EachLeaf calls f with each string, without its escapes, and each number in a JSON object or
// array that is searched beside the value; not with the names of members. What f gets is
// cleared when it returns.
func EachLeaf(v []byte, f func(text []byte)) {
	text := make([]byte, 0, 3*len(v)) // a byte that is not UTF-8 becomes three
	defer clear(text[:cap(text)])     // also what was behind a shorter one
	leaves(v, func(_ int, quoted []byte, number bool) bool {
		if text = append(text[:0], quoted...); !number {
			text = appendUnquoted(text[:0], quoted)
		}
		if secretLeaf(text, number) {
			f(text)
		}
		clear(text)
		return true
	})
}

// leafAt returns the string or number that begins at a place that leaves gave.
func leafAt(v []byte, at int) []byte {
	if at > 0 && v[at-1] == '"' {
		return v[at : at+stringEnd(v[at:])]
	}
	return v[at : len(v)-len(bytes.TrimLeft(v[at:], inNumber))]
}

// leafLineAt returns the line that begins at a place in a JSON string, as it is written
// there.
func leafLineAt(v []byte, at int) []byte { return v[at : at+lineEnd(v[at:])] }

// lineEnd returns where the first escape for a line break is in a JSON string, or its end. b
// may go on behind the quote that ends the string.
func lineEnd(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i
		case '\\':
			r, size := unescape(b[i:])
			if r == '\n' {
				return i
			}
			i += size - 1
		}
	}
	return len(b)
}

// appendLeafForms appends what is searched of a JSON string, which begins at a place in
// the value, besides itself: its lines, and the string with other white space. text is
// the string without escapes; there is room after it. At most most lines are appended.
func appendLeafForms(list []variant, at int, quoted, text []byte, most int) []variant {
	if len(text) < MinValue || at >= 1<<leafBit {
		return list
	}
	several := bytes.IndexByte(trim(text), '\n') >= 0
	add := func(forms ...variant) {
		for _, n := range forms {
			if form := n.appendTo(text[len(text):], text); !bytes.Equal(form, text) && (secretPiece(form) || secretLeaf(form, false)) {
				list = append(list, firstLeafForm+(n-1)<<leafBit+variant(at))
			}
		}
	}
	add(trimmed)
	if bytes.IndexByte(text, '\n') >= 0 {
		add(withLF, trimmedLF, withCRLF, trimmedCRLF)
	}
	if bytes.Contains(text, []byte("\r\n")) {
		add(onTerminal)
	}
	if several || hasRuns(text) {
		add(blanks, shellBlanks)
	}
	for from := 0; several && from < len(quoted) && most > 0 && at+from < maxOffset; most-- {
		end := from + lineEnd(quoted[from:])
		line := trim(appendUnquoted(text[len(text):], quoted[from:end]))
		if secretPiece(line) && !isArmour(line) {
			list = append(list, firstLeafLine+variant(at+from))
		}
		if from = end; from < len(quoted) {
			_, size := unescape(quoted[from:])
			from += size
		}
	}
	return list
}

// stringEnd returns where the quote that ends a JSON string is.
func stringEnd(b []byte) int {
	i := 0
	for b[i] != '"' {
		if b[i] == '\\' {
			i++
		}
		i++
	}
	return i
}

// appendUnquoted appends the text of a JSON string. Like encoding/json it replaces
// what is not valid UTF-8 or UTF-16.
func appendUnquoted(dst, quoted []byte) []byte {
	for len(quoted) > 0 {
		r, n := unquotedRune(quoted)
		dst = utf8.AppendRune(dst, r)
		quoted = quoted[n:]
	}
	return dst
}

// appendUnquotedHead is appendUnquoted for the first bytes of a string, about k. b may go on
// behind the quote that ends the string. whole reports whether that was reached.
func appendUnquotedHead(dst, b []byte, k int) (text []byte, whole bool) {
	for most := len(dst) + k; len(b) > 0 && b[0] != '"'; {
		if len(dst) >= most {
			return dst, false
		}
		r, n := unquotedRune(b)
		dst = utf8.AppendRune(dst, r)
		b = b[n:]
	}
	return dst, true
}

// unquotedRune returns the first character of a JSON string, and its length there.
func unquotedRune(quoted []byte) (r rune, size int) {
	if r, size = utf8.DecodeRune(quoted); r == '\\' {
		return unescape(quoted)
	}
	return r, size
}

// unescape returns the character of the escape that b begins with, and its length.
func unescape(b []byte) (r rune, size int) {
	switch b[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unescapeUTF16(b)
	}
	return rune(b[1]), 2
}

func unescapeUTF16(b []byte) (r rune, size int) {
	r = hexRune(b[2:6])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if pair := utf16.DecodeRune(r, hexRune(b[8:12])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hexRune returns the number that valid hexadecimal digits stand for, or one that is no
// character if that is greater than all of them.
func hexRune(digits []byte) (r rune) {
	for _, c := range digits {
		if c > '9' {
			c += 9 // the low bits of "a" and "A" are 1
		}
		r = min(r<<4|rune(c&15), utf8.MaxRune+1)
	}
	return r
}
