package guesttext

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxDepth is how often a text is read anew: what is escaped three times, in any
	// mixture, is found.
	maxDepth = 3
	// maxNested is the longest value, in bytes, that is read anew more than once.
	maxNested = 64 << 10

	sameForm = 10 * time.Nanosecond // what comparing two forms takes
)

// reading is a way to read a text.
type reading struct {
	chars string                   // one of them is in each text that is read so; empty for any text
	cost  time.Duration            // of reading a byte so
	read  func(text []byte) []byte // returns what text may stand for, nil if only for itself
}

// readings are the ways in which programs escape text. Programs differ in what they
// mean by `\xe4` and %E4, a byte or a character, and in what an unknown escape stands
// for: all meanings are tried.
var readings = []reading{
	{`\`, 6, func(b []byte) []byte { return unescape(b, escapes{keepUnknown: true}) }},
	{`\`, 6, func(b []byte) []byte { return unescape(b, escapes{keepUnknown: true, bytes: true}) }},
	{`\`, 6, func(b []byte) []byte { return unescape(b, escapes{}) }},
	{`\`, 6, func(b []byte) []byte { return unescape(b, escapes{bytes: true}) }},
	{`\`, 6, func(b []byte) []byte { return unescape(b, escapes{bytes: true, decimal: true}) }},
	{"%", 5, func(b []byte) []byte { return decodeHexAfter(b, '%', false) }},
	{"%", 5, func(b []byte) []byte { return decodeHexAfter(b, '%', true) }},
	{"&", 8, func(b []byte) []byte { return []byte(html.UnescapeString(string(b))) }},
	{`'"%$`, 5, func(b []byte) []byte { return []byte(doubled.Replace(string(b))) }},
	{"\r\n", 4, func(b []byte) []byte { return joinLines(b, false) }},
	{"\r\n", 4, func(b []byte) []byte { return joinLines(b, true) }},
}

// readingsOfText are the readings of what a guest writes.
var readingsOfText = append(append(slices.Clone(readings), readingsOfUTF16(true)...),
	reading{"\n", 4, unwrap},
	reading{`"',;\` + " \t\f\r\n", 5, joinRuns},
	reading{"=", 4, func(b []byte) []byte { return decodeHexAfter(b, '=', false) }}, // quoted-printable
	reading{"+", 3, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte{'+'}, []byte{' '}) }},
	reading{"^", 3, func(b []byte) []byte { return dropBefore(b, '^') }},
	reading{"`", 3, func(b []byte) []byte { return dropBefore(b, '`') }},
)

// readingsOfValue are the readings of what a guest was given.
var readingsOfValue = append(append(slices.Clone(readings), readingsOfUTF16(false)...),
	reading{"", 5, decodedBase64},
	reading{"", 3, fromLatin1},
)

// readingsOfUTF16 are those of [fromUTF16], of both byte orders and from both bytes on.
func readingsOfUTF16(invalid bool) (out []reading) {
	for _, bigEndian := range []bool{false, true} {
		for skip := range 2 {
			out = append(out, reading{"", 4, func(b []byte) []byte { return fromUTF16(b, bigEndian, skip, invalid) }})
		}
	}
	return out
}

// unwrap returns b without the line breaks, and what is quoted or indented after them.
func unwrap(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for {
		line, rest, more := bytes.Cut(b, []byte{'\n'})
		if !more {
			return append(out, line...)
		}
		out = append(out, bytes.TrimSuffix(line, []byte{'\r'})...)
		b = bytes.TrimLeft(rest, " \t>")
	}
}

const (
	longRun    = 16 // bytes of a run that may continue
	maxBetween = 15 // characters between two runs, besides the first
)

// joinRuns returns b without what stands between a long run of characters and the next
// one: a line break, quotes, a comma, as in a list of strings.
func joinRuns(b []byte) []byte {
	out := make([]byte, 0, len(b))
	run := 0
	for i := 0; i < len(b); {
		c := b[i]
		if run < longRun || bytes.IndexByte(endsOfRuns, c) < 0 {
			out = append(out, c)
			if run++; !isAlphanumeric(rune(c)) && bytes.IndexByte([]byte("+/_-"), c) < 0 {
				run = 0
			}
			i++
			continue
		}
		run = 0
		i++
		for n := 0; n < maxBetween && i < len(b) && !isAlphanumeric(rune(b[i])) && b[i] != '+' && b[i] != '/'; n++ {
			_, size := utf8.DecodeRune(b[i:])
			i += size
		}
	}
	return out
}

var endsOfRuns = []byte(" \t\f\r\n\"',;\\")

// readAnew returns text and what it may stand for, each once. The depth is how many
// readings are applied one after the other. It stops when the result has more than
// limit bytes, or when there is too much work.
func readAnew(w *work, text []byte, readings []reading, depth, limit int) [][]byte {
	forms, size := [][]byte{text}, len(text)
	for from := 0; depth > 0 && from < len(forms); depth-- {
		level := forms[from:]
		from = len(forms)
		for _, form := range level {
			for _, reading := range readings {
				cost := time.Duration(len(form)) / 2
				named := reading.chars == "" || bytes.ContainsAny(form, reading.chars)
				if named {
					cost = time.Duration(len(form))*reading.cost + time.Duration(len(forms))*sameForm
				}
				if !w.spend(cost) {
					return forms
				}
				if !named {
					continue
				}
				b := reading.read(form)
				if len(b) < MinPart || slices.ContainsFunc(forms, func(f []byte) bool { return bytes.Equal(f, b) }) {
					clear(b)
					continue
				}
				if forms, size = append(forms, b), size+len(b); size > limit {
					return forms
				}
			}
		}
	}
	return forms
}

// doubled halves doubled quotes, also those of a shell.
var doubled = strings.NewReplacer(`'\''`, `'`, `'"'"'`, `'`, `''`, `'`, `""`, `"`, `%%`, `%`, `$$`, `$`)

// dropBefore returns b without each mark that stands before another character.
func dropBefore(b []byte, mark byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == mark && i+1 < len(b) {
			i++
		}
		out = append(out, b[i])
	}
	return out
}

// fromUTF16 returns b without its first bytes as UTF-8, nil if it does not look like
// UTF-16: ASCII makes each second byte zero there, and letters of one script mostly
// make it the same. If invalid is set, text that is not UTF-8 looks like it.
func fromUTF16(b []byte, bigEndian bool, skip int, invalid bool) []byte {
	if len(b) < skip+2 {
		return nil
	}
	invalid = invalid && !utf8.Valid(b)
	b = b[skip : len(b)-(len(b)-skip)%2]
	higher := 1 // of the two bytes
	if bigEndian {
		higher = 0
	}
	var high [256]int
	for i := higher; i < len(b); i += 2 {
		high[b[i]]++
	}
	script := slices.Max(high[:0x20]) // of most alphabets
	if !invalid && high[0] == 0 && 4*script < len(b) {
		return nil
	}
	unit := func(i int) rune { return rune(b[i+higher])<<8 | rune(b[i+1-higher]) }
	out := make([]byte, 0, 3*len(b)/2) // a unit becomes three bytes at most, and two units four
	for i := 0; i < len(b); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) && i+2 < len(b) {
			if both := utf16.DecodeRune(r, unit(i+2)); both != utf8.RuneError {
				r, i = both, i+2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// fromLatin1 returns b with each byte as the character of that number, nil if b is
// UTF-8.
func fromLatin1(b []byte) []byte {
	if utf8.Valid(b) {
		return nil
	}
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}
