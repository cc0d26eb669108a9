package encodings

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// goQuote is Go's %q, or %+q if ascii is set, without the quotes around it.
func goQuote(ascii bool) appendFunc {
	return fixed(func(dst, v []byte) []byte { return appendGoQuote(dst, v, ascii) })
}

// appendGoQuote goes character by character, because a string of the whole could
// not be cleared.
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

// backslashed puts a backslash before every byte of special.
func backslashed(special string) appendFunc {
	return fixed(func(dst, v []byte) []byte {
		for _, c := range v {
			if strings.IndexByte(special, c) >= 0 {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		}
		return dst
	})
}

// apostrophe writes s for an apostrophe.
func apostrophe(s string) appendFunc {
	return replaced(func(c byte) string {
		if c == '\'' {
			return s
		}
		return ""
	})
}

// appendANSIQuote appends what stands between the quotes of the shell's $'...'.
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
