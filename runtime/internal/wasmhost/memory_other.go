//go:build !unix

package wasmhost

import "github.com/tetratelabs/wazero/experimental"

// linear is memory of the Go heap whose old copies are wiped when it grows.
type linear struct{ buf []byte }

func newLinear(uint64) experimental.LinearMemory { return &linear{} }

// Reallocate returns a buffer of size bytes that begins with the old content.
func (l *linear) Reallocate(size uint64) []byte {
	if uint64(cap(l.buf)) < size {
		grown := make([]byte, size)
		copy(grown, l.buf)
		clear(l.buf)
		l.buf = grown
	}
	l.buf = l.buf[:size]
	return l.buf
}

// Free wipes the buffer.
func (l *linear) Free() {
	clear(l.buf)
	l.buf = nil
}
