package lattice

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// minSize is how many bytes a value has at least that is searched.
const minSize = 4

// few is up to how many values that begin alike are compared one by one.
const few = 4

// levels is after how many bytes, 4, 8, 16 and so on, it is looked up whether a
// value begins so.
const levels = 7

// Index is a set of values by their first bytes. It is immutable and holds seeded
// hashes only.
type Index struct {
	seed   maphash.Seed
	first  [256]bool
	pairs  [1 << 16 >> 6]uint64 // of the first two bytes, multiplied by factor
	factor uint16
	fours  [1 << 16 >> 6]uint64 // hashes of the first four bytes
	ids    []uint32
	sizes  []uint32
	groups map[uint64]group
}

// group is the values ids[lo:hi], which have the same first bytes.
type group struct {
	lo, hi uint32
	last   bool // they are compared one by one
}

// NewIndex returns an index of n values, sorted by their bytes. at returns the bytes of
// one of them, and the number by which it is known; Bytes that are shorter than four
// are left out. The index keeps no bytes.
func NewIndex(seed maphash.Seed, n int, at func(i int) (id uint32, b []byte)) *Index {
	x := &Index{seed: seed, groups: map[uint64]group{}, ids: make([]uint32, n), sizes: make([]uint32, n)}
	x.factor = uint16(maphash.Bytes(seed, []byte{1})) | 1
	for i := range n {
		id, b := at(i)
		x.ids[i], x.sizes[i] = id, uint32(len(b))
		if len(b) >= minSize {
			x.first[b[0]] = true
			pair := x.pairOf(b[0], b[1])
			x.pairs[pair>>6] |= 1 << (pair & 63)
			four := x.fourOf(b)
			x.fours[four>>6] |= 1 << (four & 63)
		}
	}
	bytesAt := func(i int) []byte { _, b := at(i); return b }
	x.split(0, n, 0, bytesAt)
	return x
}

// split makes the groups of ids[lo:hi] that have 4<<level bytes in common.
func (x *Index) split(lo, hi, level int, at func(i int) []byte) {
	size := minSize << level
	for lo < hi {
		b := at(lo)
		if len(b) < size {
			lo++
			continue
		}
		to := lo + 1
		for to < hi && bytes.HasPrefix(at(to), b[:size]) {
			to++
		}
		g := group{lo: uint32(lo), hi: uint32(to), last: to-lo <= few || level+1 == levels}
		x.groups[x.hash(b[:size])] = g
		if !g.last {
			x.split(lo, to, level+1, at)
		}
		lo = to
	}
}

func (x *Index) hash(b []byte) uint64 { return maphash.Bytes(x.seed, b) }

func (x *Index) fourOf(b []byte) uint16 {
	return uint16(binary.LittleEndian.Uint32(b) * (uint32(x.factor)<<16 | 0x9e3b) >> 16)
}

func (x *Index) pairOf(a, b byte) uint16 { return (uint16(a) | uint16(b)<<8) * x.factor }

// hasPair reports whether a value begins with the two bytes.
func (x *Index) hasPair(a, b byte) bool {
	pair := x.pairOf(a, b)
	return x.pairs[pair>>6]>>(pair&63)&1 != 0
}

// hasFour reports whether a value may begin with the first four bytes of b.
func (x *Index) hasFour(b []byte) bool {
	four := x.fourOf(b)
	return x.fours[four>>6]>>(four&63)&1 != 0
}

// begins reports whether a value may begin with b. At lengths that are looked up, g is
// the values that do.
func (x *Index) begins(b []byte) (g group, ok bool) {
	switch n := len(b); {
	case n == 1:
		return g, x.first[b[0]]
	case n == 2:
		return g, x.hasPair(b[0], b[1])
	case n == minSize:
		if !x.hasFour(b) {
			return g, false
		}
		fallthrough
	case n >= minSize && n&(n-1) == 0:
		g, ok = x.groups[x.hash(b)]
		return g, ok
	}
	return g, true
}

// Bytes is the memory of the index.
func (x *Index) Bytes() int {
	return 256 + (len(x.pairs)+len(x.fours))*8 + len(x.ids)*8 + len(x.groups)*32
}
