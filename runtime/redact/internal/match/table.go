package match

import (
	"encoding/binary"
	"math/bits"
)

// slotsFor is the logarithm of a table size for n entries, with a third free or
// more.
func slotsFor(n int) int { return bits.Len(uint(n + n/2 + 4)) }

// hashMap maps seeded hashes to ranges of numbers. The hash stands for the key, so
// what is found is checked again.
type hashMap struct {
	slots []hashSlot
	shift uint
}

type hashSlot struct {
	hash   uint64
	lo, hi uint32 // hi is 0 in an empty slot
}

func newHashMap(n int) hashMap {
	log := slotsFor(n)
	return hashMap{slots: make([]hashSlot, 1<<log), shift: uint(64 - log)}
}

// slot returns the slot of hash h: its own, or the empty one to put it in.
func (m *hashMap) slot(h uint64) *hashSlot { return &m.slots[m.index(h)] }

// index returns the number of that slot.
func (m *hashMap) index(h uint64) uint64 {
	last := uint64(len(m.slots) - 1)
	for i := h >> m.shift; ; i++ {
		if s := &m.slots[i&last]; s.hi == 0 || s.hash == h {
			return i & last
		}
	}
}

func (m *hashMap) bytes() int { return len(m.slots) * 16 }

// gramMap maps seeded hashes of grams to the offsets, as bits, at which the gram
// is in a window. It keeps 32 bits of a hash; two grams that have them in common
// share their offsets, which costs only time.
type gramMap struct {
	slots []gramSlot
	shift uint
}

type gramSlot struct{ tag, offsets uint32 }

func newGramMap(n int) gramMap {
	log := slotsFor(n)
	return gramMap{slots: make([]gramSlot, 1<<log), shift: uint(64 - log)}
}

// slot returns the slot of hash h: its own, or the empty one to put it in.
func (m *gramMap) slot(h uint64) *gramSlot {
	tag, last := uint32(h), uint64(len(m.slots)-1)
	for i := h >> m.shift; ; i++ {
		if s := &m.slots[i&last]; s.offsets == 0 || s.tag == tag {
			return s
		}
	}
}

// keySet is an exact set of 32-bit keys that are not zero.
type keySet struct {
	slots []uint32
	shift uint
}

func newKeySet(n int) keySet {
	log := slotsFor(n)
	return keySet{slots: make([]uint32, 1<<log), shift: uint(32 - log)}
}

// slot returns the slot of key: its own, or the empty one to put it in.
func (s *keySet) slot(key uint32) *uint32 {
	last := uint32(len(s.slots) - 1)
	for i := key * 0x9e3779b1 >> s.shift; ; i++ {
		if p := &s.slots[i&last]; *p == 0 || *p == key {
			return p
		}
	}
}

// windowHash is a fast hash of a few bytes. What is found by it is checked again.
func windowHash(b []byte, salt uint64) uint64 {
	if len(b) < 8 {
		var x uint64
		for i, c := range b {
			x |= uint64(c) << (8 * i)
		}
		return mix64(x ^ salt)
	}
	last := binary.LittleEndian.Uint64(b[len(b)-8:])
	h := salt
	for ; len(b) > 8; b = b[8:] {
		hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b)^h, 0x9e3779b97f4a7c15)
		h = hi ^ lo
	}
	hi, lo := bits.Mul64(last^h, 0xd6e8feb86659fd93)
	return hi ^ lo ^ salt
}

// mix64 spreads x over all bits. No two x have the same result.
func mix64(x uint64) uint64 {
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return x ^ x>>32
}
