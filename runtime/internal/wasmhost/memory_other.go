//go:build !unix

package wasmhost

// linear is memory of the Go heap whose old copies are wiped when it grows.
type linear struct {
	buf []byte
	len uint64
}

func newLinear(uint64) *linear { return &linear{} }

// Reallocate returns a buffer of size bytes that begins with the old content.
func (l *linear) Reallocate(size uint64) []byte {
	if uint64(cap(l.buf)) < size {
		grown := make([]byte, size)
		copy(grown, l.buf)
		clear(l.buf)
		l.buf = grown
	}
	l.buf, l.len = l.buf[:size], size
	return l.buf
}

// Free wipes the buffer.
func (l *linear) Free() {
	clear(l.buf)
	l.buf = nil
}

// snapshot returns a function that puts the memory back to what it holds now.
func (l *linear) snapshot() func() {
	mem := l.buf
	saved := savePages(mem, 4096)
	return func() { saved.restore(mem) }
}
