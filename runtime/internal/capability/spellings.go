package capability

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// appendSpellings appends a text to all, and what it stands for if it is escaped or
// encoded. Each is followed by a zero byte.
func appendSpellings(all []byte, text string) []byte {
	add := func(b []byte) { all = append(append(all, b...), 0) }
	raw := []byte(text)
	add(raw)
	if strings.Contains(text, `\`) {
		once := unescape(raw, true)
		add(once)
		add(unescape(once, true)) // escaped twice, such as JSON in JSON
	}
	if strings.ContainsAny(text, "%+") {
		decoded := decodeHexAfter(raw, '%')
		add(decoded)
		add(bytes.ReplaceAll(decoded, []byte{'+'}, []byte{' '}))
	}
	if strings.Contains(text, "=") {
		add(decodeHexAfter(raw, '='))
	}
	if strings.Contains(text, "&") {
		add([]byte(html.UnescapeString(text)))
	}
	if strings.Contains(text, "\x00") {
		add(bytes.ReplaceAll(raw, []byte{0}, nil)) // UTF-16
	}
	all = appendRuns(all, text)
	if strings.ContainsAny(text, "\r\n") {
		all = appendRuns(all, wrap.ReplaceAllString(text, ""))
	}
	return all
}

// wrap matches where a run of characters is wrapped, quoted and indented or not.
var wrap = regexp.MustCompile(`\r?\n[ \t>]*`)

// appendRuns appends what the runs of characters in text stand for in hexadecimal
// and in both alphabets of base64.
func appendRuns(all []byte, text string) []byte {
	for run := range strings.FieldsFuncSeq(text, func(r rune) bool { return !isHex(r) }) {
		all = appendHex(all, run)
	}
	std := strings.FieldsFuncSeq(text, func(r rune) bool { return !isAlphanumeric(r) && r != '+' && r != '/' })
	for run := range std {
		all = appendBase64(all, base64.RawStdEncoding, run)
	}
	if strings.ContainsAny(text, "-_") {
		for run := range strings.FieldsFuncSeq(text, func(r rune) bool { return !isAlphanumeric(r) && r != '-' && r != '_' }) {
			if strings.ContainsAny(run, "-_") {
				all = appendBase64(all, base64.RawURLEncoding, run)
			}
		}
	}
	return all
}

func isAlphanumeric(r rune) bool { return r < utf8.RuneSelf && inWord(r, 1) }

func isHex(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F'
}

// minEncoded is the length of the shortest run of characters that is decoded.
const minEncoded = 6

// appendHex appends what a run of hexadecimal digits stands for, beginning at each of
// the first two.
func appendHex(all []byte, run string) []byte {
	for skip := range 2 {
		if len(run) < minEncoded {
			continue
		}
		if b, err := hex.DecodeString(run[skip : len(run)-(len(run)-skip)%2]); err == nil {
			all = append(append(all, b...), 0)
		}
	}
	return all
}

// appendBase64 appends what a run of characters stands for, beginning at each of the
// first four, so that a value is found wherever it begins.
func appendBase64(all []byte, alphabet *base64.Encoding, run string) []byte {
	if len(run) < minEncoded {
		return all
	}
	for skip := range 4 {
		rest := run[skip:]
		if len(rest)%4 == 1 {
			rest = rest[:len(rest)-1]
		}
		if b, err := alphabet.DecodeString(rest); err == nil {
			all = append(append(all, b...), 0)
		}
	}
	return all
}

// decodeHexAfter returns b with each two hexadecimal digits behind mark replaced by
// the byte that they stand for. A mark at the end of a line joins it with the next.
func decodeHexAfter(b []byte, mark byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] != mark:
			out = append(out, b[i])
			continue
		case i+2 < len(b):
			if v, err := strconv.ParseUint(string(b[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		if rest := bytes.TrimPrefix(b[i+1:], []byte("\r")); len(rest) > 0 && rest[0] == '\n' {
			i = len(b) - len(rest)
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// spellingsOfValue returns a value, and what a part of it may be read as if it is a
// document: lines joined or stripped of their indentation, escapes replaced,
// doubled quotes halved, what is encoded decoded. The first is value itself, the
// others are copies.
func spellingsOfValue(value []byte) [][]byte {
	forms := [][]byte{value}
	if bytes.IndexByte(value, '\\') >= 0 {
		forms = append(forms, unescape(value, true), unescape(value, false))
	}
	if bytes.Contains(value, []byte(`''`)) || bytes.Contains(value, []byte(`""`)) {
		forms = append(forms, bytes.ReplaceAll(bytes.ReplaceAll(value, []byte(`''`), []byte(`'`)), []byte(`""`), []byte(`"`)))
	}
	if bytes.IndexByte(value, 0) >= 0 {
		forms = append(forms, bytes.ReplaceAll(value, []byte{0}, nil)) // UTF-16
	}
	if bytes.IndexByte(value, '&') >= 0 {
		forms = append(forms, []byte(html.UnescapeString(string(value))))
	}
	if bytes.IndexByte(value, '%') >= 0 {
		forms = append(forms, decodeHexAfter(value, '%'))
	}
	if decoded := decodedBase64(value); len(decoded) > 0 {
		forms = append(forms, decoded)
	}
	for _, form := range forms {
		if bytes.ContainsAny(form, "\r\n") {
			forms = append(forms, joinLines(form, false), joinLines(form, true))
		}
	}
	return forms
}

