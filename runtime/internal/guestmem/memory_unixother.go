//go:build unix && !linux

package guestmem

const mapNoReserve = 0

// excludeFromCore does nothing: this system cannot exclude single pages from a
// core dump.
func excludeFromCore([]byte) {}

func drop(mem []byte) { clear(mem) }

// restorer returns a function that restores mem to p.
func (p pages) restorer(mem []byte) func() int { return func() int { p.restore(mem); return 0 } }

// copyOnWrite returns nil: on this system large memories are copied back.
func (*Memory) copyOnWrite() func() int { return nil }

// Resident returns 0: what a guest has touched is not known.
func (*Memory) Resident() int { return 0 }
