package redact

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

// appendBase64 appends the characters that every base64 text holds in which v
// starts skip bytes into a group of three. The last character also depends on
// what follows v, so it belongs to the tails: it is there, and the padding
// after it, when v is the end of the data.
func appendBase64(dst, v []byte, enc *base64.Encoding, skip int) ([]byte, uint8) {
	total := skip + len(v)
	lead := [...]int{0, 2, 3}[skip] // characters that the bytes before v have a part in
	if total*8/6 <= lead {
		return dst, 0
	}
	if skip > 0 {
		var group [3]byte
		var chars [4]byte
		n := copy(group[skip:], v)
		enc.Encode(chars[:], group[:skip+n])
		dst = append(dst, chars[lead:]...)
		v = v[n:]
		clear(group[:])
		clear(chars[:])
	}
	dst = enc.AppendEncode(dst, v)
	switch total % 3 {
	case 1:
		return dst, 1 | 1<<1 | 1<<3 // core, one shared character, "=="
	case 2:
		return dst, 1 | 1<<1 | 1<<2 // core, one shared character, "="
	}
	return dst, 1
}

func appendUpperHex(dst, v []byte) []byte {
	start := len(dst)
	dst = hex.AppendEncode(dst, v)
	for i, c := range dst[start:] {
		if c >= 'a' {
			dst[start+i] = c - 'a' + 'A'
		}
	}
	return dst
}

// appendPercent escapes every byte that is neither a letter, a digit, nor in
// keep. A space becomes a plus sign when keep holds a space.
func appendPercent(dst, v []byte, keep, digits string) []byte {
	for _, c := range v {
		switch {
		case isAlnum(c), c != ' ' && strings.IndexByte(keep, c) >= 0:
			dst = append(dst, c)
		case c == ' ' && strings.IndexByte(keep, ' ') >= 0:
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// jsonStyle says how a JSON writer differs from the shortest one.
type jsonStyle struct {
	unicode string // ASCII characters written as \uXXXX
	slash   bool   // "/" becomes "\/"
	ascii   bool   // characters beyond ASCII become \uXXXX
	replace bool   // bytes that are not UTF-8 become \ufffd
	digits  string
}

func (j jsonStyle) append(dst, v []byte) []byte {
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		switch {
		case r == utf8.RuneError && n == 1:
			if j.replace {
				dst = append(dst, `\ufffd`...)
			} else {
				dst = append(dst, v[0])
			}
		case r < utf8.RuneSelf:
			dst = j.appendASCII(dst, byte(r))
		case j.ascii, j.replace && (r == '\u2028' || r == '\u2029'):
			dst = appendUTF16Escapes(dst, r, j.digits)
		default:
			dst = append(dst, v[:n]...)
		}
		v = v[n:]
	}
	return dst
}

func (j jsonStyle) appendASCII(dst []byte, c byte) []byte {
	if strings.IndexByte(j.unicode, c) >= 0 {
		return appendUTF16Escapes(dst, rune(c), j.digits)
	}
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '/':
		if j.slash {
			dst = append(dst, '\\')
		}
		return append(dst, c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c < ' ' || c == 0x7f && j.ascii && j.unicode != "" {
		return appendUTF16Escapes(dst, rune(c), j.digits)
	}
	return append(dst, c)
}

func appendUTF16Escapes(dst []byte, r rune, digits string) []byte {
	for _, u := range utf16.AppendRune(nil, r) {
		dst = append(dst, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return dst
}

// appendGoQuote is Go's %q (or %+q, if ascii) without the quotes around it. It
// goes character by character, because a string of the whole could not be
// cleared.
func appendGoQuote(dst, v []byte, ascii bool) []byte {
	var quoted [16]byte
	for len(v) > 0 {
		_, n := utf8.DecodeRune(v)
		q := quoted[:0]
		if ascii {
			q = strconv.AppendQuoteToASCII(q, string(v[:n]))
		} else {
			q = strconv.AppendQuote(q, string(v[:n]))
		}
		dst = append(dst, q[1:len(q)-1]...)
		v = v[n:]
	}
	return dst
}

// appendReplaced writes v with some bytes replaced.
func appendReplaced(dst, v []byte, with func(byte) string) []byte {
	for _, c := range v {
		if s := with(c); s != "" {
			dst = append(dst, s...)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// appendBackslashed puts a backslash before every byte of special.
func appendBackslashed(dst, v []byte, special string) []byte {
	for _, c := range v {
		if strings.IndexByte(special, c) >= 0 {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return dst
}

// appendANSIQuote is the inside of the shell's $'...'.
func appendANSIQuote(dst, v []byte) []byte {
	for _, c := range v {
		switch {
		case c == '\'' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= 7 && c <= 13:
			dst = append(dst, '\\', "abtnvfr"[c-7])
		case c == 27:
			dst = append(dst, `\E`...)
		case c < ' ' || c >= 0x7f:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendUTF16 writes v as UTF-16, or nothing if v is not UTF-8.
func appendUTF16(dst, v []byte, bigEndian bool) []byte {
	if !utf8.Valid(v) {
		return dst
	}
	var pair [2]uint16
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		for _, u := range utf16.AppendRune(pair[:0], r) {
			if bigEndian {
				dst = append(dst, byte(u>>8), byte(u))
			} else {
				dst = append(dst, byte(u), byte(u>>8))
			}
		}
		v = v[n:]
	}
	return dst
}
