package guesttext

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/wipe"
)

// appendSpellings appends a text to all, and what it stands for if it is escaped or
// encoded. Each is followed by a zero byte.
func appendSpellings(w *work, all []byte, text string) []byte {
	done := map[string]bool{}
	for _, form := range readAnew(w, []byte(text), readingsOfText, maxDepth, maxIndexed) {
		if !w.each(len(form), runsByte) {
			break
		}
		all = append(append(all, form...), 0)
		if bytes.IndexByte(form, 0) >= 0 {
			all = append(append(all, bytes.ReplaceAll(form, []byte{0}, nil)...), 0) // UTF-16 in parts
		}
		all = appendRuns(w, all, string(form), done)
		if len(all) > maxIndexed {
			break
		}
	}
	return all
}

// Costs of decoding.
const (
	runsByte   = 40 * time.Nanosecond  // of a byte of a text in which runs are searched
	decodeWork = 500 * time.Nanosecond // of a run
	decodeByte = 10 * time.Nanosecond  // of its bytes
)

// appendRuns appends what the runs of characters in text stand for in hexadecimal, in
// base32 and in both alphabets of base64, without those that are done.
func appendRuns(w *work, all []byte, text string, done map[string]bool) []byte {
	for _, e := range encodings {
		if e.mark != "" && !strings.ContainsAny(text, e.mark) {
			continue
		}
		for run := range strings.FieldsFuncSeq(text, func(r rune) bool { return !e.has(r) }) {
			if len(run) < minEncoded || e.mark != "" && !strings.ContainsAny(run, e.mark) || done[e.name+run] {
				continue
			}
			done[e.name+run] = true
			if !w.spend(time.Duration(e.chars) * (decodeWork + time.Duration(len(run))*decodeByte)) {
				return all
			}
			all = appendDecoded(all, e, run)
		}
	}
	return all
}

// encoding writes group bytes as chars characters.
type encoding struct {
	name   string
	has    func(rune) bool
	mark   string // a run has one of these characters, if there are any
	chars  int
	spare  string // for each rest of a length, the characters at the end that make no byte
	decode func(string) ([]byte, error)
}

var encodings = []encoding{
	{"hex ", isHex, "", 2, "\x00\x01", hex.DecodeString},
	{"base32 ", isBase32, "", 8, "\x00\x01\x00\x01\x00\x00\x01\x00", base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString},
	{"base64 ", func(r rune) bool { return isAlphanumeric(r) || r == '+' || r == '/' }, "", 4, "\x00\x01\x00\x00", base64.RawStdEncoding.DecodeString},
	{"base64url ", func(r rune) bool { return isAlphanumeric(r) || r == '-' || r == '_' }, "-_", 4, "\x00\x01\x00\x00", base64.RawURLEncoding.DecodeString},
}

func isAlphanumeric(r rune) bool { return r < utf8.RuneSelf && inWord(r, 1) }

func isHex(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F'
}

// minEncoded is the length of the shortest run of characters that is decoded.
const minEncoded = 6

func isBase32(r rune) bool { return 'A' <= r && r <= 'Z' || '2' <= r && r <= '7' }

// shifted are the readings of what is decoded.
var shifted = readingsOfUTF16(false)

// appendDecoded appends what a run of characters stands for, beginning at each
// character of a group, so that a value is found wherever it begins.
func appendDecoded(all []byte, e encoding, run string) []byte {
	for skip := range min(e.chars, len(run)) {
		rest := run[skip:]
		rest = rest[:len(rest)-int(e.spare[len(rest)%e.chars])]
		b, err := e.decode(rest)
		if err != nil {
			continue
		}
		all = append(append(all, b...), 0)
		for _, reading := range shifted {
			if text := reading.read(b); len(text) >= MinPart {
				all = append(append(all, text...), 0)
			}
		}
	}
	return all
}

