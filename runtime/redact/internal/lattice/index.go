package lattice

import (
	"encoding/binary"
	"hash/maphash"
	"sort"
)

// minSize is how many bytes a value has at least that is searched.
const minSize = 4

// Index is a set of values by their first bytes. It is immutable and holds seeded
// hashes only.
type Index struct {
	seed   maphash.Seed
	first  [256]bool
	pairs  [1 << 16 >> 6]uint64 // of the first two bytes, multiplied by factor
	factor uint16
	fours  [1 << 16 >> 6]uint64 // hashes of the first four bytes
	ids    []uint32
	nodes  []node
	edges  map[uint64]uint32 // nodes, by a hash of what their values begin with
}

// node is the values ids[lo:hi], which begin with the same bytes. It stands for the most
// bytes that they have in common. A child of the node has those that have the same next
// byte, too.
type node struct {
	lo, hi uint32
	whole  uint32 // how many of them, the first ones, end after these bytes
	size   uint32 // how many bytes
	least  uint32 // bytes of the shortest value
	most   uint32 // ... and the longest
}

// NewIndex returns an index of n values, sorted by their bytes. at returns the bytes of
// one of them, and the number by which it is known. Values of fewer than four bytes are
// left out. The index keeps no bytes. If stop, which may be nil, reports true meanwhile,
// the index is of no use.
func NewIndex(seed maphash.Seed, n int, at func(i int) (id uint32, b []byte), stop func() bool) *Index {
	if stop == nil {
		stop = func() bool { return false }
	}
	x := &Index{seed: seed, edges: map[uint64]uint32{}, ids: make([]uint32, n)}
	x.factor = uint16(maphash.Bytes(seed, []byte{1})) | 1
	for i := range n {
		id, b := at(i)
		x.ids[i] = id
		if len(b) >= minSize {
			x.first[b[0]] = true
			pair := x.pairOf(b[0], b[1])
			x.pairs[pair>>6] |= 1 << (pair & 63)
			four := x.fourOf(b)
			x.fours[four>>6] |= 1 << (four & 63)
		}
	}
	bytesAt := func(i int) []byte { _, b := at(i); return b }
	for lo := 0; lo < n && !stop(); {
		b := bytesAt(lo)
		if len(b) < minSize {
			lo++
			continue
		}
		hi := lo + sort.Search(n-lo, func(i int) bool { return shared(bytesAt(lo+i), b) < minSize })
		x.add(x.hash(b[:minSize]), lo, hi, minSize, bytesAt, stop)
		lo = hi
	}
	return x
}

// add adds the node of ids[lo:hi], which have at least size bytes in common, and its
// children. It returns how many bytes the shortest and the longest value have.
func (x *Index) add(edge uint64, lo, hi, size int, at func(i int) []byte, stop func() bool) (least, most int) {
	b := at(lo)
	size += shared(b[size:], at(hi - 1)[size:])
	own := len(x.nodes)
	x.edges[edge] = uint32(own)
	x.nodes = append(x.nodes, node{lo: uint32(lo), hi: uint32(hi), size: uint32(size)})
	whole := sort.Search(hi-lo, func(i int) bool { return len(at(lo+i)) > size })
	least, most = len(b), len(b)
	hash := x.hash(b[:size])
	for from := lo + whole; from < hi && !stop(); {
		c := at(from)[size]
		to := from + sort.Search(hi-from, func(i int) bool { return at(from + i)[size] != c })
		shortest, longest := x.add(childOf(hash, c), from, to, size+1, at, stop)
		least, most = min(least, shortest), max(most, longest)
		from = to
	}
	n := &x.nodes[own]
	n.whole, n.least, n.most = uint32(whole), uint32(least), uint32(most)
	return least, most
}

// shared returns how many bytes a and b have in common at their beginning.
func shared(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func (x *Index) hash(b []byte) uint64 { return maphash.Bytes(x.seed, b) }

// childOf returns the hash for the child of a node, whose bytes have the given hash, that
// begins with c.
func childOf(hash uint64, c byte) uint64 {
	h := (hash ^ uint64(c)) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

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

// begins reports whether a value may begin with b, which has at most four bytes.
func (x *Index) begins(b []byte) bool {
	switch len(b) {
	case 1:
		return x.first[b[0]]
	case 2:
		return x.hasPair(b[0], b[1])
	case minSize:
		return x.hasFour(b)
	}
	return true
}

// Bytes is the memory of the index.
func (x *Index) Bytes() int {
	return 256 + (len(x.pairs)+len(x.fours))*8 + len(x.ids)*4 + len(x.nodes)*24 + len(x.edges)*24
}
