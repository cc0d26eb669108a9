package match

import (
	"bytes"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// readsControls reports whether an occurrence of a pattern in a word of a shell is there
// only because a control character itself, such as a line break, is read as its letter.
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

// maxPlaces is at how many places of a value a word is compared with it.
const maxPlaces = 16

// onlyLetters reports whether a word is not the value v, although d.Text[from:to] is in
// what is compared of v: at a control character of the text, v has the letter itself,
// which is not part of an escape.
func onlyLetters(d *encodings.Decoded, text []byte, from, to int, v []byte) bool {
	of := encodings.WordOf(v)
	defer of.Wipe()
	at := bytes.Index(of.Text, d.Text[from:to])
	if at < 0 {
		return false
	}
	for range maxPlaces {
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
