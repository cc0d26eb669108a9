//go:build unix && !linux

package guestmem

const mapNoReserve = 0

// excludeFromCore does nothing: this system cannot exclude single pages from a
// core dump.
func excludeFromCore([]byte) {}

func drop(mem []byte) { clear(mem) }

// restorer returns a function that restores mem to p.
func (p pages) restorer(mem []byte) func() { return func() { p.restore(mem) } }

// copyOnWrite returns nil: on this system large memories are copied back.
func (*Memory) copyOnWrite() func() { return nil }
