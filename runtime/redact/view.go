package redact

import (
	"bytes"
	"sort"
)

const esc = 0x1b

// escState is where in a terminal sequence a text stops.
type escState uint8

const (
	ground  escState = iota // in no sequence
	escaped                 // after ESC
	control                 // in ESC [ ...
	charset                 // in ESC ( ...
	str                     // in ESC ] ..., up to BEL or ESC \
	strEsc                  // after ESC in there
)

// step returns the state after c. If text is true, c belongs to no sequence.
func (e escState) step(c byte) (next escState, text bool) {
	switch {
	case e == str && (c >= ' ' || c == '\t'):
		return str, false
	case e == str && c == esc:
		return strEsc, false
	case c == esc:
		return escaped, false
	case e == escaped && c == '[':
		return control, false
	case e == escaped && (c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X'):
		return str, false
	case (e == escaped || e == charset) && c >= ' ' && c < '0':
		return charset, false
	case (e == escaped || e == charset || e == strEsc) && c >= '0' && c < 0x7f:
		return ground, false
	case e == control && c >= ' ' && c < '@':
		return control, false
	case e == control && c >= '@' && c < 0x7f, e == str && c == 7:
		return ground, false
	}
	return ground, true
}

// after returns the state after text.
func (e escState) after(text []byte) escState {
	for i := 0; i < len(text); i++ {
		if e == ground {
			n := bytes.IndexByte(text[i:], esc)
			if n < 0 {
				return ground
			}
			i += n
		}
		e, _ = e.step(text[i])
	}
	return e
}

// view is a text without its terminal sequences: what a reader sees.
type view struct {
	text []byte
	segs []segment
	end  escState // after the raw text
}

// segment says that text[view:] stands at raw in the text with sequences, as
// far as the next segment.
type segment struct{ view, raw int }

// set makes v the view of a text that begins in the given state.
func (v *view) set(raw []byte, e escState) {
	v.text, v.segs = v.text[:0], v.segs[:0]
	for i := 0; i < len(raw); {
		if e != ground || raw[i] == esc {
			var text bool
			if e, text = e.step(raw[i]); !text {
				i++
				continue
			}
		}
		n := bytes.IndexByte(raw[i:], esc)
		if n < 0 {
			n = len(raw) - i
		}
		v.segs = append(v.segs, segment{len(v.text), i})
		v.text = append(v.text, raw[i:i+n]...)
		i += n
	}
	v.end = e
}

// stateAt is the state at raw[at:], if that is the end or the beginning of
// something to see.
func (v *view) stateAt(at, size int) (e escState, ok bool) {
	k := sort.Search(len(v.segs), func(k int) bool { return v.segs[k].raw > at }) - 1
	switch {
	case at == size:
		return v.end, true
	case k < 0:
		return ground, false
	}
	end := len(v.text)
	if k+1 < len(v.segs) {
		end = v.segs[k+1].view
	}
	return ground, at-v.segs[k].raw < end-v.segs[k].view
}

// at is where byte i of the view stands in the raw text.
func (v *view) at(i int) int {
	k := sort.Search(len(v.segs), func(k int) bool { return v.segs[k].view > i }) - 1
	return v.segs[k].raw + i - v.segs[k].view
}

// sequences calls f with the bounds of each run of sequences that lies wholly
// within raw[start:end].
func (v *view) sequences(start, end int, f func(from, to int)) {
	k := sort.Search(len(v.segs), func(k int) bool { return v.segs[k].raw > start })
	for ; k > 0 && k < len(v.segs) && v.segs[k].raw < end; k++ {
		from := v.segs[k-1].raw + v.segs[k].view - v.segs[k-1].view
		if from >= start && from < v.segs[k].raw {
			f(from, v.segs[k].raw)
		}
	}
}

// from is the part of the view that stands at raw[at:].
func (v *view) from(at int) []byte {
	k := sort.Search(len(v.segs), func(k int) bool { return v.segs[k].raw > at }) - 1
	if k < 0 {
		return v.text
	}
	i := v.segs[k].view + at - v.segs[k].raw
	if k+1 < len(v.segs) {
		i = min(i, v.segs[k+1].view)
	}
	return v.text[min(i, len(v.text)):]
}

// shown is where raw text stops when n bytes of the view are shown, with the
// sequences that follow them. The raw text has size bytes.
func (v *view) shown(n, size int) int {
	if n >= len(v.text) {
		return size
	}
	return v.at(n)
}

// hidden calls f for each byte of the raw text, of the given size, that is in a
// sequence.
func (v *view) hidden(size int, f func(at int)) {
	from := 0
	for k, seg := range v.segs {
		for ; from < seg.raw; from++ {
			f(from)
		}
		end := len(v.text)
		if k+1 < len(v.segs) {
			end = v.segs[k+1].view
		}
		from += end - seg.view
	}
	for ; from < size; from++ {
		f(from)
	}
}
