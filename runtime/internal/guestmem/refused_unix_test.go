//go:build unix

package guestmem_test

import (
	"testing"

	"github.com/postern-project/postern/runtime/internal/guestmem"
)

// The host can see that the system refused memory, and not that the engine is broken.
func TestTM007RefusedMemoryIsSeen(t *testing.T) {
	t.Parallel()
	defer func() {
		if v := recover(); v != any(guestmem.ErrRefused) {
			t.Errorf("Allocate panicked with %v, want ErrRefused", v)
		}
	}()
	new(guestmem.Allocator).Allocate(0, 1<<60)
	t.Error("Allocate returned")
}
