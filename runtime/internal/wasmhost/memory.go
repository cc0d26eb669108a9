package wasmhost

import "github.com/tetratelabs/wazero/experimental"

// allocator gives guests memory outside the Go heap: at a fixed address, so
// that growing leaves no copy behind; out of core files; and wiped when freed.
// It is the only place that touches the engine's experimental interface.
type allocator struct{}

// Allocate reserves max bytes; pages cost memory only once they are touched.
func (allocator) Allocate(_, max uint64) experimental.LinearMemory { return newLinear(max) }
