package encodings

import "bytes"

// variant is a piece of a value that counts as the value, or the value with
// other white space: numbers under firstLine stand for the whole, the others for
// one line or one JSON string of it.
type variant uint32

const (
	stored      variant = iota // as it is
	trimmed                    // without white space around it
	withLF                     // with Unix line ends
	trimmedLF                  // both
	withCRLF                   // with DOS line ends, as a terminal shows them
	trimmedCRLF                // both
	blanks                     // with one blank for each run of white space, as a shell's echo prints it
	unquoted                   // without the quotes around it
	firstLine                  // firstLine+i is line i, trimmed

	firstLeaf = 1 << 20 // firstLeaf+i is string i of a JSON value
)

const (
	minPiece  = 8       // bytes of a line or JSON string; shorter ones are not secret on their own
	maxLines  = 1 << 16 // lines that are searched
	maxLeaves = 1 << 10 // JSON strings that are searched

	whiteSpace  = " \t\r\n\v\f"
	armourBegin = "-----BEGIN "
	armourEnd   = "-----END "
)

// rawOnly reports whether the variant is searched only as it is.
func (n variant) rawOnly() bool { return n == blanks || n >= firstLine && n < firstLeaf }

// copied reports whether appendTo makes new bytes, instead of a slice of the
// value.
func (n variant) copied() bool { return n > trimmed && n < unquoted || n >= firstLeaf }

// appendTo returns the variant of v: a slice of v where that is possible,
// otherwise of what it appended to dst.
func (n variant) appendTo(dst, v []byte) []byte {
	switch n {
	case stored:
		return v
	case trimmed:
		return bytes.Trim(v, whiteSpace)
	case withLF:
		return appendLF(dst, v)
	case trimmedLF:
		return appendLF(dst, bytes.Trim(v, whiteSpace))
	case withCRLF:
		return appendCRLF(dst, v)
	case trimmedCRLF:
		return appendCRLF(dst, bytes.Trim(v, whiteSpace))
	case blanks:
		return appendBlanks(dst, v)
	case unquoted:
		return withoutQuotes(v)
	}
	if n >= firstLeaf {
		leaves(v, func(i variant, quoted []byte) {
			if i == n {
				dst = appendUnquoted(dst, quoted)
			}
		})
		return dst
	}
	for i := firstLine; len(v) > 0; i++ {
		line, rest, _ := bytes.Cut(v, []byte{'\n'})
		if i == n {
			return bytes.Trim(line, whiteSpace)
		}
		v = rest
	}
	return nil
}

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

func appendBlanks(dst, v []byte) []byte {
	for i, word := range bytes.Fields(v) {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, word...)
	}
	return dst
}

// withoutQuotes returns v without the quotes around it; nil if there are none, or if
// the rest cannot be told from ordinary text.
func withoutQuotes(v []byte) []byte {
	v = bytes.Trim(v, whiteSpace)
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

func isArmour(line []byte) bool {
	return bytes.HasPrefix(line, []byte(armourBegin)) || bytes.HasPrefix(line, []byte(armourEnd))
}

// variantsOf lists the variants of v to search. scratch is for the strings of a JSON
// value, if withLeaves is set; it has to have room for one.
func variantsOf(v []byte, withLeaves bool, scratch []byte) []variant {
	list := []variant{stored}
	if len(bytes.Trim(v, whiteSpace)) != len(v) {
		list = append(list, trimmed)
	}
	if bytes.IndexByte(v, '\n') >= 0 {
		list = append(list, withLF, trimmedLF, withCRLF, trimmedCRLF)
		list = appendLines(list, v)
	}
	if withoutQuotes(v) != nil {
		list = append(list, unquoted)
	}
	if withLeaves {
		leaves(v, func(n variant, quoted []byte) {
			if secretPiece(appendUnquoted(scratch, quoted)) {
				list = append(list, n)
			}
		})
	}
	return list
}

func appendLines(list []variant, v []byte) []variant {
	short := false
	for n := firstLine; len(v) > 0 && n < maxLines; n++ {
		line, rest, _ := bytes.Cut(v, []byte{'\n'})
		if line = bytes.Trim(line, whiteSpace); secretPiece(line) && !isArmour(line) {
			list = append(list, n)
		} else if len(line) > 0 && !isArmour(line) {
			short = true
		}
		v = rest
	}
	if short { // lines that are not found alone
		list = append(list, blanks)
	}
	return list
}
