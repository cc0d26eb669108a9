package match

import (
	"bytes"
	"encoding/binary"
)

// ends knows which patterns begin with an end of a text. The ends are asked for from the
// longest one on. A pattern that is compared with many of them, as one that repeats
// itself, is not made again for each: from some number on it is compared with all ends
// at once, and only the results are kept. So the cost grows with the sum of the lengths
// of the text and the patterns, not with their product.
type ends struct {
	text  []byte
	known map[endsOf]comparison
	bits  []byte   // the results: two for each end, from the first one asked for
	z     []uint32 // memory of compareAll
}

// endsOf is a pattern whose comparison is known.
type endsOf struct {
	matcher *matcher
	id      uint32
}

// comparison is what is known of a pattern and the ends of the text.
type comparison struct {
	made int // bytes that were made of the pattern to compare it
	from int // the first end that was compared, if bits are there
	bits int // where they are in ends.bits, plus one
}

// order is where a pattern is, in the order of bytes, relative to the end of a text.
type order uint8

const (
	before order = iota + 1
	begins       // with the end of the text
	behind
)

// Beyond maxBits bytes the results are forgotten. Larger memory than keptEnds bytes is
// not kept for the next text.
const (
	maxBits  = 4 << 20
	keptEnds = 256 << 10
)

// reset makes e ready for the ends of a text, of which no part is kept after the last
// call.
func (e *ends) reset(text []byte) {
	e.text = text
	if len(e.known) > 0 {
		clear(e.known)
	}
	clear(e.bits)
	e.bits = e.bits[:0]
}

// wipe clears what was found out about values.
func (e *ends) wipe() {
	if len(e.known) > keptEnds/64 {
		e.known = nil
	}
	e.reset(nil)
	if cap(e.bits) > keptEnds {
		e.bits = nil
	}
	clear(e.z)
	if e.z = e.z[:0]; 4*cap(e.z) > keptEnds {
		e.z = nil
	}
}

// compare returns the order of a pattern of the current matcher and the end of the text
// from c on; false if its value was wiped.
func (sc *Scan) compare(id uint32, c int) (order, bool) {
	e := &sc.ends
	key := endsOf{sc.matcher, id}
	known := e.known[key]
	if known.bits == 0 || c < known.from {
		end := e.text[c:]
		b, ok := sc.headOf(id, len(end)) // a pattern that begins with the end is at least as long
		if !ok {
			return 0, false
		}
		if known.made += len(b); known.made <= len(b)+len(end) {
			e.put(key, known)
			return orderOf(b, end), true
		}
		if len(e.bits)+len(end)/4 > maxBits {
			e.reset(e.text)
		}
		known.from, known.bits = c, len(e.bits)+1
		e.put(key, known)
		e.compareAll(b, c)
		sc.work += len(end)
	}
	i := c - known.from
	return order(e.bits[known.bits-1+i/4] >> (i % 4 * 2) & 3), true
}

func (e *ends) put(key endsOf, known comparison) {
	if e.known == nil {
		e.known = map[endsOf]comparison{}
	}
	e.known[key] = known
}

// orderOf returns the order of a pattern and the end of a text.
func orderOf(pattern, end []byte) order {
	if bytes.HasPrefix(pattern, end) {
		return begins
	}
	if bytes.Compare(pattern, end) < 0 {
		return before
	}
	return behind
}

// compareAll appends to e.bits the order of a pattern and each end of the text from c on.
func (e *ends) compareAll(pattern []byte, c int) {
	text := e.text[c:]
	head := pattern[:min(len(pattern), len(text))]
	z := e.common(head)
	at := len(e.bits)
	e.bits = append(e.bits, make([]byte, (len(text)+3)/4)...)
	matches(head, z, text, 0, func(i, n int) {
		o := behind
		switch {
		case i+n == len(text):
			o = begins
		case n == len(head) || head[n] < text[i+n]:
			o = before
		}
		e.bits[at+i/4] |= byte(o) << (i % 4 * 2)
	})
}

// common returns, for each place in b, how many bytes from there on b begins with.
func (e *ends) common(b []byte) []uint32 {
	if cap(e.z) < len(b) {
		e.z = make([]uint32, len(b))
	}
	e.z = e.z[:max(len(e.z), len(b))]
	z := e.z[:len(b)]
	if len(b) > 0 {
		z[0] = uint32(len(b))
		matches(b, z, b, 1, func(i, n int) { z[i] = uint32(n) })
	}
	return z
}

// matches calls f with each place i in text, from start on, and how many bytes n of head
// stand there. z is what [ends.common] returns for head; the places of it up to the last n
// are enough.
func matches(head []byte, z []uint32, text []byte, start int, f func(i, n int)) {
	from, to := 0, 0 // text[from:to] is what head begins with
	for i := start; i < len(text); i++ {
		n := 0
		if i < to {
			n = min(int(z[i-from]), to-i)
		}
		if i+n >= to {
			for n < len(head) && i+n < len(text) && head[n] == text[i+n] {
				n++
			}
			from, to = i, i+n
		}
		f(i, n)
	}
}

// first returns the number of the first pattern that may begin with the end of the text
// from c on and be longer, and hi, which is behind the last one that may.
func (mt *matcher) first(sc *Scan, c int) (lo, hi int) {
	hi = len(mt.pats)
	if end := sc.ends.text[c:]; len(end) >= 4 {
		x, p := uint64(binary.LittleEndian.Uint32(end)), &mt.prefixes
		at := p.four.index(mix64(x ^ p.salt))
		if int(p.most[at]) <= len(end) {
			return 0, 0
		}
		lo, hi = int(p.four.slots[at].lo), int(p.four.slots[at].hi)
	}
	return sc.bound(lo, hi, c, begins), hi
}

// bound returns the first of the patterns from lo to hi whose order is least or a later
// one; hi if there is none. A pattern whose value was wiped has no order.
func (sc *Scan) bound(lo, hi, c int, least order) int {
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		at := mid
		o, ok := sc.compare(uint32(at), c)
		for !ok && at+1 < hi {
			at++
			o, ok = sc.compare(uint32(at), c)
		}
		if ok && o < least {
			lo = at + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// begins reports whether a live pattern begins with the end of the text from c on, and is
// longer.
func (mt *matcher) begins(sc *Scan, c int) bool {
	size := len(sc.ends.text) - c
	for lo, hi := mt.first(sc, c); lo < hi; lo++ {
		o, ok := sc.compare(uint32(lo), c)
		if ok && o != begins {
			break
		}
		if p := &mt.pats[lo]; ok && p.longest() > size && mt.vals[p.val].Live() {
			return true
		}
	}
	return false
}

// candidates calls f with each live pattern that begins with the end of the text from c
// on, and is longer.
func (mt *matcher) candidates(sc *Scan, c int, f func(*pattern)) {
	size := len(sc.ends.text) - c
	if size >= mt.prefixes.long {
		return
	}
	lo, hi := mt.first(sc, c)
	for hi = sc.bound(lo, hi, c, behind); lo < hi; lo++ {
		if p := &mt.pats[lo]; p.longest() > size && mt.vals[p.val].Live() {
			f(p)
		}
	}
}