// minDecoded is the length of the shortest run that may be base64 in a value.
const minDecoded = 8

// decodedBase64 returns what the padded base64 in a value stands for, such as the data
// of a Kubernetes secret, each followed by a zero byte.
func decodedBase64(value []byte) []byte {
	var out []byte
	for run := range bytes.FieldsFuncSeq(value, func(r rune) bool {
		return !isAlphanumeric(r) && r != '+' && r != '/' && r != '='
	}) {
		run = bytes.TrimLeft(run, "=")
		if len(run) < minDecoded || len(run)%4 != 0 {
			continue
		}
		n := len(out)
		out = append(out, make([]byte, base64.StdEncoding.DecodedLen(len(run)))...)
		m, err := base64.StdEncoding.Decode(out[n:], run)
		if err != nil {
			out = out[:n]
			continue
		}
		out = append(out[:n+m], 0)
	}
	return out
}

// joinLines returns b without the space around line breaks, which are kept, or
// become a space.
func joinLines(b []byte, keepBreaks bool) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		rest := bytes.TrimLeft(b[i:], " \t\r\n")
		space := b[i : len(b)-len(rest)]
		breaks := bytes.Count(space, []byte{'\n'})
		if breaks == 0 && bytes.IndexByte(space, '\r') >= 0 {
			breaks = 1
		}
		switch {
		case len(space) == 0:
			n := bytes.IndexAny(rest, " \t\r\n")
			if n < 0 {
				n = len(rest)
			}
			out = append(out, rest[:n]...)
			i += n
			continue
		case breaks == 0:
			out = append(out, space...)
		case keepBreaks:
			out = append(out, bytes.Repeat([]byte{'\n'}, breaks)...)
		default:
			out = append(out, ' ')
		}
		i += len(space)
	}
	return out
}

// unescape returns b with each escape of JSON, TOML, YAML, dotenv and most
// programming languages replaced. Of an unknown one, the backslash is kept or not.
func unescape(b []byte, keepUnknown bool) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		if b[0] != '\\' || len(b) == 1 {
			out, b = append(out, b[0]), b[1:]
			continue
		}
		var n int
		out, n = appendUnescaped(out, b, keepUnknown)
		b = b[n:]
	}
	return out
}

const (
	escaped = `abefnrtv0N_LP"'\/` + "` "
	meaning = "\a\b\x1b\f\n\r\t\v\x00"
)

// appendUnescaped appends what the escape at the start of b stands for, and returns
// the length of the escape.
func appendUnescaped(out, b []byte, keepUnknown bool) ([]byte, int) {
	c := b[1]
	for _, kind := range []struct {
		c      byte
		digits int
	}{{'x', 2}, {'u', 4}, {'U', 8}} {
		if c == kind.c {
			if r, n := codePoint(b, kind.digits); n > 0 {
				return appendRune(out, r, kind.digits), n
			}
		}
	}
	if '0' <= c && c <= '7' && len(b) >= 4 {
		if code, err := strconv.ParseUint(string(b[1:4]), 8, 8); err == nil {
			return append(out, byte(code)), 4
		}
	}
	switch i := strings.IndexByte(escaped, c); {
	case c == '\r' || c == '\n': // the line goes on, behind the space at its start
		return out, len(b) - len(bytes.TrimLeftFunc(b[1:], unicode.IsSpace))
	case i >= 0 && i < len(meaning):
		return append(out, meaning[i]), 2
	case c == 'N' || c == '_' || c == 'L' || c == 'P':
		return utf8.AppendRune(out, map[byte]rune{'N': '\u0085', '_': '\u00a0', 'L': '\u2028', 'P': '\u2029'}[c]), 2
	case i >= 0:
		return append(out, c), 2
	case keepUnknown:
		return append(out, '\\', c), 2
	}
	return append(out, c), 2
}

// appendRune appends a character. Two digits may also be a byte of one.
func appendRune(out []byte, r rune, digits int) []byte {
	if digits == 2 && r >= utf8.RuneSelf && len(out) > 0 && out[len(out)-1] >= utf8.RuneSelf {
		return append(out, byte(r))
	}
	return utf8.AppendRune(out, r)
}

// codePoint reads the digits of the escape at the start of b, in braces or not. A
// pair of surrogates is one character. It returns the length of the escape, 0 if it
// is none.
func codePoint(b []byte, digits int) (rune, int) {
	if len(b) > 2 && b[2] == '{' {
		end := bytes.IndexByte(b[:min(len(b), 12)], '}')
		if end < 0 {
			return 0, 0
		}
		code, err := strconv.ParseUint(string(b[3:end]), 16, 31)
		if err != nil {
			return 0, 0
		}
		return rune(code), end + 1
	}
	if len(b) < 2+digits {
		return 0, 0
	}
	code, err := strconv.ParseUint(string(b[2:2+digits]), 16, 31)
	if err != nil {
		return 0, 0
	}
	n := 2 + digits
	if r := rune(code); !utf16.IsSurrogate(r) {
		return r, n
	}
	if low := b[n:]; len(low) >= 6 && low[0] == '\\' && low[1] == 'u' {
		if second, err := strconv.ParseUint(string(low[2:6]), 16, 31); err == nil {
			return utf16.DecodeRune(rune(code), rune(second)), n + 6
		}
	}
	return utf8.RuneError, n
}
