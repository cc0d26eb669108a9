//go:build !unix

package guestmem

// Memory is the linear memory of one guest, on the Go heap. When it grows, the
// old copy is wiped.
type Memory struct {
	buf     []byte
	len     uint64
	max     uint64
	refused int
}

func newMemory(max uint64) *Memory { return &Memory{max: max} }

// reserved reports true: the system is not asked for the memory before it is used.
func (m *Memory) reserved() bool { return true }

// Reallocate returns size bytes that begin with the present content. It returns nil
// if the memory may not have that many.
func (m *Memory) Reallocate(size uint64) []byte {
	if size > m.max {
		m.refused++
		return nil
	}
	if uint64(cap(m.buf)) < size {
		grown := make([]byte, size)
		copy(grown, m.buf)
		clear(m.buf)
		m.buf = grown
	}
	m.buf, m.len = m.buf[:size], size
	return m.buf
}

// Refused returns how often Reallocate has returned nil.
func (m *Memory) Refused() int { return m.refused }

// Free wipes the memory.
func (m *Memory) Free() {
	clear(m.buf)
	m.buf = nil
}

// Reserved returns the whole buffer: the bytes in use and those beyond, in which
// nothing of a call may be left either. It is valid until Free.
func (m *Memory) Reserved() []byte { return m.buf[:cap(m.buf)] }

// Resident returns 0: what a guest has touched is not known.
func (m *Memory) Resident() int { return 0 }

// snapshot returns a function that restores the memory to its present content.
func (m *Memory) snapshot() func() int {
	mem := m.buf
	saved := savePages(mem, 4096)
	return func() int { saved.restore(mem); return 0 }
}
