package guestmem_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/postern-project/postern/runtime/internal/guestmem"
)

const page = 64 << 10 // of WebAssembly

// allocate returns a memory of size bytes with content at both ends.
func allocate(t testing.TB, size, content int) (*guestmem.Memory, []byte) {
	t.Helper()
	a := &guestmem.Allocator{}
	m := a.Allocate(0, uint64(size+4*page))
	t.Cleanup(m.Free)
	mem := m.Reallocate(uint64(size))
	if len(mem) != size {
		t.Fatalf("Reallocate(%d) returned %d bytes", size, len(mem))
	}
	for i := range content / 2 {
		mem[i], mem[size-1-i] = byte(i)|1, byte(i)|1
	}
	return a.Memory(), mem
}

// Memories of every size are restored exactly, however much of them was written:
// each size takes a different code path.
func TestRestore(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]struct{ memory, content int }{
		"empty":                {0, 0},
		"small":                {2 * page, 5000},
		"large, little in it":  {64 * page, 3 * page},
		"large, all zero":      {64 * page, 0},
		"large, much in it":    {64 * page, 20 * page},
		"large, all of it":     {16 * page, 16 * page},
		"small, full":          {page, page},
		"at the limit of both": {4 * page, 4 * page},
	} {
		memory, mem := allocate(t, size.memory, size.content)
		img := guestmem.TakeImage(nil, memory, nil)
		if img == nil {
			t.Fatalf("%s: no image", name)
		}
		want := bytes.Clone(mem)
		for round, writes := range []int{0, 1, 300, 100_000, 0, 17} {
			for range min(writes, len(mem)) {
				mem[rand.IntN(len(mem))]++
			}
			if _, ok := img.Restore(); !ok {
				t.Fatalf("%s: Restore() = false", name)
			}
			if !bytes.Equal(mem, want) {
				t.Fatalf("%s, round %d: the memory differs from its image", name, round)
			}
		}
	}
}

func TestRestoreRefusesGrownMemory(t *testing.T) {
	t.Parallel()
	memory, _ := allocate(t, 2*page, 100)
	img := guestmem.TakeImage(nil, memory, nil)
	mem := memory.Reallocate(3 * page)
	mem[0] = 'x'
	if _, ok := img.Restore(); ok || mem[0] != 'x' {
		t.Errorf("a memory that grew was restored")
	}
	if memory.Reallocate(uint64(len(memory.Reserved())) + 1); len(memory.Reserved()) < 3*page {
		t.Errorf("after Reallocate beyond the reservation, %d bytes are reserved, want at least %d", len(memory.Reserved()), 3*page)
	}
}

func TestNoImage(t *testing.T) {
	t.Parallel()
	img := guestmem.TakeImage(nil, nil, nil)
	if _, ok := img.Restore(); img != nil || ok {
		t.Errorf("TakeImage() without a memory = %v", img)
	}
}
