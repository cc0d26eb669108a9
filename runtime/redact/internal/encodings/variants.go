package encodings

import (
	"bytes"
	"iter"
	"unicode"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact/internal/invalidutf8"
)

// variant is a piece of a value that counts as the value, or the value with
// other white space: numbers under firstLine stand for the whole, the others for
// one line of it, or one string or number of a JSON value.
type variant uint32

const (
	stored            variant = iota // as it is
	trimmed                          // without white space around it
	withLF                           // with Unix line ends
	trimmedLF                        // both
	withCRLF                         // with DOS line ends, as a terminal shows Unix ones
	trimmedCRLF                      // both
	blanks                           // with one blank for each run of white space
	shellBlanks                      // ... as a shell's echo prints it: of blanks, tabs and Unix line ends
	onTerminal                       // with a carriage return more at each line end, as a terminal shows DOS ones
	trimmedOnTerminal                // ... and without white space around it
	unquoted                         // without the quotes around it
	firstLine                        // firstLine+i is the line that begins at byte i, trimmed

	firstBlankLine variant = maxOffset // firstBlankLine+i is that line with one blank for each run of white space

	firstLeaf = 2 * maxOffset // firstLeaf+i is the string or number of a JSON value that begins at byte i

	firstLeafLine = 3 * maxOffset // firstLeafLine+i is the line of a JSON string that begins at byte i, trimmed

	firstLeafForm = 4 * maxOffset // firstLeafForm+(n-1)<<leafBit+i is n of the JSON string at byte i, from trimmed to onTerminal, which is trimmed there
	leafBit       = 21

	firstLossy = 6 * maxOffset // firstLossy+i<<lossBit+n is n with the loss i+1
	lossBit    = 22
)

const (
	minPiece  = 8       // bytes of a line or JSON string; shorter ones are not secret on their own
	minMixed  = 4       // bytes of a JSON string that has letters and other characters, unlike a word
	maxPieces = 1 << 16 // lines, and JSON strings and numbers, that are searched
	maxOffset = 1 << 23 // up to which a piece may begin

	whiteSpace    = " \t\r\n\v\f"
	byteOrderMark = "\ufeff"
)

// rawOnly reports whether the variant is searched only as it is.
func (n variant) rawOnly() bool {
	n, _ = n.parts()
	if n >= firstLeafForm {
		n, _ = n.leafForm()
	}
	return n >= blanks && n <= trimmedOnTerminal || n >= firstLine && n < firstLeaf || n >= firstLeafLine
}

// The longer a value is, the fewer of its variants are searched in all encodings: what is
// searched of 1 KiB of random bytes would otherwise be 4 MB, and of 1 MiB 4 GB, which
// takes half a minute. The others are searched as they are.
const (
	smallSize = 256      // up to this all are
	lossySize = 1 << 10  // up to this what decoders make of the value itself
	someSize  = 4 << 10  // up to this those with other white space
	largeSize = 64 << 10 // up to this the value without white space around it; beyond, that of text, and in fewer encodings

	encodedLeaves = 1024 // strings and numbers of a JSON value that are
)

// encoded reports whether a variant of a value of size bytes is searched in encodings.
// text says that the value is UTF-8.
func (n variant) encoded(size int, text bool) bool {
	base, l := n.parts()
	switch {
	case n.rawOnly():
		return false
	case n == stored, size <= smallSize:
		return true
	case size <= someSize:
		return l == 0 || base == stored && size <= lossySize
	}
	return n == trimmed && (text || size <= largeSize) || n >= firstLeaf && n < firstLeafLine
}

// leafForm returns which variant of a JSON string it is, and where that begins.
func (n variant) leafForm() (form variant, at int) {
	n -= firstLeafForm
	return n>>leafBit + 1, int(n & (1<<leafBit - 1))
}

// parts returns the variant without a loss, and the loss.
func (n variant) parts() (base variant, l invalidutf8.Decoder) {
	if n < firstLossy {
		return n, 0
	}
	n -= firstLossy
	return n & (1<<lossBit - 1), invalidutf8.Decoder(n>>lossBit) + 1
}

// copied reports whether appendTo makes new bytes, instead of a slice of the
// value.
func (n variant) copied() bool { return n > trimmed && n < unquoted || n >= firstBlankLine }

// size returns how many bytes of v the variant is made of.
func (n variant) size(v []byte) int {
	switch {
	case n < firstLine:
		return len(v)
	case n < firstBlankLine:
		return len(lineAt(v, int(n-firstLine)))
	case n < firstLeaf:
		return len(lineAt(v, int(n-firstBlankLine)))
	case n < firstLeafLine:
		return len(leafAt(v, int(n-firstLeaf)))
	case n < firstLeafForm:
		return len(leafLineAt(v, int(n-firstLeafLine)))
	}
	_, at := n.leafForm()
	return len(leafAt(v, at))
}

