package capability

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// ProtocolError is the error of a call in which the guest broke the ABI, such as
// by a pointer outside of its memory. Find it with errors.As: wazero wraps it. The
// instance stopped half-way and must not be used again.
type ProtocolError struct {
	Detail string // in the host's words, without text of the guest
}

// Error returns the detail.
func (e ProtocolError) Error() string { return "capability: abi: " + e.Detail }

// Exit is the error of a call in which the guest called proc_exit. It is an error
// for code 0 too: a reactor does not exit. It unwraps to a [*sys.ExitError].
type Exit struct{ Code uint32 }

// Error says that the guest exited.
func (e Exit) Error() string { return "capability: the module exited" }

// Unwrap returns the exit code as wazero's error.
func (e Exit) Unwrap() error { return sys.NewExitError(e.Code) }

// Memory is the linear memory of the calling instance. Every pointer of a guest
// goes through it: a range outside of the memory panics with a [ProtocolError],
// which wazero returns as the error of the call.
type Memory struct {
	api.Memory
	call *Call // which is charged
}

// View returns n bytes at ptr. They belong to the guest: they are valid until the
// host function returns, and must be copied to be kept.
func (m Memory) View(ptr, n uint64) []byte {
	b, ok := m.Read(uint32(ptr), uint32(n)) // 64-bit arithmetic inside
	if !ok {
		panic(ProtocolError{fmt.Sprintf("%d bytes at %d lie outside of memory", uint32(n), uint32(ptr))})
	}
	return b
}

// Fill answers a (buf, capacity) pair: it writes data if it fits, and returns its
// length in any case.
func (m Memory) Fill(buf, capacity uint64, data []byte) int32 {
	dst := m.View(buf, capacity)
	if len(data) <= len(dst) {
		m.call.Copy(dst[:len(data)], data)
	}
	return int32(len(data))
}

// maxName is the longest name or path, in bytes, that is looked at.
const maxName = 4096

// Name returns the n bytes at ptr as a name or a path. ok is false if they cannot
// be one: too long, not UTF-8, or with a zero byte.
func (m Memory) Name(ptr, n uint64) (name string, ok bool) {
	b := m.View(ptr, n)
	if len(b) > maxName {
		return "", false
	}
	m.call.Charge(Examined(len(b)))
	if !utf8.Valid(b) || slices.Contains(b, 0) {
		return "", false
	}
	return string(b), true
}

// PutUint32 writes v at ptr.
func (m Memory) PutUint32(ptr uint64, v uint32) {
	binary.LittleEndian.PutUint32(m.View(ptr, 4), v)
}

// PutUint64 writes v at ptr.
func (m Memory) PutUint64(ptr, v uint64) { binary.LittleEndian.PutUint64(m.View(ptr, 8), v) }
