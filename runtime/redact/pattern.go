package redact

import (
	"bytes"
	"hash/maphash"
	"math/bits"
)

// pattern is a byte string to search: a part of a value in one form. It holds
// no bytes of it, only how to make them again.
type pattern struct {
	hash   uint64 // seeded, of the first size bytes
	piece  uint64 // seeded, of a piece around the window, if size is longSize or more
	val    uint32 // index into the values of the sieve
	part   uint32
	size   uint32 // of the shortest spelling
	win    uint32 // where the window that the filters know begins
	period uint32 // shortest, if it is half of size or less and size is longSize or more
	enc    uint8
	tails  uint8 // bit i: the pattern is also whole with i bytes more
}

const (
	patternBytes = 40  // memory of a pattern
	longSize     = 512 // patterns that are checked in steps
	pieceSize    = 256
)

// pieceAt is where the piece of a long pattern begins.
func (p *pattern) pieceAt() int {
	return min(max(0, int(p.win)-pieceSize/2), int(p.size)-pieceSize)
}

// periodOf returns the shortest period of b if it is at most half of it, else
// 0: b is its first period bytes over and over.
func periodOf(b []byte) uint32 {
	if half := len(b) / 2; half < 32 || !bytes.Contains(b[1:half+32], b[:32]) {
		return 0 // its beginning does not come again in time
	}
	border := make([]int32, len(b)+1)
	border[0] = -1
	k := int32(-1)
	for i := range b {
		for k >= 0 && b[k] != b[i] {
			k = border[k]
		}
		k++
		border[i+1] = k
	}
	if d := len(b) - int(k); 2*d <= len(b) {
		return uint32(d)
	}
	return 0
}

// longest is the size with the longest tail.
func (p *pattern) longest() int { return int(p.size) + bits.Len8(p.tails) - 1 }

// encode makes the bytes of the pattern again from its value v. What it makes
// it appends to room, which must be empty, and it returns room as well.
func (p *pattern) encode(room, v []byte) (form, grown []byte) {
	part := appendPart(room, v, p.part)
	if spelled(p.part) {
		room = part
	}
	if p.enc == 0 {
		return part, room
	}
	start := len(room)
	room, _ = encoders[p.enc].append(room, part)
	return room[start:], room
}

// roomFor returns an empty buffer for the forms of n bytes: buf, if it is large
// enough; else buf is cleared, so that no piece of a value stays behind.
func roomFor(buf []byte, n int) []byte {
	if cap(buf) >= maxGrowth*n+8 {
		return buf[:0]
	}
	clear(buf[:cap(buf)])
	return make([]byte, 0, maxGrowth*n+8)
}

// draft is a pattern while its bytes are at hand.
type draft struct {
	pattern
	bytes []byte // with the longest tail
}

// drafter makes the patterns of values. Its memory is cleared by wipe; until
// then the drafts are slices of it.
type drafter struct {
	seed   maphash.Seed
	forms  int  // of the encoders
	leaves bool // search the strings of JSON values
	drafts []draft
	seen   map[uint64]struct{} // patterns of the value at hand
	chunks [][]byte
	part   []byte
	form   []byte
}

const chunkSize = 1 << 18

// expand appends the patterns of value number val, which are the same whenever
// its bytes are.
func (d *drafter) expand(val uint32, v []byte, force bool) {
	clear(d.seen)
	parts := partsOf(v)
	if d.leaves {
		parts = append(parts, leavesOf(v)...)
	}
	for _, part := range parts {
		d.part = roomFor(d.part, len(v))
		b := appendPart(d.part, v, part)
		if spelled(part) {
			d.part = b
		}
		for enc := range d.forms {
			if enc > 0 && part >= firstLine && part < firstLeaf {
				break
			}
			d.form, _ = d.draft(pattern{val: val, part: part, enc: uint8(enc)}, b, force)
		}
	}
}

// draft adds the pattern p of part b, unless it is too short or known already.
func (d *drafter) draft(p pattern, b []byte, force bool) (form []byte, added bool) {
	e := &encoders[p.enc]
	d.form = roomFor(d.form, len(b))
	form, tails := e.append(d.form, b)
	least := e.least
	if p.enc == 0 && !force {
		least = minValue
	}
	size := len(form) - bits.Len8(tails) + 1
	for tails != 0 && (size < least || tails&1 == 0) {
		size++
		tails >>= 1
	}
	if tails == 0 {
		return form, false
	}
	p.size, p.tails = uint32(size), tails
	p.hash = maphash.Bytes(d.seed, form[:size])
	if size >= longSize {
		p.period = periodOf(form[:size])
	}
	id := mix64(maphash.Bytes(d.seed, form)) ^ uint64(size)<<8 ^ uint64(tails)
	if _, ok := d.seen[id]; ok {
		return form, false
	}
	d.seen[id] = struct{}{}
	d.drafts = append(d.drafts, draft{p, d.keep(form)})
	return form, true
}

// keep copies b to the drafter's memory.
func (d *drafter) keep(b []byte) []byte {
	last := len(d.chunks) - 1
	if last < 0 || cap(d.chunks[last])-len(d.chunks[last]) < len(b) {
		d.chunks = append(d.chunks, make([]byte, 0, max(chunkSize, len(b))))
		last++
	}
	start := len(d.chunks[last])
	d.chunks[last] = append(d.chunks[last], b...)
	return d.chunks[last][start:]
}

// wipe clears all plaintext.
func (d *drafter) wipe() {
	for _, c := range d.chunks {
		clear(c)
	}
	clear(d.part[:cap(d.part)])
	clear(d.form[:cap(d.form)])
	d.drafts, d.chunks = nil, nil
}
