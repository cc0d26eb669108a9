package encodings

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/wipe"
)

// Decoded is a part of a text with its escapes decoded. It maps each byte to the
// part of the text that it stands for. The zero Decoded is ready for use.
type Decoded struct {
	Text []byte // the Decoded's own memory
	Open int    // Text[Open:] may change if the text continues

	mem      wipe.Buffer[byte] // of Text
	at, end  []int             // where Text[i] begins and ends in the text
	pieces   []piece           // ... or this, if lines were joined
	alphabet *Alphabet
	raw      []byte // the text
	starts   starters
	finder   finder // of the last Escape
	start    int    // Text[start] is the last character that may begin an escape
	high     bool   // an escape stood for a byte beyond ASCII
	quoted   bool   // what may escape a quote stands for itself
	words    bool   // quotes and dollar signs are left out
}

const (
	maxEscape  = 12 // characters of an escape: &amp; to \U0001f600
	maxNesting = 64 // bytes of a character that was escaped several times
)

// reset makes room for size bytes.
func (d *Decoded) reset(size int) {
	d.Text, d.at, d.end, d.pieces = d.mem.Room(size), d.at[:0], d.end[:0], d.pieces[:0]
	d.start, d.high = -maxEscape, false
}

// SetQuotes is [Decoded.SetEscapes] for values in which a backslash, caret or
// backquote stands before a quote or at the end: there it escapes no quote, which is
// doubled, or is that of the printer. ok is false if the text has none, or the
// alphabet no such values.
func (d *Decoded) SetQuotes(text []byte, from, to int, a *Alphabet, whole bool) (ok bool) {
	for i := from; i+1 < to && !ok; i++ {
		ok = isIn("\\^`", text[i]) && isIn("\"'", text[i+1]) && a.has[text[i]]
	}
	if !ok {
		return false
	}
	d.quoted = true
	d.SetEscapes(text, from, to, a, whole)
	d.quoted = false
	return true
}

// Wipe clears the plaintext in d.
func (d *Decoded) Wipe() { d.mem.Wipe() }

// Raw returns where Text[from:to], which is not empty, stands in the text, and
// whether there is an escape in it.
func (d *Decoded) Raw(from, to int) (start, end int, escaped bool) {
	if len(d.pieces) > 0 {
		start, end = d.pieceAt(from), d.pieceAt(to-1)+1
	} else {
		start, end = d.at[from], d.end[to-1]
	}
	return start, end, end-start != to-from
}

// At returns where Text[i] stands in the text; size after the last one.
func (d *Decoded) At(i, size int) int {
	switch {
	case i >= len(d.Text):
		return size
	case len(d.pieces) > 0:
		return d.pieceAt(i)
	}
	return d.at[i]
}

// Align returns the start of the escape that contains pos, or pos if none does.
func (d *Decoded) Align(pos int) int {
	for i := len(d.at) - 1; i >= 0 && d.end[i] > pos-maxNesting; i-- {
		if d.at[i] < pos && pos < d.end[i] {
			return d.at[i]
		}
	}
	return pos
}

// add appends a character without looking for escapes.
func (d *Decoded) add(c byte, at, end int) {
	d.Text, d.at, d.end = append(d.Text, c), append(d.at, at), append(d.end, end)
}

// literal appends text[from:to].
func (d *Decoded) literal(text []byte, from, to int) {
	d.Text = append(d.Text, text[from:to]...)
	for i := from; i < to; i++ {
		d.at, d.end = append(d.at, i), append(d.end, i+1)
	}
}

// SetEscapes decodes text[from:to]: backslash escapes of programming languages,
// shells and JSON, percent encoding, character references of XML and HTML, doubled
// quotes, and the carets and backquotes of Windows shells, also several levels of
// them. A character that cannot be in a value of the alphabet stays as it is. If
// whole is false, the text may continue after to.
func (d *Decoded) SetEscapes(text []byte, from, to int, a *Alphabet, whole bool) {
	d.reset(to - from) // no escape is shorter than what it stands for
	text = text[:to]
	d.alphabet, d.raw = a, text
	d.starts.reset(text, a.starts)
	if d.words {
		d.starts.reset(text, a.wordStarts)
	}
	for i := from; i < to; {
		if next := d.starts.after(i); next > i && len(d.Text)-d.start > maxEscape {
			n := len(d.Text)
			d.literal(text, i, next)
			for d.words && n < len(d.Text) {
				d.Text[n] = letter(d.Text[n])
				n++
			}
			i = next
			continue
		}
		d.push(text[i], i, i+1)
		i++
	}
	d.Open = len(d.Text)
	for i := max(0, d.Open-maxEscape); i < d.Open && !whole; i++ {
		if d.incomplete(i) {
			d.Open = i
		}
	}
	d.raw = nil
}

func (d *Decoded) push(c byte, at, end int) {
	if d.words {
		if isSign(c) {
			d.drop()
			return
		}
		c = letter(c)
	}
	d.add(c, at, end)
	d.mark(c)
	for len(d.Text)-d.start <= maxEscape && d.reduce() {
	}
}

// mark notes that c, the last character, may begin an escape.
func (d *Decoded) mark(c byte) {
	if bytes.IndexByte(d.alphabet.starts, c) >= 0 {
		d.start = len(d.Text) - 1
	}
}

