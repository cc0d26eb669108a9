package wasmhost

import "github.com/tetratelabs/wazero/experimental"

// allocator gives one guest memory outside the Go heap: at a fixed address, so
// that growing leaves no copy behind; out of core files; and gone when freed.
// It is the only place that touches the engine's experimental interface.
type allocator struct{ memory *linear }

// Allocate reserves max bytes; pages cost memory only once they are touched.
func (a *allocator) Allocate(_, max uint64) experimental.LinearMemory {
	a.memory = newLinear(max)
	return a.memory
}
