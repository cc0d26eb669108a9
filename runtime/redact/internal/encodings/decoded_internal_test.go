package encodings

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// What a Decoded has decoded stays in its own memory, and is gone after Wipe.
func TestDecodedIsWiped(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		`\x41`, `\u0041`, `\ud83d\ude00`, `\U0001f600`, `\u{e9}`, `\xc3\xa4`, `\xe4`, `\udce4`, `\\`, `\"`, `\'`, `\n`, `\0`, `\101`, `\`, `%41`, `%`, `%u0041`, `%E4`,
		"&lt;", "&Ll;", "&nbsp;", "&#1;", "&#x1F600;", "&NotEqualTilde;", "&amp;amp;", `''`, `'\''`, `'"'"'`, `$'`, `"`, "^", "^&", "`n", "``", "=41", "=\r\n", "=", "\r\n", "\n",
		"ä", "\xe4", "😀", "a", "some text", "0123456789012345678901234567890123456789", "abc+/abc+/abc+/abc+/abc+/abc+/abc+/abc+/",
	}
	var d, latin1 Decoded
	for range 20000 {
		var text []byte
		for range rnd.IntN(12) {
			text = append(text, pieces[rnd.IntN(len(pieces))]...)
		}
		from, whole := rnd.IntN(len(text)+1), rnd.IntN(2) == 0
		check := func(d *Decoded) {
			t.Helper()
			mem := d.mem.Room(0)
			mem = mem[:cap(mem)]
			if len(d.Text) > 0 && &d.Text[0] != &mem[0] {
				t.Fatalf("%q was decoded to %q in other memory", text[from:], d.Text)
			}
			if d.Wipe(); len(bytes.Trim(mem, "\x00")) > 0 {
				t.Fatalf("%q left %q", text[from:], mem)
			}
		}
		d.SetEscapes(text, from, len(text), everything, whole)
		latin1.SetLatin1(text, &d)
		check(&latin1)
		check(&d)
		d.SetQuotes(text, from, len(text), everything, whole)
		check(&d)
		d.SetWords(text, from, len(text), everything, whole)
		check(&d)
		d.SetQuotedPrintable(text, from, len(text), everything, whole)
		check(&d)
		reads := func(i int) (int, bool) { return i, false }
		if w, ok := WrappedBase64(text, 0, 0, 1000, whole, reads); ok {
			d.SetWrapped(text, w, whole)
			check(&d)
		}
	}
}

// What a View shows is gone after Wipe, and the View still maps positions.
func TestViewIsWiped(t *testing.T) {
	t.Parallel()
	var v View
	v.Set([]byte("a long line of text\x1b[31m, coloured\x1b[0m"), Ground)
	v.Set([]byte("a\x1b[31mvalue\x1b[0m."), Ground)
	mem := v.mem.Room(0)
	v.Wipe()
	if mem = mem[:cap(mem)]; len(bytes.Trim(mem, "\x00")) > 0 {
		t.Errorf("left %q", mem)
	}
	if v.At(1) != 6 || v.At(6) != 15 {
		t.Errorf("the second byte is at %d, the last one at %d", v.At(1), v.At(6))
	}
}
