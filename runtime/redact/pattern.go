package redact

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// pattern is a byte string to search: a value in one spelling. It holds none of
// the bytes, only how to make them again.
type pattern struct {
	hash     uint64 // seeded, of the first size bytes
	piece    uint64 // seeded, of a piece around the window, if size is longSize or more
	val      uint32 // index into the values of the matcher
	spelling encodings.Spelling
	size     uint32 // bytes of the shortest text
	win      uint32 // where the window that the filters know begins
	period   uint32 // shortest, if it is half of size or less and size is longSize or more
	tails    uint8  // bit i: the pattern is also whole with i bytes more
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

// draft is a pattern while its bytes are at hand.
type draft struct {
	pattern
	bytes []byte // with the longest tail
}

// patternBuilder makes the patterns of values. Its memory is cleared by wipe;
// until then the drafts are slices of it.
type patternBuilder struct {
	seed    maphash.Seed
	opts    encodings.Options
	drafts  []draft
	seen    map[uint64]struct{} // patterns of the value at hand
	chunks  [][]byte
	speller encodings.Speller
}

const chunkSize = 1 << 18

// expand appends the patterns of value number val, which are the same whenever
// its bytes are.
func (b *patternBuilder) expand(val uint32, v []byte, forced bool) {
	clear(b.seen)
	b.speller.Each(v, b.opts, forced, func(t encodings.Text) {
		id := mix64(maphash.Bytes(b.seed, t.Bytes)) ^ uint64(t.Size)<<8 ^ uint64(t.Tails)
		if _, ok := b.seen[id]; ok {
			return
		}
		b.seen[id] = struct{}{}
		p := pattern{
			hash: maphash.Bytes(b.seed, t.Bytes[:t.Size]),
			val:  val, spelling: t.Spelling, size: uint32(t.Size), tails: t.Tails,
		}
		if t.Size >= longSize {
			p.period = periodOf(t.Bytes[:t.Size])
		}
		b.drafts = append(b.drafts, draft{p, b.keep(t.Bytes)})
	})
}

// keep copies text to the builder's memory.
func (b *patternBuilder) keep(text []byte) []byte {
	last := len(b.chunks) - 1
	if last < 0 || cap(b.chunks[last])-len(b.chunks[last]) < len(text) {
		b.chunks = append(b.chunks, make([]byte, 0, max(chunkSize, len(text))))
		last++
	}
	start := len(b.chunks[last])
	b.chunks[last] = append(b.chunks[last], text...)
	return b.chunks[last][start:]
}

// wipe clears all plaintext.
func (b *patternBuilder) wipe() {
	for _, c := range b.chunks {
		clear(c)
	}
	b.speller.Wipe()
	b.drafts, b.chunks = nil, nil
}
