package encodings

import "bytes"

const (
	// MinColumns is how many characters of base64 a line has at least, if the text
	// goes on in the next line.
	MinColumns = 40

	maxIndent = 32
	indents   = " \t>|#*"
)

// Base64Run returns how many characters of base64 are at the end of text, at most
// MinColumns. before is the number of those before text.
func Base64Run(text []byte, before int) int {
	n := 0
	for n < len(text) && n < MinColumns && isBase64(text[len(text)-1-n]) {
		n++
	}
	if n == len(text) {
		n = min(MinColumns, n+before)
	}
	return n
}

func isBase64(c byte) bool { return base64Chars[c] }

// base64Chars are the characters of both alphabets.
var base64Chars = func() (is [256]bool) {
	for c := range 256 {
		is[c] = isAlnum(byte(c)) || isIn("+/-_", byte(c))
	}
	return is
}()

// endsInBase64 rules out most texts that do not end in a long run of base64.
func endsInBase64(text []byte) bool {
	n := len(text)
	return n > 0 && base64Chars[text[n-1]] && (n < MinColumns || base64Chars[text[n-9]] && base64Chars[text[n-17]] &&
		base64Chars[text[n-25]] && base64Chars[text[n-MinColumns]])
}

// Wrapped is base64 that goes on in the next line.
type Wrapped struct {
	From, Break, To int // of the first line, its end, and the end of the last line
	open            bool
}

// WrappedBase64 returns the first base64 text in several lines of which a line ends
// at text[i:] or behind it. Of a line of any length it takes in at most longest
// characters. before is the number of characters of base64 before text. ok is false
// if there is none.
func WrappedBase64(text []byte, i, before, longest int, whole bool) (w Wrapped, ok bool) {
	from := i
	if before > 0 {
		// The run of characters before text may be the greater part of a line.
		for end := 0; end < min(len(text), MinColumns) && i <= end; end++ {
			if !isBase64(text[end]) {
				if w, ok := wrappedAt(text, end, before, longest, whole); ok {
					return w, true
				}
				break
			}
		}
	}
	for i <= len(text) {
		end := len(text)
		if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
			end = i + n
		}
		// No line ends in the first columns behind this one and is long enough.
		i = end + MinColumns
		if end > from && text[end-1] == '\r' {
			end--
		}
		if endsInBase64(text[:end]) {
			if w, ok := wrappedAt(text, end, before, longest, whole); ok {
				return w, true
			}
		}
	}
	return w, false
}

// wrappedAt returns the base64 text that has a line break at text[end:].
func wrappedAt(text []byte, end, before, longest int, whole bool) (w Wrapped, ok bool) {
	if !goesOn(text, end) || Base64Run(text[:end], before) < MinColumns {
		return w, false
	}
	to, open, ok := nextLine(text, end, whole)
	if !ok {
		return w, false
	}
	from := end
	for from > 0 && end-from < longest && isBase64(text[from-1]) {
		from--
	}
	return Wrapped{from, end, to, open}, true
}

// goesOn reports whether base64 goes on behind the line break at text[end:], as
// nextLine does.
func goesOn(text []byte, end int) bool {
	start, cut := lineStart(text, end)
	if start < 0 || cut {
		return cut
	}
	return start < len(text) && base64Chars[text[start]]
}

// nextLine returns where the base64 ends that goes on behind the line break at
// text[end:]. Any other character ends the last line: joining more costs time, and
// masks nothing that is not a value. open reports whether that is not known before
// the text goes on.
func nextLine(text []byte, end int, whole bool) (to int, open, ok bool) {
	start, cut := lineStart(text, end)
	if start < 0 {
		return 0, false, false
	}
	for to = start; to < len(text) && isBase64(text[to]); {
		to++
	}
	if cut || to == len(text) {
		return to, !whole, !whole || to > start
	}
	return to, false, to > start
}

// lineStart returns where the line begins behind the line break at text[end:], and
// whether the text ends before that; -1 if there is no line break.
func lineStart(text []byte, end int) (start int, cut bool) {
	start = end
	if start < len(text) && text[start] == '\r' {
		start++
	}
	if start == len(text) {
		return start, true
	}
	if text[start] != '\n' {
		return -1, false
	}
	start++
	for n := 0; start < len(text) && n < maxIndent && !base64Chars[text[start]] && isIn(indents, text[start]); n++ {
		start++
	}
	return start, start == len(text)
}

// SetWrapped joins the lines of base64 that begin with those of w, and returns where
// they end.
func (d *Decoded) SetWrapped(text []byte, w Wrapped, whole bool) (to int) {
	d.reset()
	d.join(text, w.From, w.Break)
	for {
		d.Open = len(d.Text)
		start, _ := lineStart(text, w.Break)
		d.join(text, start, w.To)
		if w.open {
			return len(text)
		}
		if w.To-start < MinColumns {
			break
		}
		next, open, ok := nextLine(text, w.To, whole)
		if !ok {
			break
		}
		w.Break, w.To, w.open = w.To, next, open
	}
	pad := w.To
	for pad < len(text) && text[pad] == '=' && pad < w.To+2 {
		pad++
	}
	d.join(text, w.To, pad)
	d.Open = len(d.Text)
	return pad
}

// piece says that Text[at:], up to the next piece, stands at raw in the text.
type piece struct{ at, raw int }

// join appends text[from:to] as a piece.
func (d *Decoded) join(text []byte, from, to int) {
	d.pieces = append(d.pieces, piece{len(d.Text), from})
	d.Text = append(d.Text, text[from:to]...)
}

// pieceAt returns where Text[i] stands in the text.
func (d *Decoded) pieceAt(i int) int {
	k := len(d.pieces) - 1
	for d.pieces[k].at > i {
		k--
	}
	return d.pieces[k].raw + i - d.pieces[k].at
}