// appendTo returns the variant of v: a slice of v where that is possible,
// otherwise of what it appended to dst.
func (n variant) appendTo(dst, v []byte) []byte {
	switch n {
	case stored:
		return v
	case trimmed:
		return trim(v)
	case withLF:
		return appendLF(dst, v)
	case trimmedLF:
		return appendLF(dst, trim(v))
	case withCRLF:
		return appendCRLF(dst, v)
	case trimmedCRLF:
		return appendCRLF(dst, trim(v))
	case onTerminal:
		return appendReturns(dst, v)
	case trimmedOnTerminal:
		return appendReturns(dst, trim(v))
	case blanks:
		return appendBlanks(dst, bytes.FieldsSeq(trim(v)))
	case shellBlanks:
		return appendBlanks(dst, bytes.FieldsFuncSeq(trim(v), isShellBlank))
	case unquoted:
		return withoutQuotes(v)
	}
	if n >= firstLeafForm {
		form, at := n.leafForm()
		return form.ofString(appendUnquoted(dst, leafAt(v, at)))
	}
	if n >= firstLeafLine {
		text := appendUnquoted(dst, leafLineAt(v, int(n-firstLeafLine)))
		return text[:copy(text, trim(text))]
	}
	if n >= firstLeaf {
		return appendUnquoted(dst, leafAt(v, int(n-firstLeaf)))
	}
	if n >= firstBlankLine {
		return appendBlanks(dst, bytes.FieldsFuncSeq(lineAt(v, int(n-firstBlankLine)), isShellBlank))
	}
	return lineAt(v, int(n-firstLine))
}

// ofString returns the variant of a JSON string without its escapes, in the memory of text,
// which has room behind it.
func (n variant) ofString(text []byte) []byte {
	if n == onTerminal {
		n = trimmedOnTerminal
	}
	return append(text[:0], n.appendTo(text[len(text):], text)...) // which may be longer than text
}

// lineAt returns the line of v that begins at a place, trimmed.
func lineAt(v []byte, at int) []byte {
	line, _, _ := bytes.Cut(v[at:], []byte{'\n'})
	return trim(line)
}

// trim returns v without white space around it, and without the byte order mark that
// editors of Windows put before a text and programs leave out when they read it.
func trim(v []byte) []byte { return bytes.Trim(bytes.TrimPrefix(v, []byte(byteOrderMark)), whiteSpace) }

