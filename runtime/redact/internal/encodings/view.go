package encodings

import (
	"bytes"
	"sort"

	"github.com/postern-project/postern/runtime/internal/wipe"
)

// ESC begins a terminal control sequence.
const ESC = 0x1b

// State is where a text stops in a terminal control sequence.
type State uint8

// The states. A sequence is as ECMA-48 defines it, a control string ends with
// BEL or ESC \.
const (
	Ground  State = iota // outside of sequences
	escaped              // after ESC
	control              // in ESC [ ...
	charset              // in ESC ( ...
	str                  // in a control string, ESC ] ...
	strEsc               // after ESC in a control string
)

// step returns the state after c. If text is true, c is outside of sequences.
func (e State) step(c byte) (next State, text bool) {
	switch {
	case e == str && (c >= ' ' || c == '\t'):
		return str, false
	case e == str && c == ESC:
		return strEsc, false
	case c == ESC:
		return escaped, false
	case e == escaped && c == '[':
		return control, false
	case e == escaped && (c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X'):
		return str, false
	case (e == escaped || e == charset) && c >= ' ' && c < '0':
		return charset, false
	case (e == escaped || e == charset || e == strEsc) && c >= '0' && c < 0x7f:
		return Ground, false
	case e == control && c >= ' ' && c < '@':
		return control, false
	case e == control && c >= '@' && c < 0x7f, e == str && c == 7:
		return Ground, false
	}
	return Ground, true
}

// After returns the state after text that began in state e.
func (e State) After(text []byte) State {
	for i := 0; i < len(text); i++ {
		if e == Ground {
			n := bytes.IndexByte(text[i:], ESC)
			if n < 0 {
				return Ground
			}
			i += n
		}
		e, _ = e.step(text[i])
	}
	return e
}

// View is raw text without its terminal control sequences: what a reader sees.
// It maps positions in one to positions in the other. The zero View is ready for
// [View.Set].
type View struct {
	Text    []byte // the view's own memory
	Strings bool   // there are control strings in the raw text

	mem  wipe.Buffer[byte] // of Text
	segs []segment
	end  State // after the raw text
}

// segment says that Text[view:] stands at raw in the raw text, up to the next
// segment.
type segment struct{ view, raw int }

// Set makes v the view of raw, which begins in state e. It keeps no part of raw.
func (v *View) Set(raw []byte, e State) {
	v.Text, v.segs = v.mem.Room(len(raw)), v.segs[:0]
	v.Strings = e == str || e == strEsc
	for i := 0; i < len(raw); {
		if e != Ground || raw[i] == ESC {
			if n := controlLen(raw[i:]); e == Ground && n > 0 {
				i += n
				continue
			}
			var text bool
			if e, text = e.step(raw[i]); !text {
				v.Strings = v.Strings || e == str
				i++
				continue
			}
		}
		n := bytes.IndexByte(raw[i:], ESC)
		if n < 0 {
			n = len(raw) - i
		}
		v.segs = append(v.segs, segment{len(v.Text), i})
		v.Text = append(v.Text, raw[i:i+n]...)
		i += n
	}
	v.end = e
}

// Wipe clears Text, but not its length: v still maps positions.
func (v *View) Wipe() { v.mem.Wipe() }

// controlLen returns the length of the sequence ESC [ ... that raw begins with; 0 if it
// begins with something else, or the sequence does not end.
func controlLen(raw []byte) int {
	if len(raw) < 3 || raw[1] != '[' {
		return 0
	}
	for i, c := range raw[2:] {
		if c >= '@' && c < 0x7f {
			return i + 3
		}
		if c < ' ' || c >= '@' {
			return 0
		}
	}
	return 0
}

// segmentAt is the index of the segment that raw[at:] lies in or after, -1 if
// that is before the first one.
func (v *View) segmentAt(at int) int {
	return sort.Search(len(v.segs), func(k int) bool { return v.segs[k].raw > at }) - 1
}

// segmentEnd is where segment k ends in Text.
func (v *View) segmentEnd(k int) int {
	if k+1 < len(v.segs) {
		return v.segs[k+1].view
	}
	return len(v.Text)
}

// StateAt returns the state at raw[at:]. It is known, and ok true, at the end of
// the raw text, which has size bytes, and at bytes that are outside of
// sequences.
func (v *View) StateAt(at, size int) (e State, ok bool) {
	if at == size {
		return v.end, true
	}
	k := v.segmentAt(at)
	return Ground, k >= 0 && at-v.segs[k].raw < v.segmentEnd(k)-v.segs[k].view
}

// At returns where Text[i] stands in the raw text.
func (v *View) At(i int) int {
	k := sort.Search(len(v.segs), func(k int) bool { return v.segs[k].view > i }) - 1
	return v.segs[k].raw + i - v.segs[k].view
}

// Sequences calls f with the bounds of each run of sequences that lies wholly
// within raw[start:end].
func (v *View) Sequences(start, end int, f func(from, to int)) {
	for k := v.segmentAt(start) + 1; k > 0 && k < len(v.segs) && v.segs[k].raw < end; k++ {
		from := v.segs[k-1].raw + v.segs[k].view - v.segs[k-1].view
		if from >= start && from < v.segs[k].raw {
			f(from, v.segs[k].raw)
		}
	}
}

// From returns the part of Text that stands at raw[at:].
func (v *View) From(at int) []byte {
	k := v.segmentAt(at)
	if k < 0 {
		return v.Text
	}
	return v.Text[min(v.segs[k].view+at-v.segs[k].raw, v.segmentEnd(k)):]
}

// Before returns the part of Text that stands in raw[:at].
func (v *View) Before(at int) []byte { return v.Text[:len(v.Text)-len(v.From(at))] }

// Shown returns where the raw text, which has size bytes, stops when Text[:n]
// and the sequences after it are shown.
func (v *View) Shown(n, size int) int {
	if n >= len(v.Text) {
		return size
	}
	return v.At(n)
}

// Hidden calls f for each byte of a sequence in the raw text, which has size
// bytes.
func (v *View) Hidden(size int, f func(at int)) {
	from := 0
	for k, seg := range v.segs {
		for ; from < seg.raw; from++ {
			f(from)
		}
		from += v.segmentEnd(k) - seg.view
	}
	for ; from < size; from++ {
		f(from)
	}
}
