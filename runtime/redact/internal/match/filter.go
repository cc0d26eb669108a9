package match

import "encoding/binary"

// filter is a Bloom filter for short byte strings (grams): a gram is perhaps in the set, or
// certainly not. A gram sets one bit of a filter that is small, and three bits of the same
// word of a larger one: what passes costs far more there, because the tables after it are
// not in the cache. The loops look at two of them. The sizes are fixed, so that the
// compiler can drop the bounds checks. It holds seeded hashes only.
type filter struct {
	small *[1 << smallLog >> 6]uint64
	mid   *[1 << midLog >> 6]uint64
	large *[1 << largeLog >> 6]uint64
	big   *[1 << bigLog >> 6]uint64

	mul   uint64 // odd, random
	mask  uint64 // of the gram in a little-endian load of 8 bytes
	floor uint64 // the smallest byte of all grams of 8 bytes, in every byte; 0 if it is not known
}

const (
	smallLog = 17 // bits: 16 KiB, which stay in the first level of the cache
	midLog   = 20 // 128 KiB
	largeLog = 22 // 512 KiB
	bigLog   = 24 // 2 MiB
	// The bits for each gram that let little ordinary text pass, if it sets one or
	// several of them.
	bitsPerGram      = 32
	bitsPerGramOfSet = 14
)

func newFilter(grams int, mul, mask uint64) filter {
	f := filter{mul: mul, mask: mask}
	if mask == ^uint64(0) {
		f.floor = lowBits * maxFloor
	}
	switch need := grams * bitsPerGramOfSet; {
	case grams*bitsPerGram <= 1<<smallLog:
		f.small = new([1 << smallLog >> 6]uint64)
	case need <= 1<<midLog:
		f.mid = new([1 << midLog >> 6]uint64)
	case need <= 1<<largeLog:
		f.large = new([1 << largeLog >> 6]uint64)
	default:
		f.big = new([1 << bigLog >> 6]uint64)
	}
	return f
}

// bytes is the memory of the filter.
func (f *filter) bytes() int {
	switch {
	case f.small != nil:
		return len(f.small) * 8
	case f.mid != nil:
		return len(f.mid) * 8
	case f.large != nil:
		return len(f.large) * 8
	}
	return len(f.big) * 8
}

// add puts a gram into the set.
func (f *filter) add(gram uint64) {
	for shift := 0; shift < 64 && f.floor != 0; shift += 8 {
		f.floor = min(f.floor, lowBits*(gram>>shift&0xff))
	}
	h := gram * f.mul
	switch {
	case f.small != nil:
		h >>= 64 - smallLog
		f.small[h>>6] |= 1 << (h & 63)
	case f.mid != nil:
		f.mid[h>>(70-midLog)] |= bitsOf(h, midLog)
	case f.large != nil:
		f.large[h>>(70-largeLog)] |= bitsOf(h, largeLog)
	default:
		f.big[h>>(70-bigLog)] |= bitsOf(h, bigLog)
	}
}

// maxFloor is the largest floor, so that mayHold works.
const maxFloor = 0x7f

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// mayHold reports whether a gram that next found is perhaps in the set: all its bits
// are set, and no byte is smaller than those of all grams in the set.
func (f *filter) mayHold(gram uint64) bool {
	return (gram-f.floor)&^gram&highBits == 0 && (f.small != nil || f.has(gram))
}

// bitsOf returns the bits of a word that belong to the hash h, of which the highest
// bits say which word of a filter of 1<<log bits it is.
func bitsOf(h uint64, log uint) uint64 {
	return 1<<(h>>(64-log)&63) | 1<<(h>>(58-log)&63) | 1<<(h>>(52-log)&63)
}

// hasBits reports whether all bits are set.
func hasBits(word, h uint64, log uint) bool { bits := bitsOf(h, log); return word&bits == bits }

// hasPair reports, in the lowest bit, whether the first two bits are set.
func hasPair(word, h uint64, log uint) uint64 {
	return word >> (h >> (64 - log) & 63) & (word >> (h >> (58 - log) & 63))
}

