package redact

import (
	"encoding/base64"
	"encoding/hex"
)

// encoder is one way in which programs print a value.
type encoder struct {
	name string
	// append appends the encoded value. Bit i of tails says that the form is
	// also whole without its last top-i bytes, where top is the highest bit
	// set; forms of one length return 1, and 0 stands for no form at all.
	append func(dst, v []byte) (out []byte, tails uint8)
	// least is the length under which the form is not searched, because
	// ordinary text would match.
	least int
}

// encoders is the list of all forms. The first is the value itself.
// Their order is no promise; a pattern keeps an index into it.
var encoders = []encoder{
	{"raw", plain(func(dst, v []byte) []byte { return append(dst, v...) }), 1},

	{"base64", base64At(base64.StdEncoding, 0), 8},
	{"base64 +1", base64At(base64.StdEncoding, 1), 8},
	{"base64 +2", base64At(base64.StdEncoding, 2), 8},
	{"base64url", base64At(base64.URLEncoding, 0), 8},
	{"base64url +1", base64At(base64.URLEncoding, 1), 8},
	{"base64url +2", base64At(base64.URLEncoding, 2), 8},

	{"hex", plain(hex.AppendEncode), 8},
	{"HEX", plain(appendUpperHex), 8},

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

	{"go", plain(func(dst, v []byte) []byte { return appendGoQuote(dst, v, false) }), 4},
	{"go ascii", plain(func(dst, v []byte) []byte { return appendGoQuote(dst, v, true) }), 4},

	{"shell single", replaced(func(c byte) string { return pick(c, '\'', `'\''`) }), 4},
	{"shell mixed", replaced(func(c byte) string { return pick(c, '\'', `'"'"'`) }), 4},
	{"shell double", plain(func(dst, v []byte) []byte { return appendBackslashed(dst, v, "\"$`\\") }), 4},
	{"shell double bash", plain(func(dst, v []byte) []byte { return appendBackslashed(dst, v, "\"$`\\!") }), 4},
	{"shell word", plain(func(dst, v []byte) []byte {
		return appendBackslashed(dst, v, " \t!\"#$&'()*,;<>?[\\]^`{|}")
	}), 4},
	{"shell ansi", plain(appendANSIQuote), 4},

	{"xml text", replaced(func(c byte) string { return xmlEscape(c, "", "") }), 4},
	{"xml named", replaced(func(c byte) string { return xmlEscape(c, "&quot;", "&apos;") }), 4},
	{"xml quote", replaced(func(c byte) string { return xmlEscape(c, "&quot;", "") }), 4},
	{"html go", replaced(func(c byte) string { return xmlEscape(c, "&#34;", "&#39;") }), 4},
	{"html php", replaced(func(c byte) string { return xmlEscape(c, "&quot;", "&#039;") }), 4},
	{"html python", replaced(func(c byte) string { return xmlEscape(c, "&quot;", "&#x27;") }), 4},
	{"xml go", replaced(xmlGo), 4},

	{"utf-16le", plain(func(dst, v []byte) []byte { return appendUTF16(dst, v, false) }), 8},
	{"utf-16be", plain(func(dst, v []byte) []byte { return appendUTF16(dst, v, true) }), 8},
	{"base64 utf-16le", base64UTF16(0), 8},
	{"base64 utf-16le +1", base64UTF16(1), 8},
	{"base64 utf-16le +2", base64UTF16(2), 8},
}

var (
	goJSON    = jsonStyle{unicode: "<>&", replace: true, digits: lowerHex}
	asciiJSON = jsonStyle{ascii: true, digits: lowerHex}
)

// maxGrowth is how many times as long as the value a form can be: JSON in JSON
// makes seven bytes of a control character.
const maxGrowth = 7

type appendFunc = func(dst, v []byte) ([]byte, uint8)

// plain makes an encoder of one that has no tails.
func plain(f func(dst, v []byte) []byte) appendFunc {
	return func(dst, v []byte) ([]byte, uint8) {
		out := f(dst, v)
		if len(out) == len(dst) {
			return out, 0
		}
		return out, 1
	}
}

func replaced(with func(byte) string) appendFunc {
	return plain(func(dst, v []byte) []byte { return appendReplaced(dst, v, with) })
}

func base64At(enc *base64.Encoding, skip int) appendFunc {
	return func(dst, v []byte) ([]byte, uint8) { return appendBase64(dst, v, enc, skip) }
}

func base64UTF16(skip int) appendFunc {
	return func(dst, v []byte) ([]byte, uint8) {
		wide := appendUTF16(make([]byte, 0, 2*len(v)), v, false)
		defer clear(wide)
		if len(wide) == 0 {
			return dst, 0
		}
		return appendBase64(dst, wide, base64.StdEncoding, skip)
	}
}

func percent(keep, digits string) appendFunc {
	return plain(func(dst, v []byte) []byte { return appendPercent(dst, v, keep, digits) })
}

func jsonString(style jsonStyle) appendFunc { return plain(style.append) }

func jsonInJSON(style jsonStyle) appendFunc {
	return plain(func(dst, v []byte) []byte {
		once := style.append(make([]byte, 0, maxGrowth*len(v)), v)
		defer clear(once)
		return style.append(dst, once)
	})
}

func pick(c, want byte, s string) string {
	if c == want {
		return s
	}
	return ""
}

func xmlEscape(c byte, quote, apostrophe string) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return quote
	case '\'':
		return apostrophe
	}
	return ""
}

func xmlGo(c byte) string {
	switch c {
	case '\t':
		return "&#x9;"
	case '\n':
		return "&#xA;"
	case '\r':
		return "&#xD;"
	}
	return xmlEscape(c, "&#34;", "&#39;")
}
