package match

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// prefixes answers, at the end of a write: does a pattern begin with this text?
// One to three bytes are looked up; longer texts are ruled out by a filter, or
// looked up in the sorted patterns.
type prefixes struct {
	one   [4]uint64    // an exact set of bytes, permuted by a random factor
	two   [1024]uint64 // ... of pairs of bytes
	three keySet       // ... of three bytes
	four  hashMap      // first four bytes to the range of patterns
	most  []uint32     // ... and to the bytes of the longest of them
	near  filter       // first four bytes of all patterns
	far   filter       // first eight bytes of all patterns that have as many
	long  int          // bytes of the longest pattern
	short bool         // there is a pattern of fewer than eight bytes
	salt  uint64
}

// nearBytes is how far from the end of the text the filter near is used before far.
const nearBytes = 256

const mask32 = 1<<32 - 1

// build fills p from the sorted patterns, unless h stops it.
func (p *prefixes) build(drafts []draft, mul, salt uint64, h *halt) {
	distinct, far := 0, 0
	for i := range drafts {
		b := drafts[i].bytes
		p.long = max(p.long, len(b))
		p.short = p.short || drafts[i].size < 8
		if i == 0 || !bytes.HasPrefix(b, drafts[i-1].bytes[:min(4, len(drafts[i-1].bytes))]) {
			distinct++
		}
		if len(b) >= 8 && (i == 0 || !bytes.HasPrefix(b, drafts[i-1].bytes[:min(8, len(drafts[i-1].bytes))])) {
			far++
		}
	}
	p.salt = salt
	p.three, p.four = newKeySet(distinct), newHashMap(distinct)
	p.most = make([]uint32, len(p.four.slots))
	p.near, p.far = newFilter(distinct, mul, mask32), newFilter(far, mul, ^uint64(0))
	for i := range drafts {
		p.add(drafts[i].bytes, uint32(i))
		if h.after(addStep) {
			return
		}
	}
}

// addStep is the work of adding to tables that are not in the cache.
const addStep = 128

func (p *prefixes) add(b []byte, i uint32) {
	if len(b) > 1 {
		j := p.oneOf(b)
		p.one[j>>6] |= 1 << (j & 63)
	}
	if len(b) > 2 {
		j := p.twoOf(b)
		p.two[j>>6] |= 1 << (j & 63)
	}
	if len(b) > 3 {
		k := p.threeOf(b)
		*p.three.slot(k) = k
	}
	if len(b) >= 4 {
		x := uint64(binary.LittleEndian.Uint32(b))
		p.near.add(x)
		at := p.four.index(mix64(x ^ p.salt))
		s := &p.four.slots[at]
		if s.hi == 0 {
			*s = hashSlot{hash: mix64(x ^ p.salt), lo: i}
		}
		s.hi, p.most[at] = i+1, max(p.most[at], uint32(len(b)))
	}
	if len(b) >= 8 {
		p.far.add(binary.LittleEndian.Uint64(b))
	}
}

func (p *prefixes) oneOf(b []byte) uint8 { return b[0] * uint8(p.salt|1) }

func (p *prefixes) twoOf(b []byte) uint16 {
	return binary.LittleEndian.Uint16(b) * uint16(p.salt|1)
}

// threeOf maps three bytes to a key. Different bytes have different keys, except
// that 1 also stands for 0.
func (p *prefixes) threeOf(b []byte) uint32 {
	x := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	return max(1, (x^uint32(p.salt>>32))*(uint32(p.salt)|1))
}

// heldFrom returns the start of the longest suffix of text that is a proper prefix of a
// pattern, len(text) if there is none.
func (mt *matcher) heldFrom(sc *Scan, text []byte) int {
	p := &mt.prefixes
	n := len(text)
	if p.long == 0 {
		return n // all values were wiped while their patterns were made
	}
	sc.begin(mt)
	from := max(0, n-p.long+1)
	sc.ends.reset(text[from:])
	for c := from; c+nearBytes < n; c++ {
		c = p.far.next(text[:n-nearBytes+8], c, 1)
		if c+nearBytes >= n {
			break
		}
		if mt.begins(sc, c-from) {
			return c
		}
	}
	for c := max(0, n-min(p.long-1, nearBytes)); c+4 <= n; c++ {
		x := uint64(binary.LittleEndian.Uint32(text[c:]))
		if p.near.has(x) && (c+8 > n || p.far.has(binary.LittleEndian.Uint64(text[c:]))) && mt.begins(sc, c-from) {
			return c
		}
	}
	if n >= 3 && p.long > 3 {
		if k := p.threeOf(text[n-3:]); *p.three.slot(k) == k {
			return n - 3
		}
	}
	if n >= 2 {
		if j := p.twoOf(text[n-2:]); p.two[j>>6]>>(j&63)&1 != 0 {
			return n - 2
		}
	}
	if n >= 1 {
		if j := p.oneOf(text[n-1:]); p.one[j>>6]>>(j&63)&1 != 0 {
			return n - 1
		}
	}
	return n
}

// startsAt records the patterns that begin at text[at:].
func (mt *matcher) startsAt(sc *Scan, text []byte, at int) {
	if at+4 > len(text) {
		return
	}
	if j := mt.prefixes.twoOf(text[at:]); mt.prefixes.two[j>>6]>>(j&63)&1 == 0 {
		return
	}
	x := uint64(binary.LittleEndian.Uint32(text[at:]))
	if !mt.prefixes.near.has(x) {
		return
	}
	eight := at+8 <= len(text) && mt.prefixes.far.has(binary.LittleEndian.Uint64(text[at:]))
	if !eight && !mt.prefixes.short {
		return
	}
	r := mt.prefixes.four.slot(mix64(x ^ mt.prefixes.salt))
	size, hash := -1, uint64(0)
	for id := r.lo; id < r.hi; id++ {
		p := &mt.pats[id]
		n := int(p.size)
		if n >= 8 && !eight || at+n > len(text) {
			continue
		}
		if n != size {
			size, hash = n, maphash.Bytes(mt.seed, text[at:at+n])
		}
		if hash == p.hash {
			mt.confirm(sc, id, text, at)
		}
	}
}
