package encodings

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// encoding is one way in which programs print a value.
type encoding struct {
	name   string
	append appendFunc
	least  int // bytes under which the text is not searched, because ordinary text would match
}

// appendFunc appends the encoded value to dst. The text may have several
// lengths: bit i of tails says that it is also whole with i bytes more than the
// shortest. The longest is appended. If tails is 0, the value has no text in the
// encoding.
type appendFunc = func(dst, v []byte) (out []byte, tails uint8)

// encodings is the list of all encodings. The first is the value itself. A
// [Spelling] holds an index into it.
var encodings = []encoding{
	{"raw", fixed(func(dst, v []byte) []byte { return append(dst, v...) }), 1},

	{"base64", base64At(base64.StdEncoding, 0), 8},
	{"base64 +1", base64At(base64.StdEncoding, 1), 8},
	{"base64 +2", base64At(base64.StdEncoding, 2), 8},
	{"base64url", base64At(base64.URLEncoding, 0), 8},
	{"base64url +1", base64At(base64.URLEncoding, 1), 8},
	{"base64url +2", base64At(base64.URLEncoding, 2), 8},

	{"hex", fixed(hex.AppendEncode), 8},
	{"HEX", fixed(appendUpperHex), 8},

	{"percent", percent("-._~", upperHex), 4},
	{"percent lower", percent("-._~", lowerHex), 4},
	{"form", percent(" -._~", upperHex), 4},
	{"form lower", percent(" -._~", lowerHex), 4},
	{"browser form", percent(" -._*", upperHex), 4},
	{"encodeURIComponent", percent("-._~!*'()", upperHex), 4},
	{"encodeURI", percent("-._~!*'();/?:@&=+$,#", upperHex), 4},
	{"quote", percent("-._~/", upperHex), 4},
	{"path segment", percent("-._~$&+=:@", upperHex), 4},
	{"user info", percent("-._~$&+,;=", upperHex), 4},

	{"json", jsonString(jsonStyle{digits: lowerHex}), 4},
	{"json go", jsonString(goJSON), 4},
	{"json ascii", jsonString(asciiJSON), 4},
	{"json slash", jsonString(jsonStyle{slash: true, digits: lowerHex}), 4},
	{"json ascii slash", jsonString(jsonStyle{slash: true, ascii: true, digits: lowerHex}), 4},
	{"json ASCII", jsonString(jsonStyle{ascii: true, digits: upperHex}), 4},
	{"json net", jsonString(jsonStyle{ascii: true, unicode: "\"&'+<>`", digits: upperHex}), 4},
	{"json in json", jsonInJSON(jsonStyle{digits: lowerHex}), 4},
	{"json in json go", jsonInJSON(goJSON), 4},
	{"json in json ascii", jsonInJSON(asciiJSON), 4},

	{"go", goQuote(false), 4},
	{"go ascii", goQuote(true), 4},

	{"shell single", apostrophe(`'\''`), 4},
	{"shell mixed", apostrophe(`'"'"'`), 4},
	{"shell double", backslashed("\"$`\\"), 4},
	{"shell double bash", backslashed("\"$`\\!"), 4},
	{"shell word", backslashed(" \t!\"#$&'()*,;<>?[\\]^`{|}"), 4},
	{"shell ansi", fixed(appendANSIQuote), 4},

	{"xml text", xmlText("", ""), 4},
	{"xml named", xmlText("&quot;", "&apos;"), 4},
	{"xml quote", xmlText("&quot;", ""), 4},
	{"html go", xmlText("&#34;", "&#39;"), 4},
	{"html php", xmlText("&quot;", "&#039;"), 4},
	{"html python", xmlText("&quot;", "&#x27;"), 4},
	{"xml go", replaced(xmlGo), 4},

	{"utf-16le", utf16Text(false), 8},
	{"utf-16be", utf16Text(true), 8},
	{"base64 utf-16le", base64UTF16(0), 8},
	{"base64 utf-16le +1", base64UTF16(1), 8},
	{"base64 utf-16le +2", base64UTF16(2), 8},
}

// maxGrowth is how many times as long as the value an encoding can be: JSON in
// JSON makes seven bytes of a control character.
const maxGrowth = 7

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

// fixed makes an appendFunc of a function whose text has one length. If that is
// zero, there is no text.
func fixed(f func(dst, v []byte) []byte) appendFunc {
	return func(dst, v []byte) ([]byte, uint8) {
		out := f(dst, v)
		if len(out) == len(dst) {
			return out, 0
		}
		return out, 1
	}
}

// replaced writes with(c) for each byte c, or c if that is empty.
func replaced(with func(byte) string) appendFunc {
	return fixed(func(dst, v []byte) []byte {
		for _, c := range v {
			if s := with(c); s != "" {
				dst = append(dst, s...)
				continue
			}
			dst = append(dst, c)
		}
		return dst
	})
}

// percent escapes every byte that is neither a letter, a digit, nor in keep. If
// keep holds a space, a space becomes a plus sign.
func percent(keep, digits string) appendFunc {
	return fixed(func(dst, v []byte) []byte {
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
	})
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
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