// decodeHexAfter returns b with each two hexadecimal digits after mark replaced by
// the byte that they stand for, or by the character, as in JavaScript's escape, which
// has four digits for others. A mark at the end of a line joins it with the next.
func decodeHexAfter(b []byte, mark byte, points bool) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != mark {
			out = append(out, b[i])
			continue
		}
		if points && i+5 < len(b) && (b[i+1] == 'u' || b[i+1] == 'U') {
			if r, n := codePoint(b[i:], 4); n > 0 {
				out = utf8.AppendRune(out, r)
				i += n - 1
				continue
			}
		}
		if i+2 < len(b) {
			if v, err := strconv.ParseUint(string(b[i+1:i+3]), 16, 8); err == nil {
				if points {
					out = utf8.AppendRune(out, rune(v))
				} else {
					out = append(out, byte(v))
				}
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
func spellingsOfValue(w *work, value []byte) [][]byte {
	depth := 2
	if len(value) > maxNested {
		depth = 1
	}
	return readAnew(w, value, readingsOfValue, depth, maxScanned)
}

// minDecoded is the length of the shortest run that may be base64 in a value.
const minDecoded = 8

// mayBase64 are the characters of base64 without its padding.
var mayBase64 = func() (set [256]bool) {
	for c := range set {
		set[c] = c < utf8.RuneSelf && isAlphanumeric(rune(c)) || c == '+' || c == '/'
	}
	return set
}()

// decodedBase64 returns what the padded base64 in a value stands for, such as the data
// of a Kubernetes secret, each followed by a zero byte.
func decodedBase64(value []byte) []byte {
	var out []byte
	for len(value) > 0 {
		n := 0
		for n < len(value) && mayBase64[value[n]] {
			n++
		}
		for n < len(value) && value[n] == '=' && n%4 != 0 {
			n++
		}
		run := value[:n]
		value = value[min(max(n, 1), len(value)):]
		if len(run) < minDecoded || len(run)%4 != 0 {
			continue
		}
		n = len(out)
		size := base64.StdEncoding.DecodedLen(len(run))
		out = wipe.Grow(out, size+1)[:n+size]
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
		end := i
		for end < len(b) && isSpace(b[end]) {
			end++
		}
		space := b[i:end]
		breaks := bytes.Count(space, []byte{'\n'})
		if breaks == 0 && bytes.IndexByte(space, '\r') >= 0 {
			breaks = 1
		}
		switch {
		case len(space) == 0:
			for end < len(b) && !isSpace(b[end]) {
				end++
			}
			out, i = append(out, b[i:end]...), end
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

// isSpace reports whether c is the space around a line break, or the break.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// escapes says how escapes are read.
type escapes struct {
	keepUnknown bool // keep the backslash of an unknown escape
	decimal     bool // three digits are decimal, as in Lua, not octal
	bytes       bool // what two or three digits number is a byte, not a character
}

// unescape returns b with each escape of JSON, TOML, YAML, dotenv and most
// programming languages replaced.
func unescape(b []byte, e escapes) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		if b[0] != '\\' || len(b) == 1 {
			out, b = append(out, b[0]), b[1:]
			continue
		}
		var n int
		out, n = e.appendUnescaped(out, b)
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
func (e escapes) appendUnescaped(out, b []byte) ([]byte, int) {
	c := b[1]
	for _, kind := range []struct {
		c      byte
		digits int
	}{{'x', 2}, {'u', 4}, {'U', 8}} {
		if c == kind.c {
			if r, n := codePoint(b, kind.digits); n > 0 {
				return e.appendNumbered(out, r, n == 4 && c == 'x'), n
			}
		}
	}
	if base := e.base(); '0' <= c && c <= '7' && len(b) >= 4 {
		if code, err := strconv.ParseUint(string(b[1:4]), base, 8); err == nil {
			return e.appendNumbered(out, rune(code), true), 4
		}
	}
	switch i := strings.IndexByte(escaped, c); {
	case c == '\r' || c == '\n': // the line continues, after the space at its start
		return out, len(b) - len(bytes.TrimLeftFunc(b[1:], unicode.IsSpace))
	case i >= 0 && i < len(meaning):
		return append(out, meaning[i]), 2
	case c == 'N' || c == '_' || c == 'L' || c == 'P':
		return utf8.AppendRune(out, map[byte]rune{'N': '\u0085', '_': '\u00a0', 'L': '\u2028', 'P': '\u2029'}[c]), 2
	case i >= 0:
		return append(out, c), 2
	case e.keepUnknown:
		return append(out, '\\', c), 2
	}
	return append(out, c), 2
}

// base returns the base of three digits.
func (e escapes) base() int {
	if e.decimal {
		return 10
	}
	return 8
}

// appendNumbered appends the character with the number r, or the byte if it may be one.
func (e escapes) appendNumbered(out []byte, r rune, maybeByte bool) []byte {
	if e.bytes && maybeByte {
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
	if low := b[n:]; len(low) >= 6 && low[0] == b[0] && low[1] == b[1] {
		if second, err := strconv.ParseUint(string(low[2:6]), 16, 31); err == nil {
			return utf16.DecodeRune(rune(code), rune(second)), n + 6
		}
	}
	return utf8.RuneError, n
}
