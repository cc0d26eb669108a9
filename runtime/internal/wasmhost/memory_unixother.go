//go:build unix && !linux

package wasmhost

const mapNoReserve = 0

// hideFromCore does nothing: this system cannot leave single pages out of a
// core file.
func hideFromCore([]byte) {}