func appendLF(dst, v []byte) []byte {
	for i, c := range v {
		if c == '\r' && i+1 < len(v) && v[i+1] == '\n' {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

func appendCRLF(dst, v []byte) []byte {
	for i, c := range v {
		if c == '\n' && (i == 0 || v[i-1] != '\r') {
			dst = append(dst, '\r')
		}
		dst = append(dst, c)
	}
	return dst
}

func appendReturns(dst, v []byte) []byte {
	for _, c := range v {
		if c == '\n' {
			dst = append(dst, '\r')
		}
		dst = append(dst, c)
	}
	return dst
}

func appendBlanks(dst []byte, words iter.Seq[[]byte]) []byte {
	start := len(dst)
	for word := range words {
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = append(dst, word...)
	}
	return dst
}

func isShellBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\n' }

// hasRuns reports whether v has white space inside that a program may print as one
// blank: anything but one blank.
func hasRuns(v []byte) bool {
	v = trim(v)
	for i, c := range v {
		if c == ' ' && v[i+1] == ' ' || c != ' ' && c < utf8.RuneSelf && isIn(whiteSpace, c) {
			return true
		}
	}
	return bytes.IndexFunc(v, func(r rune) bool { return r >= utf8.RuneSelf && unicode.IsSpace(r) }) >= 0
}

// withoutQuotes returns v without the quotes around it; nil if there are none, or if
// the rest cannot be told from ordinary text.
func withoutQuotes(v []byte) []byte {
	v = trim(v)
	if n := len(v); n > 2 && v[0] == v[n-1] && (v[0] == '"' || v[0] == '\'' || v[0] == '`') && Classify(v[1:n-1]) == Searched {
		return v[1 : n-1]
	}
	return nil
}

// secretPiece reports whether one line or JSON string of a longer value is
// secret on its own.
func secretPiece(piece []byte) bool {
	return len(piece) >= minPiece && Classify(piece) == Searched
}

// secretLeaf reports whether a JSON string or number of a longer value is secret on
// its own. Short ones are if they do not look like words, as many strings of a configuration do.
func secretLeaf(piece []byte, number bool) bool {
	return secretPiece(piece) || !number && len(piece) >= minMixed && mixed(piece) && Classify(piece) == Searched
}

// mixed reports whether b has letters, and something that is neither a letter nor
// white space.
func mixed(b []byte) bool {
	letters, others := false, false
	for _, c := range b {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			letters = true
		case c > ' ':
			others = true
		}
	}
	return letters && others
}

// Partly reports whether v has more lines, or strings and numbers in JSON, than are
// searched on their own.
func Partly(v []byte, o Options) bool {
	if len(v) <= maxPieces { // a piece has at least a byte
		return false
	}
	n := bytes.Count(bytes.TrimSuffix(v, []byte{'\n'}), []byte{'\n'}) + 1
	far := len(v) > maxOffset-int(firstLine) && bytes.IndexByte(v[maxOffset-int(firstLine):], '\n') >= 0
	if o.JSONLeaves && n <= maxPieces {
		n = 0
		leaves(v, func(at int, quoted []byte, _ bool) bool {
			n += 1 + bytes.Count(quoted, []byte(`\n`))
			far = far || at >= maxOffset || at+len(quoted) >= 1<<leafBit && bytes.IndexByte(quoted, '\\') >= 0
			return n <= maxPieces && !far
		})
	}
	return far || n > maxPieces
}

// variantsOf lists the variants of v to search. scratch is for the strings of a JSON
// value, if withLeaves is set; it has to have room for one.
func variantsOf(v []byte, withLeaves bool, scratch []byte) []variant {
	list := []variant{stored}
	if len(trim(v)) != len(v) {
		list = append(list, trimmed)
	}
	if bytes.IndexByte(v, '\n') >= 0 {
		list = appendLineEnds(list, v)
		list = appendLines(list, v, scratch)
	} else if hasRuns(v) {
		list = appendWithBlanks(list, v, false, scratch)
	}
	if withoutQuotes(v) != nil {
		list = append(list, unquoted)
	}
	if !utf8.Valid(v) {
		list = appendLossy(list, v)
	}
	if withLeaves {
		n := 0
		leaves(v, func(at int, quoted []byte, number bool) bool {
			if at >= maxOffset {
				return false
			}
			text := appendUnquoted(scratch, quoted)
			if n++; secretLeaf(text, number) {
				list = append(list, firstLeaf+variant(at))
			}
			if !number {
				before := len(list)
				list = appendLeafForms(list, at, quoted, text, maxPieces-n)
				n += len(list) - before
			}
			return n < maxPieces
		})
	}
	return list
}

// appendLineEnds appends the variants with other line ends, for the whole variants in
// list.
func appendLineEnds(list []variant, v []byte) []variant {
	whole := len(list)
	dos := bytes.Count(v, []byte("\r\n"))
	for _, n := range list[:whole] {
		if dos > 0 {
			list = append(list, n+withLF, n+onTerminal)
		}
	}
	for _, n := range list[:whole] {
		if bytes.Count(v, []byte{'\n'}) > dos {
			list = append(list, n+withCRLF)
		}
	}
	return list
}

// appendLines appends the variants that are lines of v, and those with one blank for
// each run of white space.
func appendLines(list []variant, v, scratch []byte) []variant {
	several := bytes.IndexByte(trim(v), '\n') >= 0
	alone := true // each line is found alone, however it is printed
	for n, at := 0, 0; at < min(len(v), maxOffset-int(firstLine)) && n < maxPieces; n++ {
		line, rest, _ := bytes.Cut(v[at:], []byte{'\n'})
		line = trim(line)
		if secretPiece(line) && !isArmour(line) {
			list = append(list, firstLine+variant(at))
			if hasRuns(line) {
				alone = false
				if text := firstBlankLine.appendTo(scratch, line); several && secretPiece(text) && !bytes.Equal(text, line) {
					list = append(list, firstBlankLine+variant(at))
				}
			}
		} else if len(line) > 0 && !isArmour(line) {
			alone = false
		}
		at = len(v) - len(rest)
	}
	if alone {
		return list
	}
	return appendWithBlanks(list, v, several, scratch)
}

// appendWithBlanks appends the variants of v with one blank for each run of white space
// that differ from others. If there are not several lines, the text must not look like
// words: then it would be more common than the value.
func appendWithBlanks(list []variant, v []byte, several bool, scratch []byte) []variant {
	same := trim(v)
	all := blanks.appendTo(scratch, v)
	if !bytes.Equal(all, same) && (several || secretLeaf(all, false)) {
		list = append(list, blanks)
	}
	shell := shellBlanks.appendTo(all[len(all):], v)
	if !bytes.Equal(shell, same) && !bytes.Equal(shell, all) && (several || secretLeaf(shell, false)) {
		list = append(list, shellBlanks)
	}
	return list
}

// appendLossy appends the variants in list of v as decoders read it; of a long value its
// lines and v itself.
func appendLossy(list []variant, v []byte) []variant {
	whole, most := list, invalidutf8.EachByte.Count(v)
	for l := invalidutf8.EachByte; l < invalidutf8.End; l++ {
		if l > invalidutf8.EachByte && l.Count(v) == most {
			continue // the same
		}
		for _, n := range whole {
			if n < 1<<lossBit && (n == stored || n >= firstLine || len(v) <= smallSize) {
				list = append(list, firstLossy+variant(l-1)<<lossBit+n)
			}
		}
	}
	return list
}
