package guestmem

import (
	"bytes"
	"slices"
)

// copyLimit is the largest content, in bytes, that is kept as a copy per
// instance. A larger memory becomes a private mapping of its image on systems
// that support that.
const copyLimit = 256 << 10

// pages is the saved content of a memory: the pages that are not all zero.
type pages struct {
	size  int      // of a page in bytes
	saved [][]byte // by page number; nil for a page that is all zero
}

// contentSize returns how many bytes of mem lie in pages that are not all zero.
func contentSize(mem []byte, size int) int {
	zero, n := make([]byte, size), 0
	for page := range slices.Chunk(mem, size) {
		if !bytes.Equal(page, zero) {
			n += size
		}
	}
	return n
}

// savePages copies the content of mem, whose length is a multiple of size.
func savePages(mem []byte, size int) pages {
	p := pages{size: size, saved: make([][]byte, len(mem)/size)}
	zero := make([]byte, size)
	for i := range p.saved {
		if page := mem[i*size : (i+1)*size]; !bytes.Equal(page, zero) {
			p.saved[i] = bytes.Clone(page)
		}
	}
	return p
}

// restore writes every page of mem. Consecutive zero pages are cleared together.
func (p pages) restore(mem []byte) {
	zero := 0 // first of the zero pages before page i
	for i, saved := range p.saved {
		if saved == nil {
			continue
		}
		clear(mem[zero*p.size : i*p.size])
		copy(mem[i*p.size:(i+1)*p.size], saved)
		zero = i + 1
	}
	clear(mem[zero*p.size:])
}