// next returns the first of the positions i, i+stride, ... whose gram is perhaps
// in the set, or the first one with fewer than 8 bytes left.
func (f *filter) next(p []byte, i, stride int) int {
	switch {
	case f.small != nil && stride == 2 && f.mask == 1<<24-1:
		return nextTriples(f.small, p, uint(i), f.mul)
	case f.small != nil:
		return nextSmall(f.small, p, uint(i), uint(stride), f.mul, f.mask)
	case f.mid != nil:
		return nextMid(f.mid, p, uint(i), uint(stride), f.mul, f.mask)
	case f.large != nil:
		return nextLarge(f.large, p, uint(i), uint(stride), f.mul, f.mask)
	}
	return nextBig(f.big, p, uint(i), uint(stride), f.mul, f.mask)
}

// nextTriples is next for grams of three bytes at every second position: one load
// has three of them.
func nextTriples(f *[1 << smallLog >> 6]uint64, p []byte, i uint, mul uint64) int {
	const mask = 1<<24 - 1
	for n := uint(len(p)); i+8 <= n; i += 6 {
		x := binary.LittleEndian.Uint64(p[i:])
		h := x & mask * mul >> (64 - smallLog)
		g := x >> 16 & mask * mul >> (64 - smallLog)
		e := x >> 32 & mask * mul >> (64 - smallLog)
		if f[h>>6]&(1<<(h&63)) != 0 {
			return int(i)
		}
		if f[g>>6]&(1<<(g&63)) != 0 {
			return int(i + 2)
		}
		if f[e>>6]&(1<<(e&63)) != 0 {
			return int(i + 4)
		}
	}
	return int(i)
}

// The loops for the sizes look at four positions a round, so that the loads of the
// later ones start before the branch of the first is known. Those for the larger ones,
// which often wait for memory, have one branch for all four. They differ in one
// constant.

func nextSmall(f *[1 << smallLog >> 6]uint64, p []byte, i, stride uint, mul, mask uint64) int {
	n := uint(len(p))
	for ; i+3*stride+8 <= n; i += 4 * stride {
		q := p[i : i+3*stride+8]
		h := binary.LittleEndian.Uint64(q) & mask * mul >> (64 - smallLog)
		g := binary.LittleEndian.Uint64(q[stride:]) & mask * mul >> (64 - smallLog)
		e := binary.LittleEndian.Uint64(q[2*stride:]) & mask * mul >> (64 - smallLog)
		d := binary.LittleEndian.Uint64(q[3*stride:]) & mask * mul >> (64 - smallLog)
		if f[h>>6]&(1<<(h&63)) != 0 {
			return int(i)
		}
		if f[g>>6]&(1<<(g&63)) != 0 {
			return int(i + stride)
		}
		if f[e>>6]&(1<<(e&63)) != 0 {
			return int(i + 2*stride)
		}
		if f[d>>6]&(1<<(d&63)) != 0 {
			return int(i + 3*stride)
		}
	}
	for ; i+8 <= n; i += stride {
		h := binary.LittleEndian.Uint64(p[i:]) & mask * mul >> (64 - smallLog)
		if f[h>>6]&(1<<(h&63)) != 0 {
			break
		}
	}
	return int(i)
}

func nextMid(f *[1 << midLog >> 6]uint64, p []byte, i, stride uint, mul, mask uint64) int {
	n := uint(len(p))
	for ; i+3*stride+8 <= n; i += 4 * stride {
		q := p[i : i+3*stride+8]
		h := binary.LittleEndian.Uint64(q) & mask * mul
		g := binary.LittleEndian.Uint64(q[stride:]) & mask * mul
		e := binary.LittleEndian.Uint64(q[2*stride:]) & mask * mul
		d := binary.LittleEndian.Uint64(q[3*stride:]) & mask * mul
		first := hasPair(f[h>>(70-midLog)], h, midLog)
		second := hasPair(f[g>>(70-midLog)], g, midLog)
		third := hasPair(f[e>>(70-midLog)], e, midLog)
		if (first|second|third|hasPair(f[d>>(70-midLog)], d, midLog))&1 != 0 {
			return int(i + firstSet(first, second, third)*stride)
		}
	}
	for ; i+8 <= n; i += stride {
		h := binary.LittleEndian.Uint64(p[i:]) & mask * mul
		if hasPair(f[h>>(70-midLog)], h, midLog)&1 != 0 {
			break
		}
	}
	return int(i)
}

