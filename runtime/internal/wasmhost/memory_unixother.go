//go:build unix && !linux

package wasmhost

const mapNoReserve = 0

// hideFromCore does nothing: this system cannot leave single pages out of a
// core file.
func hideFromCore([]byte) {}

func discard(mem []byte) { clear(mem) }

// putBack returns a function that puts mem back to p.
func (p pages) putBack(mem []byte) func() { return func() { p.restore(mem) } }

// copyOnWrite returns nil: here, large memories are copied back.
func (*linear) copyOnWrite() func() { return nil }
