package encodings

import (
	"math/bits"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/wipe"
)

// Spelling identifies one way to write a value: a variant of it in an encoding.
// The same Spelling of the same bytes is always the same text.
type Spelling uint32

const encodingBits = 6 // of a Spelling, for the index into encodings

func (s Spelling) variant() variant    { return variant(s >> encodingBits) }
func (s Spelling) encoding() *encoding { return &encodings[s&(1<<encodingBits-1)] }

// Options choose the spellings of a value.
type Options struct {
	RawOnly    bool // no encodings
	JSONLeaves bool // also the strings and numbers in a JSON object or array
}

// Text is a value in one spelling. It may have several lengths, such as base64
// with and without padding.
type Text struct {
	Spelling Spelling
	Bytes    []byte // the longest
	Size     int    // of the shortest
	Tails    uint8  // bit i is set if Bytes[:Size+i] is a complete spelling; bit 0 always is
}

// Speller writes values in other spellings. The zero Speller is ready for use, by
// one goroutine at a time. It holds plaintext until [Speller.Wipe].
type Speller struct {
	Stop func() bool // ends Each early; nil never does

	lossy   wipe.Buffer[byte]
	variant wipe.Buffer[byte]
	text    wipe.Buffer[byte]
}

// Each calls f with v in every spelling that is worth a search; the same text
// may come several times. Texts that ordinary text would match are left out; but
// a forced value itself is searched at any length. The text is valid until f
// returns.
func (sp *Speller) Each(v []byte, o Options, forced bool, f func(Text)) {
	sp.eachVariant(v, o, func(variant variant, part []byte, last int) {
		plain := isPlain(part)
		for i := range last {
			if sp.Stop != nil && sp.Stop() {
				return
			}
			if !searchedIn(i, plain, len(part)) {
				continue
			}
			least := encodings[i].least
			if i == 0 && !forced {
				least = MinValue
			}
			s := Spelling(variant)<<encodingBits | Spelling(i)
			if t := sp.encode(part, s, least); t.Tails != 0 {
				f(t)
			}
		}
	})
}

// eachVariant calls f with the variants of v that are searched: in the first last of the
// encodings. part is valid until f returns.
func (sp *Speller) eachVariant(v []byte, o Options, f func(n variant, part []byte, last int)) {
	text, leaves := utf8.Valid(v), 0
	for _, n := range variantsOf(v, o.JSONLeaves, roomFor(&sp.variant, len(v))) {
		if sp.Stop != nil && sp.Stop() {
			return
		}
		part := sp.variantOf(v, n)
		encoded := !o.RawOnly && n.encoded(len(v), text)
		if encoded && n >= firstLeaf && n < firstLossy {
			leaves++
			encoded = leaves <= encodedLeaves
		}
		last := 1
		if encoded {
			last = len(encodings)
		}
		f(n, part, last)
	}
}

// searchedIn reports whether a variant of size bytes is searched in encoding i, if it is
// in any.
func searchedIn(i int, plain bool, size int) bool {
	return (!plain || encodings[i].plain) && (size <= largeSize || encodings[i].large)
}

// Spell returns v in the given spelling, at its longest; the text means nothing if
// Each would not call its function with the spelling. It is valid until the next
// call.
func (sp *Speller) Spell(v []byte, s Spelling) []byte {
	part := sp.variantOf(v, s.variant())
	text, _ := s.encoding().append(roomFor(&sp.text, len(part)), part)
	return withoutBreaks(text, s)
}

// variantOf returns a variant of v, which may be a slice of v.
func (sp *Speller) variantOf(v []byte, n variant) []byte {
	n, l := n.parts()
	if l != 0 {
		if n >= firstLine {
			v, n = n.appendTo(nil, v), stored
		}
		v = l.Append(roomFor(&sp.lossy, len(v)), v)
	}
	if !n.copied() {
		return n.appendTo(nil, v)
	}
	return n.appendTo(roomFor(&sp.variant, 2*n.size(v)), v)
}

// encode encodes part. The result has no tails if there is no text of least
// bytes or more.
func (sp *Speller) encode(part []byte, s Spelling, least int) Text {
	text, tails := s.encoding().append(roomFor(&sp.text, len(part)), part)
	if text = withoutBreaks(text, s); len(text) == 0 {
		tails = 0
	}
	size := len(text) - bits.Len8(tails) + 1
	for tails != 0 && (size < least || tails&1 == 0) {
		size++
		tails >>= 1
	}
	return Text{s, text, size, tails}
}

const lineBreaks = "\r\n"

// withoutBreaks returns text without the line breaks around it: they end a line of
// the output, and not only the value.
func withoutBreaks(text []byte, s Spelling) []byte {
	if s.Wide() != Narrow {
		return text
	}
	for len(text) > 0 && isIn(lineBreaks, text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	for len(text) > 0 && isIn(lineBreaks, text[0]) {
		text = text[1:]
	}
	return text
}

// Wipe clears the plaintext in the memory of the Speller.
func (sp *Speller) Wipe() {
	sp.lossy.Wipe()
	sp.variant.Wipe()
	sp.text.Wipe()
}

// roomFor returns an empty slice of a buffer with room for n bytes in any encoding.
func roomFor(buf *wipe.Buffer[byte], n int) []byte { return buf.Room(maxGrowth*n + 8) }