func nextLarge(f *[1 << largeLog >> 6]uint64, p []byte, i, stride uint, mul, mask uint64) int {
	n := uint(len(p))
	for ; i+3*stride+8 <= n; i += 4 * stride {
		q := p[i : i+3*stride+8]
		h := binary.LittleEndian.Uint64(q) & mask * mul
		g := binary.LittleEndian.Uint64(q[stride:]) & mask * mul
		e := binary.LittleEndian.Uint64(q[2*stride:]) & mask * mul
		d := binary.LittleEndian.Uint64(q[3*stride:]) & mask * mul
		first := hasPair(f[h>>(70-largeLog)], h, largeLog)
		second := hasPair(f[g>>(70-largeLog)], g, largeLog)
		third := hasPair(f[e>>(70-largeLog)], e, largeLog)
		if (first|second|third|hasPair(f[d>>(70-largeLog)], d, largeLog))&1 != 0 {
			return int(i + firstSet(first, second, third)*stride)
		}
	}
	for ; i+8 <= n; i += stride {
		h := binary.LittleEndian.Uint64(p[i:]) & mask * mul
		if hasPair(f[h>>(70-largeLog)], h, largeLog)&1 != 0 {
			break
		}
	}
	return int(i)
}

func nextBig(f *[1 << bigLog >> 6]uint64, p []byte, i, stride uint, mul, mask uint64) int {
	n := uint(len(p))
	for ; i+3*stride+8 <= n; i += 4 * stride {
		q := p[i : i+3*stride+8]
		h := binary.LittleEndian.Uint64(q) & mask * mul
		g := binary.LittleEndian.Uint64(q[stride:]) & mask * mul
		e := binary.LittleEndian.Uint64(q[2*stride:]) & mask * mul
		d := binary.LittleEndian.Uint64(q[3*stride:]) & mask * mul
		first := hasPair(f[h>>(70-bigLog)], h, bigLog)
		second := hasPair(f[g>>(70-bigLog)], g, bigLog)
		third := hasPair(f[e>>(70-bigLog)], e, bigLog)
		if (first|second|third|hasPair(f[d>>(70-bigLog)], d, bigLog))&1 != 0 {
			return int(i + firstSet(first, second, third)*stride)
		}
	}
	for ; i+8 <= n; i += stride {
		h := binary.LittleEndian.Uint64(p[i:]) & mask * mul
		if hasPair(f[h>>(70-bigLog)], h, bigLog)&1 != 0 {
			break
		}
	}
	return int(i)
}

// firstSet returns the number of the first that has its lowest bit set, 3 if none has.
func firstSet(first, second, third uint64) uint {
	switch {
	case first&1 != 0:
		return 0
	case second&1 != 0:
		return 1
	case third&1 != 0:
		return 2
	}
	return 3
}

// has reports whether the gram is perhaps in the set.
func (f *filter) has(gram uint64) bool {
	h := gram * f.mul
	switch {
	case f.small != nil:
		h >>= 64 - smallLog
		return f.small[h>>6]&(1<<(h&63)) != 0
	case f.mid != nil:
		return hasBits(f.mid[h>>(70-midLog)], h, midLog)
	case f.large != nil:
		return hasBits(f.large[h>>(70-largeLog)], h, largeLog)
	}
	return hasBits(f.big[h>>(70-bigLog)], h, bigLog)
}

// gramAt is the gram at p[i:], with zeroes after the end of p.
func (f *filter) gramAt(p []byte, i int) uint64 {
	if i+8 <= len(p) {
		return binary.LittleEndian.Uint64(p[i:]) & f.mask
	}
	var b [8]byte
	copy(b[:], p[i:])
	return binary.LittleEndian.Uint64(b[:]) & f.mask
}
