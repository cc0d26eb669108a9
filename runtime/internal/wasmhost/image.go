package wasmhost

import (
	"bytes"

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

// copyLimit is the largest content that is put back by copying; above it, the
// pages that were written are dropped and read anew from the image.
const copyLimit = 256 << 10

// content returns the length of mem without the zeroes at its end, in pages.
func content(mem []byte, page int) int {
	zero := make([]byte, page)
	n := len(mem)
	for n >= page && bytes.Equal(mem[n-page:n], zero) {
		n -= page
	}
	return n
}

// byCopy returns a function that copies saved back and clears what follows by
// wipe.
func byCopy(mem []byte, n int, wipe func([]byte)) func() {
	saved := bytes.Clone(mem[:n])
	return func() {
		copy(mem, saved)
		wipe(mem[n:])
	}
}
