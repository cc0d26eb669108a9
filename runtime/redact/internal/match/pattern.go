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
	win      uint32 // where the window that the filters know begins
	period   uint32 // shortest, if it is half of size or less and size is longSize or more
	tails    uint8  // bit i: the pattern is also whole with i bytes more
}

const (
	patternBytes = 32  // memory of a pattern
	longSize     = 512 // patterns that are checked in steps
	pieceSize    = 256
)

// pieceAt is where the piece of a long pattern begins.
func (p *pattern) pieceAt() int {
	return min(max(0, int(p.win)-pieceSize/2), int(p.size)-pieceSize)
}

// periodOf returns the shortest period of b, so that every byte equals the one
// period bytes before; 0 if that is more than half of b.
func periodOf(b []byte) uint32 {
	if half := len(b) / 2; half < 32 || !bytes.Contains(b[1:half+32], b[:32]) {
		return 0 // its beginning does not come again early enough
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
