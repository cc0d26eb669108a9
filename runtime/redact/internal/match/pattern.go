package match

import (
	"bytes"
	"math/bits"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// pattern is a byte string to search: a value in one spelling. It holds none of
// the bytes, only how to make them again.
type pattern struct {
	hash     uint64 // seeded, of the first size bytes
	val      uint32 // index into the values of the matcher
	spelling encodings.Spelling
	size     uint32 // bytes of the shortest text
	win      uint32 // offset of the window by which the filters find the pattern
	period   uint32 // the shortest one, if size is at least twice that, and leastPeriods
	tails    uint8  // bit i: a text with i more bytes is a complete match too
}

const (
	patternBytes = 32  // memory of a pattern
	longSize     = 512 // patterns that are checked in steps
	pieceSize    = 256
)

// pieceAt is the offset of the piece that is compared first in a long pattern.
func (p *pattern) pieceAt() int {
	return min(max(0, int(p.win)-pieceSize/2), int(p.size)-pieceSize)
}

// leastPeriods is from how many bytes on a pattern may have a period.
const leastPeriods = 16

// periodOf returns the shortest period of b, so that every byte equals the one
// period bytes before; 0 if that is more than half of b.
func periodOf(b []byte) uint32 {
	half := len(b) / 2
	head := min(half, 32)
	if half < leastPeriods/2 || !bytes.Contains(b[1:half+head], b[:head]) {
		return 0 // the first bytes do not occur again in the first half
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

// longest is the number of bytes of the longest text.
func (p *pattern) longest() int { return int(p.size) + bits.Len8(p.tails) - 1 }
