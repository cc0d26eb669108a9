package wasmhost

import "bytes"

// Idle returns how many instances wait for a caller.
func (p *Provider) Idle() int {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	return len(p.pool.idle)
}

// CountInMemory returns how often needle lies in the memories of idle instances,
// beyond what is in use too, and how many bytes were looked at.
func (p *Provider) CountInMemory(needle []byte) (found, scanned int) {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	for _, i := range p.pool.idle {
		mem := i.memory.Reserved()
		found += bytes.Count(mem, needle)
		scanned += len(mem)
	}
	return found, scanned
}