// replace puts r in the place of the last n characters. It returns false if the
// alphabet has no such character, or it was escaped too often.
func (d *Decoded) replace(n int, r rune, asByte bool) bool {
	i, last := len(d.Text)-n, len(d.Text)-1
	at, end := d.at[i], d.end[last]
	sign := d.words && r < 0x80 && isSign(byte(r))
	if end-at > maxNesting || !sign && !d.alphabet.wants(r) {
		return false
	}
	d.Text, d.at, d.end = d.Text[:i], d.at[:i], d.end[:i]
	switch {
	case sign:
		return false
	case d.words && r < 0x80:
		r = rune(letter(byte(r)))
	}
	var encoded [utf8.UTFMax]byte
	switch {
	case asByte:
		d.high = d.high || r >= 0x80
		d.add(byte(r), at, end)
	case utf16.IsSurrogate(r):
		d.surrogate(r, at, end)
	default:
		for _, c := range encoded[:utf8.EncodeRune(encoded[:], r)] {
			d.add(c, at, end)
		}
	}
	if r < 0x80 {
		d.mark(byte(r))
	}
	return true
}

// surrogate adds half of a character as UTF-8 would encode it, or the character if it
// is the second half, or the byte that it stands for in text that was not UTF-8.
func (d *Decoded) surrogate(r rune, at, end int) {
	if i := len(d.Text) - 3; r >= 0xdc00 && i >= 0 && d.Text[i] == 0xed && d.Text[i+1]&0xf0 == 0xa0 {
		first := rune(0xd000) | rune(d.Text[i+1]&0x3f)<<6 | rune(d.Text[i+2]&0x3f)
		at = d.at[i]
		d.Text, d.at, d.end = d.Text[:i], d.at[:i], d.end[:i]
		var encoded [utf8.UTFMax]byte
		for _, c := range encoded[:utf8.EncodeRune(encoded[:], utf16.DecodeRune(first, r))] {
			d.add(c, at, end)
		}
		return
	}
	if r >= 0xdc80 && r <= 0xdcff {
		d.add(byte(r), at, end) // Python's surrogateescape
		return
	}
	d.add(0xed, at, end)
	d.add(0x80|byte(r>>6)&0x3f, at, end)
	d.add(0x80|byte(r)&0x3f, at, end)
}

// incomplete reports whether Text[i:] may begin an escape that is not complete.
func (d *Decoded) incomplete(i int) bool {
	s := d.Text[i:]
	rest := s[1:]
	switch c := s[0]; {
	case c == '\\':
		return len(rest) == 0 || isIn("xuU01234567", rest[0]) && trimHex(bytes.TrimPrefix(rest[1:], []byte("{"))) == 0 || d.incomplete(i+1)
	case c == '%' && len(rest) > 0 && rest[0] == 'u':
		return trimHex(rest[1:]) == 0
	case c == '%':
		return len(rest) == 0 || len(rest) == 1 && isHexDigit(rest[0])
	case c == '&':
		for _, c := range rest {
			if !isAlnum(c) && c != '#' {
				return false
			}
		}
		return true
	case c == '"' || c == '\'':
		return d.alphabet.quotes && len(s) <= 5 && len(bytes.Trim(rest, "\"'\\")) == 0
	case c == '^' || c == '`' || c == '$':
		return len(rest) == 0
	case c >= 0xc2 && d.end[i]-d.at[i] > 1:
		// The first byte of a character, or the first half of one.
		j := 1
		for j < len(s) && s[j] >= 0x80 {
			j++
		}
		whole := utf8.FullRune(s[:j]) && !(c == 0xed && j == 3) // half a character
		return !whole && (j == len(s) || d.incomplete(i+j))
	}
	return false
}

// SetLatin1 is what from decoded, with characters in the place of escapes for bytes
// beyond ASCII that are not UTF-8, except those that surrogates stand for. ok is false
// if there are none.
func (d *Decoded) SetLatin1(text []byte, from *Decoded) (ok bool) {
	if !from.high {
		return false
	}
	d.reset(2 * len(from.Text))
	d.Open = -1
	for i := 0; i < len(from.Text); {
		if i >= from.Open && d.Open < 0 {
			d.Open = len(d.Text)
		}
		c := from.Text[i]
		r, size := utf8.DecodeRune(from.Text[i:])
		escape := text[from.at[i]:from.end[i]]
		half := c == 0xed && len(escape) >= 5 // of a character: \ud83d
		if r == utf8.RuneError && size == 1 && len(escape) > 1 && !half && !isSurrogateEscape(escape) && i < from.Open {
			d.add(0xc0|c>>6, from.at[i], from.end[i])
			d.add(0x80|c&0x3f, from.at[i], from.end[i])
			i++
			ok = true
			continue
		}
		for range size {
			d.add(from.Text[i], from.at[i], from.end[i])
			i++
		}
	}
	if d.Open < 0 {
		d.Open = len(d.Text)
	}
	return ok
}

// isSurrogateEscape reports whether an escape for a byte is one of Python's
// surrogateescape, such as \udce4.
func isSurrogateEscape(escape []byte) bool {
	n := len(escape)
	return n >= 6 && bytes.EqualFold(escape[n-4:n-2], []byte("dc"))
}
