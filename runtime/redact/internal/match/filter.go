package match

import "encoding/binary"

// filter is a Bloom filter with one hash for short byte strings (grams): a gram is
// perhaps in the set, or certainly not. Its sizes are fixed, so that the compiler
// can drop the bounds checks: one lookup is a multiplication and a bit test. It
// holds seeded hashes only.
type filter struct {
	small *[1 << smallLog >> 6]uint64
	mid   *[1 << midLog >> 6]uint64
	large *[1 << largeLog >> 6]uint64
	big   *[1 << bigLog >> 6]uint64

	mul  uint64 // odd, random
	mask uint64 // of the gram in a little-endian load of 8 bytes
}

const (
	smallLog = 17 // bits: 16 KiB, which stay in the first level of the cache
	midLog   = 20 // 128 KiB
	largeLog = 22 // 512 KiB
	bigLog   = 24 // 2 MiB
	// bitsPerGram makes ordinary text pass seldom.
	bitsPerGram = 32
)

func newFilter(grams int, mul, mask uint64) filter {
	f := filter{mul: mul, mask: mask}
	switch need := grams * bitsPerGram; {
	case need <= 1<<smallLog:
		f.small = new([1 << smallLog >> 6]uint64)
	case need <= 1<<midLog+1<<(midLog-1):
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
	h := gram * f.mul
	switch {
	case f.small != nil:
		h >>= 64 - smallLog
		f.small[h>>6] |= 1 << (h & 63)
	case f.mid != nil:
		h >>= 64 - midLog
		f.mid[h>>6] |= 1 << (h & 63)
	case f.large != nil:
		h >>= 64 - largeLog
		f.large[h>>6] |= 1 << (h & 63)
	default:
		h >>= 64 - bigLog
		f.big[h>>6] |= 1 << (h & 63)
	}
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

// The loops for the four sizes differ in one constant. They look at four
// positions a round, so that the loads of the later ones start before the branch of
// the first is known.

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
		h := binary.LittleEndian.Uint64(q) & mask * mul >> (64 - midLog)
		g := binary.LittleEndian.Uint64(q[stride:]) & mask * mul >> (64 - midLog)
		e := binary.LittleEndian.Uint64(q[2*stride:]) & mask * mul >> (64 - midLog)
		d := binary.LittleEndian.Uint64(q[3*stride:]) & mask * mul >> (64 - midLog)
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
		h := binary.LittleEndian.Uint64(p[i:]) & mask * mul >> (64 - midLog)
		if f[h>>6]&(1<<(h&63)) != 0 {
			break
		}
	}
	return int(i)
}

func nextLarge(f *[1 << largeLog >> 6]uint64, p []byte, i, stride uint, mul, mask uint64) int {
	n := uint(len(p))
	for ; i+3*stride+8 <= n; i += 4 * stride {
		q := p[i : i+3*stride+8]
		h := binary.LittleEndian.Uint64(q) & mask * mul >> (64 - largeLog)
		g := binary.LittleEndian.Uint64(q[stride:]) & mask * mul >> (64 - largeLog)
		e := binary.LittleEndian.Uint64(q[2*stride:]) & mask * mul >> (64 - largeLog)
		d := binary.LittleEndian.Uint64(q[3*stride:]) & mask * mul >> (64 - largeLog)
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
		h := binary.LittleEndian.Uint64(p[i:]) & mask * mul >> (64 - largeLog)
		if f[h>>6]&(1<<(h&63)) != 0 {
			break
		}
	}
	return int(i)
}

func nextBig(f *[1 << bigLog >> 6]uint64, p []byte, i, stride uint, mul, mask uint64) int {
	n := uint(len(p))
	for ; i+3*stride+8 <= n; i += 4 * stride {
		q := p[i : i+3*stride+8]
		h := binary.LittleEndian.Uint64(q) & mask * mul >> (64 - bigLog)
		g := binary.LittleEndian.Uint64(q[stride:]) & mask * mul >> (64 - bigLog)
		e := binary.LittleEndian.Uint64(q[2*stride:]) & mask * mul >> (64 - bigLog)
		d := binary.LittleEndian.Uint64(q[3*stride:]) & mask * mul >> (64 - bigLog)
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
		h := binary.LittleEndian.Uint64(p[i:]) & mask * mul >> (64 - bigLog)
		if f[h>>6]&(1<<(h&63)) != 0 {
			break
		}
	}
	return int(i)
}

// has reports whether the gram is perhaps in the set.
func (f *filter) has(gram uint64) bool {
	h := gram * f.mul
	switch {
	case f.small != nil:
		h >>= 64 - smallLog
		return f.small[h>>6]&(1<<(h&63)) != 0
	case f.mid != nil:
		h >>= 64 - midLog
		return f.mid[h>>6]&(1<<(h&63)) != 0
	case f.large != nil:
		h >>= 64 - largeLog
		return f.large[h>>6]&(1<<(h&63)) != 0
	}
	h >>= 64 - bigLog
	return f.big[h>>6]&(1<<(h&63)) != 0
}

// gramAt is the gram at p[i:], with zeroes behind the end of p.
func (f *filter) gramAt(p []byte, i int) uint64 {
	if i+8 <= len(p) {
		return binary.LittleEndian.Uint64(p[i:]) & f.mask
	}
	var b [8]byte
	copy(b[:], p[i:])
	return binary.LittleEndian.Uint64(b[:]) & f.mask
}
