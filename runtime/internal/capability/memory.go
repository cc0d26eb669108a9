package capability

import (
	"encoding/binary"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
)

// Breach is the error of a call in which the guest broke the ABI, such as by a
// pointer that does not lie in its memory. Find it with errors.As: wazero wraps
// it. The instance is in the middle of something and must not be used on.
type Breach struct {
	Detail string // host-written, without a word of the guest
}

// Error returns the detail.
func (b Breach) Error() string { return "capability: abi breach: " + b.Detail }

// memory is the linear memory of the calling instance. Every pointer of a guest
// goes through it; what does not lie in memory panics with a [Breach], which
// wazero turns into the call's error.
type memory struct{ api.Memory }

// view returns n bytes at ptr. They are the guest's own: valid until the host
// function returns, and to be copied before.
func (m memory) view(ptr, n uint64) []byte {
	b, ok := m.Read(uint32(ptr), uint32(n)) // 64-bit arithmetic inside
	if !ok {
		panic(Breach{fmt.Sprintf("%d bytes at %d lie outside of memory", uint32(n), uint32(ptr))})
	}
	return b
}

// fill answers a (buf, capacity) pair: data is written if it fits, and its
// length returned in any case.
func (m memory) fill(buf, capacity uint64, data []byte) int32 {
	dst := m.view(buf, capacity)
	if len(data) <= len(dst) {
		copy(dst, data)
	}
	return int32(len(data))
}

// put32 writes v at ptr.
func (m memory) put32(ptr uint64, v uint32) { binary.LittleEndian.PutUint32(m.view(ptr, 4), v) }

// put64 writes v at ptr.
func (m memory) put64(ptr, v uint64) { binary.LittleEndian.PutUint64(m.view(ptr, 8), v) }

// refused is a status as host functions return it.
func refused(s abi.Status) int32 { return -int32(s) }
