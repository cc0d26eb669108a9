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
	least  int  // bytes under which the text is not searched, because ordinary text would match
	plain  bool // a plain value has a text that no encoding before has
	large  bool // also values over largeSize are searched in it
}

// appendFunc appends the encoded value to dst. The text may have several
// lengths: bit i of tails says that it is also whole with i bytes more than the
// shortest. The longest is appended. If tails is 0, the value has no text in the
// encoding.
type appendFunc = func(dst, v []byte) (out []byte, tails uint8)

// encodings is the list of all encodings. The first is the value itself. A
// [Spelling] holds an index into it.
var encodings = []encoding{
	{"raw", fixed(func(dst, v []byte) []byte { return append(dst, v...) }), 1, true, true},

	{"base64", base64At(base64.StdEncoding, 0), 8, true, true},
	{"base64 +1", base64At(base64.StdEncoding, 1), 8, true, true},
	{"base64 +2", base64At(base64.StdEncoding, 2), 8, true, true},
	{"base64url", base64At(base64.URLEncoding, 0), 8, false, true},
	{"base64url +1", base64At(base64.URLEncoding, 1), 8, false, true},
	{"base64url +2", base64At(base64.URLEncoding, 2), 8, false, true},

	{"base32", base32Text, 8, true, false},

	{"hex", fixed(hex.AppendEncode), 8, true, true},
	{"HEX", fixed(appendUpperHex), 8, true, true},

	{"percent", percent("-._~", upperHex), 4, false, false},
	{"percent lower", percent("-._~", lowerHex), 4, false, false},
	{"form", percent(" -._~", upperHex), 4, false, false},
	{"form lower", percent(" -._~", lowerHex), 4, false, false},
	{"browser form", percent(" -._*", upperHex), 4, false, false},
	{"encodeURIComponent", percent("-._~!*'()", upperHex), 4, false, false},
	{"encodeURI", percent("-._~!*'();/?:@&=+$,#", upperHex), 4, false, false},
	{"quote", percent("-._~/", upperHex), 4, false, false},
	{"path segment", percent("-._~$&+=:@", upperHex), 4, false, false},
	{"user info", percent("-._~$&+,;=", upperHex), 4, false, false},

	{"json", jsonString(jsonStyle{digits: lowerHex}), 4, false, true},
	{"json go", jsonString(goJSON), 4, false, true},
	{"json ascii", jsonString(asciiJSON), 4, false, true},
	{"json slash", jsonString(jsonStyle{slash: true, digits: lowerHex}), 4, false, false},
	{"json ascii slash", jsonString(jsonStyle{slash: true, ascii: true, digits: lowerHex}), 4, false, false},
	{"json ASCII", jsonString(jsonStyle{ascii: true, digits: upperHex}), 4, false, false},
	{"json net", jsonString(jsonStyle{ascii: true, unicode: "\"&'+<>`", digits: upperHex}), 4, false, false},
	{"json in json", jsonInJSON(jsonStyle{digits: lowerHex}), 4, false, false},
	{"json in json go", jsonInJSON(goJSON), 4, false, false},
	{"json in json ascii", jsonInJSON(asciiJSON), 4, false, false},

	{"go", goQuote(false), 4, false, false},
	{"go ascii", goQuote(true), 4, false, false},

	{"shell single", apostrophe(`'\''`), 4, false, false},
	{"shell mixed", apostrophe(`'"'"'`), 4, false, false},
	{"shell double", backslashed("\"$`\\"), 4, false, false},
	{"shell double bash", backslashed("\"$`\\!"), 4, false, false},
	{"shell word", backslashed(" \t!\"#$&'()*,;<>?[\\]^`{|}"), 4, false, false},
	{"shell ansi", fixed(appendANSIQuote), 4, false, false},

	{"xml text", xmlText("", ""), 4, false, false},
	{"xml named", xmlText("&quot;", "&apos;"), 4, false, false},
	{"xml quote", xmlText("&quot;", ""), 4, false, false},
	{"html go", xmlText("&#34;", "&#39;"), 4, false, false},
	{"html php", xmlText("&quot;", "&#039;"), 4, false, false},
	{"html python", xmlText("&quot;", "&#x27;"), 4, false, false},
	{"xml go", replaced(xmlGo), 4, false, false},

	{"decoded", fixed(appendDecoded), 4, false, true},
	{words, fixed(appendWord), 4, false, true},

	{"utf-16le", utf16Text(false), 8, true, false},
	{"utf-16be", utf16Text(true), 8, true, false},
	{"base64 utf-16le", base64UTF16(0), 8, true, false},
	{"base64 utf-16le +1", base64UTF16(1), 8, true, false},
	{"base64 utf-16le +2", base64UTF16(2), 8, true, false},
}

const words = "word"

// wordIndex is the index of the encoding words.
var wordIndex = func() Spelling {
	for i := range encodings {
		if encodings[i].name == words {
			return Spelling(i)
		}
	}
	panic("no encoding for words")
}()

// Words reports whether the text is that of a word of a shell, without its quotes: only
// what [Decoded.SetWords] makes is searched for it.
func (s Spelling) Words() bool { return s&(1<<encodingBits-1) == wordIndex }

// Unencoded reports whether the text is a variant of the value as it is.
func (s Spelling) Unencoded() bool { return s&(1<<encodingBits-1) == 0 }

// Literal reports whether the text is one that escapes are made of: the value itself,
// or in base64.
func (s Spelling) Literal() bool {
	name := s.encoding().name
	return name == "raw" || name == "decoded" || strings.HasPrefix(name, "base64")
}

// Wide says how text is encoded in 16 bits.
type Wide uint8

// The encodings of text. Narrow is not in 16 bits.
const (
	Narrow Wide = iota
	LittleEndian
	BigEndian
)

// Wide returns how the text is encoded.
func (s Spelling) Wide() Wide {
	switch s.encoding().name {
	case "utf-16le":
		return LittleEndian
	case "utf-16be":
		return BigEndian
	}
	return Narrow
}

// Append appends text, which is ASCII.
func (w Wide) Append(dst []byte, text string) []byte {
	if w == Narrow {
		return append(dst, text...)
	}
	for i := range len(text) {
		if w == LittleEndian {
			dst = append(dst, text[i], 0)
		} else {
			dst = append(dst, 0, text[i])
		}
	}
	return dst
}

// decodedOf returns a Decoded with room for the places of v.
func decodedOf(v []byte) Decoded {
	return Decoded{at: make([]int, 0, len(v)), end: make([]int, 0, len(v))}
}

// appendDecoded appends a value without the escapes in it, as [Decoded] has it, if
// that can be told from ordinary text.
func appendDecoded(dst, v []byte) []byte {
	d := decodedOf(v)
	defer d.Wipe()
	d.SetEscapes(v, 0, len(v), everything, true)
	if Classify(d.Text) != Searched {
		return dst
	}
	return append(dst, d.Text...)
}

// maxGrowth is how many times as long as the value an encoding can be: JSON in
// JSON makes seven bytes of a control character.
const maxGrowth = 7

// isPlain reports whether v consists of letters, digits, and the three characters that
// nothing escapes and that base64 of both alphabets encodes in the same way.
func isPlain(v []byte) bool {
	for _, c := range v {
		if !isAlnum(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

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
