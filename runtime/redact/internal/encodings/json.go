package encodings

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonStyle says what a JSON writer escapes beyond what it must, and how.
type jsonStyle struct {
	unicode string // ASCII characters written as \uXXXX
	slash   bool   // "/" becomes "\/"
	ascii   bool   // characters beyond ASCII become \uXXXX
	replace bool   // bytes that are not UTF-8 become \ufffd
	digits  string // hexadecimal, of \uXXXX
}

var (
	goJSON    = jsonStyle{unicode: "<>&", replace: true, digits: lowerHex}
	asciiJSON = jsonStyle{ascii: true, digits: lowerHex}
)

func jsonString(style jsonStyle) appendFunc { return fixed(style.append) }

// jsonInJSON is a JSON string inside a JSON string.
func jsonInJSON(style jsonStyle) appendFunc {
	return fixed(func(dst, v []byte) []byte {
		once := style.append(make([]byte, 0, maxGrowth*len(v)), v)
		defer clear(once)
		return style.append(dst, once)
	})
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
	// Of the writers with characters in unicode, only that of .NET is ascii.
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
