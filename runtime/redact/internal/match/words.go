package match

import (
	"bytes"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// readsControls reports whether a word of a shell matches a pattern only because a control
// character of the text, such as a line break, was read as the letter of its escape, n.
func (sc *Scan) readsControls(p *pattern, v Value, start, end int) (only bool) {
	text, d := sc.decoder.text, &sc.decoder.parts[words]
	for start := start; !d.Unescaped(text, start); {
		if start++; start == end {
			return false
		}
	}
	if !p.spelling.Words() && !p.spelling.Unencoded() {
		return true
	}
	_ = v.Expose(func(b []byte) error {
		only = onlyLetters(&d.Decoded, text, start, end, b)
		return nil
	})
	return only
}

// maxPositions bounds at how many positions of a value a word is compared.
const maxPositions = 16

// onlyLetters reports whether d.Text[from:to], the word as it is compared, occurs in v only
// where v has a letter and the text a control character: "t", a line break and "1" in the
// text are compared as "tn1", as is the value "tn1", which is another one. In the value
// `t\n1` the letter is that of an escape, and the word may be the value.
func onlyLetters(d *encodings.Decoded, text []byte, from, to int, v []byte) bool {
	of := encodings.WordOf(v)
	defer of.Wipe()
	at := bytes.Index(of.Text, d.Text[from:to])
	if at < 0 {
		return false
	}
	for range maxPositions {
		differs := false
		for i := from; i < to && !differs; i++ {
			k := of.At(at+i-from, len(v))
			differs = d.Unescaped(text, i) && v[k] == d.Text[i] && (k == 0 || v[k-1] != '\\')
		}
		if !differs {
			return false
		}
		next := bytes.Index(of.Text[at+1:], d.Text[from:to])
		if next < 0 {
			return true
		}
		at += 1 + next
	}
	return false
}
