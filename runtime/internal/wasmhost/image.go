package wasmhost

import (
	"bytes"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// image is the state of an instance right after it was opened. Going back to it
// after every call is what keeps one caller's secret from the next.
type image struct {
	memory  *linear
	size    uint64 // of the memory in bytes
	restore func() // puts the memory back
	globals []savedGlobal
}

type savedGlobal struct {
	global api.MutableGlobal
	value  uint64
}

// takeImage saves the memory and all mutable globals of m; nil says that it
// cannot be done and the instance serves one call only.
func takeImage(m api.Module, memory *linear, metered *wasmbin.Metered) *image {
	if memory == nil || metered.MutableTables || metered.DropsSegments {
		return nil
	}
	img := &image{memory: memory, size: memory.len}
	for _, g := range metered.Globals {
		global, ok := m.ExportedGlobal(g.Name).(api.MutableGlobal)
		if !ok {
			return nil
		}
		img.globals = append(img.globals, savedGlobal{global, global.Get()})
	}
	img.restore = memory.snapshot()
	return img
}

// reset puts the instance back. It reports false when it cannot: a memory that
// grew does not shrink.
func (img *image) reset() bool {
	if img == nil || img.memory.len != img.size {
		return false
	}
	img.restore()
	for _, g := range img.globals {
		g.global.Set(g.value)
	}
	return true
}

// copyLimit is the largest content in bytes of which a copy is kept per instance;
// above it, the memory is a private view of the image where the system has such.
const copyLimit = 256 << 10

// pages is the content of a memory: its pages that are not all zero.
type pages struct {
	size  int      // of a page in bytes
	saved [][]byte // by page; nil for one that is all zero
}

// content returns how many bytes of mem lie in pages that are not all zero.
func content(mem []byte, size int) int {
	zero, n := make([]byte, size), 0
	for page := range slices.Chunk(mem, size) {
		if !bytes.Equal(page, zero) {
			n += size
		}
	}
	return n
}

// savePages copies what mem holds. Its length is a multiple of size.
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

// restore puts every page of mem back, zero pages that follow each other at once.
func (p pages) restore(mem []byte) {
	zero := 0 // where the zero pages before page i began
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
