package encodings

import "bytes"

// headMargin is how many bytes more than asked for are made of a spelling, because the last
// ones may differ from those of the whole: escapes and characters may be cut there.
const headMargin = 64

// SpellHead returns the first n bytes of what Spell returns, or all of it if that is shorter,
// as far as possible without making the rest. It is valid until the next call.
func (sp *Speller) SpellHead(v []byte, s Spelling, n int) []byte {
	if s.looksAhead() {
		return firstOf(sp.Spell(v, s), n)
	}
	for k := n + headMargin; ; k *= 8 {
		part, whole := sp.headOf(v, s.variant(), k)
		text, _ := s.encoding().append(roomFor(&sp.text, len(part)), part)
		if text = withoutBreaks(text, s); whole || len(text) >= n+headMargin/2 {
			return firstOf(text, n)
		}
	}
}

func firstOf(b []byte, n int) []byte { return b[:min(n, len(b))] }

// looksAhead reports whether the first bytes of a spelling may depend on the last ones of
// the value.
func (s Spelling) looksAhead() bool { return s.encoding().name == "decoded" || s.Words() }

// headOf returns about the first k bytes of what variantOf returns, of which the last few may
// be others; or all if whole is true.
func (sp *Speller) headOf(v []byte, n variant, k int) (part []byte, whole bool) {
	base, l := n.parts()
	switch {
	case k >= len(v), base == unquoted, l != 0 && base >= firstLine:
		return sp.variantOf(v, n), true
	case base >= firstLeaf:
		return sp.headOfLeaf(v, base, k)
	case base >= firstLine:
		at := int(base - firstLine)
		if base >= firstBlankLine {
			at = int(base - firstBlankLine)
		}
		head := v[:min(len(v), at+k)]
		return sp.variantOf(head, base), len(head) == len(v) || bytes.IndexByte(head[at:], '\n') >= 0
	}
	return sp.variantOf(v[:k], n), false
}

// headOfLeaf is headOf for a string or number of a JSON value.
func (sp *Speller) headOfLeaf(v []byte, n variant, k int) (part []byte, whole bool) {
	form, at := stored, int(n-firstLeaf)
	switch {
	case n >= firstLeafForm:
		form, at = n.leafForm()
	case n >= firstLeafLine:
		return sp.variantOf(v, n), true
	}
	if at == 0 || v[at-1] != '"' { // a number
		return sp.variantOf(v, n), true
	}
	text, whole := appendUnquotedHead(roomFor(&sp.variant, 2*k), v[at:], k)
	if form != stored {
		text = form.ofString(text)
	}
	return text, whole
}
