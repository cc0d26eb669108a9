package encodings

import (
	"bytes"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact/internal/invalidutf8"
)

// How many bytes are kept of what is searched for a value: see [Cost].
const (
	textCost  = 256 // of a text, whatever its length
	valueCost = 4   // of each byte of the value
)

// exactSize is the size in bytes up to which the texts of a value are counted.
const exactSize = 64 << 10

// Cost returns about how many bytes of memory a search for v takes, or more. It does not count
// the texts themselves, which are in memory only while the search is prepared.
func Cost(v []byte, o Options) int {
	texts := 0
	if len(v) <= exactSize {
		var sp Speller
		defer sp.Wipe()
		sp.eachVariant(v, o, func(_ variant, part []byte, last int) {
			plain := isPlain(part)
			for i := range last {
				if searchedIn(i, plain, len(part)) {
					texts++
				}
			}
		})
	} else {
		texts = mostTexts(v, o)
	}
	return texts*textCost + valueCost*len(v)
}

// mostTexts returns at least as many as there are texts of a long value, without looking at
// its pieces: of a line as it is and with other blanks, and of a string of JSON in its forms.
func mostTexts(v []byte, o Options) int {
	losses := 1
	if !utf8.Valid(v) {
		losses = int(invalidutf8.End)
	}
	texts := int(firstLine) * len(encodings) * losses
	texts += 2 * losses * min(bytes.Count(v, []byte{'\n'})+1, len(v)/minPiece, maxPieces)
	if trimmed := bytes.TrimLeft(bytes.TrimPrefix(v, []byte(byteOrderMark)), jsonSpace); o.JSONLeaves && len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
		strings := bytes.Count(v, []byte{','}) + bytes.Count(v, []byte{':'}) + 1
		// Only those with line breaks, or with white space that a program prints otherwise, have forms.
		odd := bytes.Count(v, []byte(`\`)) + bytes.Count(v, []byte("  ")) + bytes.Count(v, []byte(`" `)) + bytes.Count(v, []byte(` "`))
		for _, c := range v {
			if c >= utf8.RuneSelf { // which may be of such white space
				odd++
			}
		}
		odd = min(odd, strings)
		texts += min(strings+odd*int(onTerminal+1)+bytes.Count(v, []byte(`\`)), maxPieces) + min(strings, encodedLeaves)*len(encodings)
	}
	return texts
}
