//go:build unix && !linux

package wasmhost

const mapNoReserve = 0

// hideFromCore does nothing: this system cannot leave single pages out of a
// core file.
func hideFromCore([]byte) {}

func discard(mem []byte) { clear(mem) }

func (p pages) restoreTouched(mem []byte) { p.restore(mem) }

// copyOnWrite returns nil: here, large memories are copied back.
func (*linear) copyOnWrite() func() { return nil }
