package guestmem

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero/experimental"
)

// Allocator allocates the memory of one guest. On unix that memory lies outside
// the Go heap: it never moves, so that growing it leaves no copy behind; on Linux
// it is left out of core dumps. If the system refuses the memory, to instantiate panics
// with [ErrRefused]. An Allocator serves one instantiation, and is for
// one goroutine.
//
// This package is the only user of the engine's experimental memory interface.
type Allocator struct {
	// Limit is the largest memory in bytes, 0 for what the engine allows. The engine
	// must allow more than that for the Memory to see, and count, what it refuses.
	Limit  uint64
	memory *Memory
}

// ErrRefused is what Allocate panics with if the system refuses the memory: the
// engine has no way to report it.
var ErrRefused = errors.New("the system refused the memory of a guest")

var _ experimental.MemoryAllocator = (*Allocator)(nil)

// Context returns ctx with a as the allocator of the instance that is made under
// it.
func (a *Allocator) Context(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, a)
}

// Allocate reserves max bytes of address space, or Limit bytes if that is less.
// Pages are backed by physical memory only after they are first touched.
func (a *Allocator) Allocate(_, max uint64) experimental.LinearMemory {
	if a.Limit > 0 {
		max = min(max, a.Limit)
	}
	a.memory = newMemory(max)
	if max > 0 && !a.memory.reserved() {
		// The engine would continue with a memory that it does not have.
		panic(ErrRefused)
	}
	return a.memory
}

// Memory returns the memory that was allocated last, or nil.
func (a *Allocator) Memory() *Memory { return a.memory }
