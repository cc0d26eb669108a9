package encodings

import (
	"bytes"
	"encoding/binary"
)

const (
	// MinColumns is how many characters of base64 a line has at least, if the text
	// continues in the next line.
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

// longRun returns the end of the first run of MinColumns characters of base64 or more
// that ends at text[i:] or after it; -1 if there is none. Each such run has one of the
// blocks in it that are looked at.
func longRun(text []byte, i int) int {
	const (
		block = 16
		step  = MinColumns - block
		under = lowBits * '+' // no character of base64 is below that
	)
	for at := max(0, i-MinColumns); at+block <= len(text); at += step {
		x, y := binary.LittleEndian.Uint64(text[at:]), binary.LittleEndian.Uint64(text[at+8:])
		if ((x|highBits)-under)&((y|highBits)-under)&highBits != highBits {
			continue
		}
		from, to := at, at
		for to < len(text) && base64Chars[text[to]] {
			to++
		}
		if to < at+block {
			continue
		}
		for from > 0 && to-from < MinColumns && base64Chars[text[from-1]] {
			from--
		}
		if to-from >= MinColumns && to >= i {
			return to
		}
		at = max(at, to-step)
	}
	return -1
}

// Reads returns where the longest escape ends that begins at text[i:] and may stand for
// a line break or a blank; i if there is none. open reports whether that is not known
// before the text continues.
type Reads func(i int) (end int, open bool)

// Wrapped is base64 that continues in the next line.
type Wrapped struct {
	From, Break, To int // of the first line, its end, and the end of the last line
	open            bool
	reads           Reads
}

// WrappedBase64 returns the first base64 text in several lines of which a line ends
// at text[i:] or after it. A line break is one in any spelling that reads knows, or a
// run of blanks. Of a line of any length it takes in at most longest
// characters. before is the number of characters of base64 before text. ok is false
// if there is none.
func WrappedBase64(text []byte, i, before, longest int, whole bool, reads Reads) (w Wrapped, ok bool) {
	w.reads = reads
	if before > 0 {
		// The run of characters before text may be the greater part of a line.
		end := 0
		for end < min(len(text), MinColumns) && isBase64(text[end]) {
			end++
		}
		if end >= i && end < min(len(text), MinColumns) && w.at(text, end, before, longest, whole) {
			return w, true
		}
	}
	for {
		end := longRun(text, i)
		if end < 0 {
			return w, false
		}
		if w.at(text, end, before, longest, whole) {
			return w, true
		}
		i = end + 1
	}
}

// at makes w the base64 text that has a line break at text[end:], after a long run. It
// reports whether there is one.
func (w *Wrapped) at(text []byte, end, before, longest int, whole bool) bool {
	to, open, ok := w.nextLine(text, end, whole)
	if !ok || end < MinColumns && Base64Run(text[:end], before) < MinColumns {
		return false
	}
	from := end
	for from > 0 && end-from < longest && isBase64(text[from-1]) {
		from--
	}
	w.From, w.Break, w.To, w.open = from, end, to, open
	return true
}

// nextLine returns where the base64 ends that continues after the line break at
// text[end:]. Any other character ends the last line: joining more costs time, and
// masks nothing that is not a value. open reports whether that is not known before
// the text continues.
func (w *Wrapped) nextLine(text []byte, end int, whole bool) (to int, open, ok bool) {
	start, cut := w.lineStart(text, end)
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

// lineStart returns where the line begins after the line break at text[end:], and
// whether the text ends before that; -1 if there is no line break.
func (w *Wrapped) lineStart(text []byte, end int) (start int, cut bool) {
	start = end
	for n := 0; n < maxIndent && start < len(text) && !base64Chars[text[start]]; n++ {
		switch c := text[start]; {
		case c == '\n', c == '\r', isIn(indents, c) && (start > end || c <= ' '):
			start++
			continue
		case !isIn("\\%&", c):
		default:
			next, open := w.reads(start)
			if open {
				return len(text), true
			}
			if next > start {
				start = next
				continue
			}
		}
		break
	}
	if start == len(text) {
		return start, true
	}
	if start == end {
		return -1, false
	}
	return start, false
}

// SetWrapped joins the lines of base64 that begin with those of w, and returns where
// they end.
func (d *Decoded) SetWrapped(text []byte, w Wrapped, whole bool) (to int) {
	d.reset(w.To - w.From)
	d.join(text, w.From, w.Break)
	for {
		d.Open = len(d.Text)
		start, _ := w.lineStart(text, w.Break)
		d.join(text, start, w.To)
		d.pieces[len(d.pieces)-1].loose = !isLineEnd(text[w.Break:start])
		if w.open {
			return len(text)
		}
		if w.To-start < MinColumns {
			break
		}
		next, open, ok := w.nextLine(text, w.To, whole)
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

// isLineEnd reports whether a line break begins with a line end that is not escaped.
func isLineEnd(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(text, []byte{'\r'}), []byte{'\n'})
}

// piece says that Text[at:], up to the next piece, stands at raw in the text. It is loose
// if blanks or escapes are before it, and no line end.
type piece struct {
	at, raw int
	loose   bool
}

// Loose reports whether Text[from:to] is in several lines between which there are blanks
// or escapes.
func (d *Decoded) Loose(from, to int) bool {
	for _, p := range d.pieces {
		if p.loose && from < p.at && p.at < to {
			return true
		}
	}
	return false
}

// join appends text[from:to] as a piece.
func (d *Decoded) join(text []byte, from, to int) {
	d.pieces = append(d.pieces, piece{at: len(d.Text), raw: from})
	d.Text = append(d.mem.Grow(d.Text, to-from), text[from:to]...)
}

// pieceAt returns where Text[i] stands in the text.
func (d *Decoded) pieceAt(i int) int {
	k := len(d.pieces) - 1
	for d.pieces[k].at > i {
		k--
	}
	return d.pieces[k].raw + i - d.pieces[k].at
}
