package encodings

import (
	"bytes"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact/internal/invalidutf8"
)

// How many texts are searched for a value, and what each takes: see [Cost].
const (
	textCost  = 256 // bytes that are kept of a text, whatever its length
	plainRate = 12  // texts of letters and digits
	utf8Rate  = 50  // texts of other UTF-8
	lossyRate = 250 // texts of what is not UTF-8
)

// Cost estimates the bytes of memory that a search for v takes. It does not count the texts
// themselves, which are in memory only while the search is prepared.
func Cost(v []byte, o Options) int {
	texts, each := utf8Rate, 1
	switch {
	case o.RawOnly:
		texts = 2
	case isPlain(v):
		texts = plainRate
	case !utf8.Valid(v):
		texts, each = lossyRate, int(invalidutf8.End)
	}
	pieces := min(bytes.Count(v, []byte{'\n'}), len(v)/minPiece, maxPieces)
	texts += pieces * each
	if trimmed := bytes.TrimLeft(v, jsonSpace); o.JSONLeaves && len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
		leaves := min(bytes.Count(v, []byte{','})+bytes.Count(v, []byte{':'})+1, maxPieces)
		texts += leaves
		if !o.RawOnly {
			texts += min(leaves, encodedLeaves) * utf8Rate / 2
		}
	}
	return texts*textCost + 4*len(v)
}
