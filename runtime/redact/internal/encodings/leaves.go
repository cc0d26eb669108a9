package encodings

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

const jsonSpace = " \t\r\n"

// leaves calls f with each string in a JSON object or array, as it is written
// between its quotes, but not with the names of members. It makes no copy: one on
// the Go heap could not be cleared.
func leaves(v []byte, f func(n variant, quoted []byte)) {
	if v = bytes.Trim(v, jsonSpace); len(v) == 0 || v[0] != '{' && v[0] != '[' || !json.Valid(v) {
		return
	}
	for n := variant(firstLeaf); n < firstLeaf+maxLeaves; {
		start := bytes.IndexByte(v, '"') + 1
		if start == 0 {
			return
		}
		size := stringEnd(v[start:])
		quoted := v[start : start+size]
		v = v[start+size+1:]
		if rest := bytes.TrimLeft(v, jsonSpace); rest[0] == ':' {
			continue // a name
		}
		f(n, quoted)
		n++
	}
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
		r, n := utf8.DecodeRune(quoted)
		if r == '\\' {
			r, n = unescape(quoted)
		}
		dst = utf8.AppendRune(dst, r)
		quoted = quoted[n:]
	}
	return dst
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

// hexRune returns the number that valid hexadecimal digits stand for.
func hexRune(digits []byte) (r rune) {
	for _, c := range digits {
		if c > '9' {
			c += 9 // the low bits of "a" and "A" are 1
		}
		r = r<<4 | rune(c&15)
	}
	return r
}
