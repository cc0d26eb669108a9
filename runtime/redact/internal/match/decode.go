package match

import "github.com/postern-project/postern/runtime/redact/internal/encodings"

// decoding is a part of a text, decoded in one way.
type decoding struct {
	encodings.Decoded
	tail bool // the part ends where the text does
}

// The ways to decode a text.
const (
	escapes = iota
	quotedPrintable
	quotes // escapes, with another meaning of those before quotes
	words  // escapes, in words of a shell
	latin1 // escapes, with characters for bytes
	wrappedBase64
	decodings
)

// decoder is the memory of a search in decoded text.
type decoder struct {
	parts [decodings]decoding
	text  []byte // what is searched: the text, or the view of it
	whole bool   // the text does not continue
	from  int    // the first match in decoded text
}

// decode finds values in the text without its escapes and line breaks: spellings
// that nobody listed, or that mix several. Only what is near escapes is decoded: a
// value without an escape in it is found in the text itself. It returns where the
// longest suffix begins that can become a value.
func (st *Set) decode(sc *Scan, text []byte, before int, whole bool) (hold int) {
	dc := &sc.decoder
	dc.text, dc.whole, dc.from = text, whole, len(sc.Matches)
	hold = len(text)
	if st.alphabet == nil {
		return hold
	}
	for i := range dc.parts {
		dc.parts[i].tail = false
	}
	sc.spelled.Set(text, whole)
	for i, next := range []func(i int) int{
		escapes: func(i int) int {
			if sc.thorough {
				return i
			}
			return dc.parts[escapes].Escape(text, i, st.alphabet, whole)
		},
		quotedPrintable: func(i int) int { return encodings.QuotedPrintable(text, i, st.alphabet) },
	} {
		if st.plain {
			break
		}
		for at := next(0); at < len(text); {
			from := max(0, at-st.longest)
			to := at
			for at < len(text) && at-to <= 2*st.longest {
				to = at + 1
				at = next(at + 1)
			}
			to = min(len(text), to+st.longest)
			d := &dc.parts[i]
			ends := whole || to < len(text)
			if i == quotedPrintable {
				d.SetQuotedPrintable(text, from, to, st.alphabet, ends)
			} else {
				d.SetEscapes(text, from, to, st.alphabet, ends)
				if q := &dc.parts[quotes]; q.SetQuotes(text, from, to, st.alphabet, ends) {
					hold = min(hold, st.findDecoded(sc, q, to))
				}
				hold = min(hold, st.findWords(sc, from, to), st.findSpelled(sc, from, to))
				if l := &dc.parts[latin1]; l.SetLatin1(text, &d.Decoded) {
					hold = min(hold, st.findDecoded(sc, l, to))
				}
			}
			hold = min(hold, st.findDecoded(sc, d, to))
		}
	}
	if !st.plain && !whole && !dc.parts[words].tail && encodings.EndsInQuotes(text) {
		hold = min(hold, st.findWords(sc, max(0, len(text)-st.longest), len(text)))
	}
	sc.preferSure()
	if !st.plain && !whole {
		hold = min(hold, sc.unsure())
	}
	for i := 0; ; {
		w, ok := encodings.WrappedBase64(text, i, before, st.longest, whole, sc.spelled.Blank)
		if !ok {
			break
		}
		d := &dc.parts[wrappedBase64]
		to := d.SetWrapped(text, w, whole)
		sc.joined = true
		hold = min(hold, st.findDecoded(sc, d, to))
		sc.joined = false
		if d.tail {
			break // the last line alone says less of what follows
		}
		i = max(to, w.Break+1)
	}
	return dc.align(hold)
}

// unsure returns where the first match begins that was only found because an escape may begin
// at the end of the text; its length if there is none.
func (sc *Scan) unsure() (hold int) {
	hold = len(sc.decoder.text)
	at := sc.decoder.parts[escapes].Unsure()
	for _, m := range sc.Matches[sc.decoder.from:] {
		if m.Reach > at {
			hold = min(hold, m.Start)
		}
	}
	return hold
}

// findWords is findDecoded for words of a shell in text[from:to].
func (st *Set) findWords(sc *Scan, from, to int) (hold int) {
	dc := &sc.decoder
	d := &dc.parts[words]
	joined, ok := d.SetWords(dc.text, from, to, st.alphabet, dc.whole || to < len(dc.text))
	if !ok {
		return len(dc.text)
	}
	sc.words = true
	found := len(sc.Matches)
	hold = st.findDecoded(sc, d, to)
	if sc.words = false; !joined {
		sc.Matches = sc.Matches[:found] // the words are quoted as one, and found as they are
	}
	return hold
}

// beforeBreaks returns end without the line breaks before it in d, which end the line that a
// value is in and are never a part of what is searched. What d leaves out before them, such
// as the quote that ends a word, stays too.
func (dc *decoder) beforeBreaks(d *decoding, start, end int) int {
	for end > start+1 {
		at, next, _ := d.Raw(end-1, end)
		if next != at+1 || dc.text[at] != '\n' && dc.text[at] != '\r' {
			break
		}
		end--
	}
	return end
}

// align returns the start of the escape that contains pos, or pos if none does.
func (dc *decoder) align(pos int) int {
	for was := -1; was != pos; {
		was = pos
		for i := range dc.parts {
			if d := &dc.parts[i]; d.tail {
				pos = d.Align(pos)
			}
		}
	}
	return pos
}

// findDecoded finds values in a decoded part of the text, which ends at to, and
// returns where the longest suffix begins that can become a value.
func (st *Set) findDecoded(sc *Scan, d *decoding, to int) (hold int) {
	dc := &sc.decoder
	d.tail = to == len(dc.text)
	first := len(sc.Matches)
	for _, mt := range st.matchers {
		mt.find(sc, d.Text)
	}
	kept := sc.Matches[:first]
	for _, m := range sc.Matches[first:] {
		start, _, escaped := d.Raw(m.Start, m.end)
		if !escaped || m.end > d.Open {
			continue
		}
		end, reach := m.end, m.Reach
		if m.wide == encodings.Narrow {
			end, reach = dc.beforeBreaks(d, m.Start, end), dc.beforeBreaks(d, m.Start, reach)
		}
		_, end, _ = d.Raw(m.Start, end)
		_, reach, _ = d.Raw(m.Start, reach)
		if reach > d.At(d.Open, to) {
			reach = end
		}
		m.Start, m.end, m.Reach = start, end, reach
		kept = append(kept, m)
	}
	sc.Matches = kept
	if !d.tail || dc.whole {
		return len(dc.text)
	}
	at := d.Open
	for _, mt := range st.matchers {
		at = min(at, mt.heldFrom(sc, d.Text[:d.Open]))
	}
	return d.At(at, to)
}

// seen maps the matches in decoded text, and hold, from the view of the text to the
// text.
func (sc *Scan) seen(hold, size int) int {
	for i := sc.decoder.from; i < len(sc.Matches); i++ {
		m := &sc.Matches[i]
		m.Start, m.end, m.Reach = sc.view.At(m.Start), sc.view.At(m.end-1)+1, sc.view.At(m.Reach-1)+1
	}
	return sc.view.Shown(hold, size)
}
