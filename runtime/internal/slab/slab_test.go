package slab_test

import (
	"bytes"
	"errors"
	goruntime "runtime"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime/internal/slab"
)

func read(t *testing.T, c *slab.Cell) []byte {
	t.Helper()
	var out []byte
	if err := c.Use(func(b []byte) error { out = bytes.Clone(b); return nil }); err != nil {
		t.Fatalf("Use() = %v", err)
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	for _, size := range []int{0, 1, 31, 32, 33, 1000, 32 << 10, 32<<10 + 1, 1 << 20, slab.MaxSize} {
		want := bytes.Repeat([]byte{0xA5}, size)
		c, err := slab.New(0, want)
		if err != nil {
			t.Fatalf("New(%d bytes) = %v", size, err)
		}
		if got := read(t, c); !bytes.Equal(got, want) {
			t.Errorf("New(%d bytes): %d bytes came back, or others", size, len(got))
		}
		c.Free()
		if err := c.Use(func([]byte) error { return nil }); !errors.Is(err, slab.ErrFreed) {
			t.Errorf("Use after Free = %v, want ErrFreed", err)
		}
	}
	if _, err := slab.New(0, make([]byte, slab.MaxSize+1)); !errors.Is(err, slab.ErrTooLarge) {
		t.Errorf("New above MaxSize = %v, want ErrTooLarge", err)
	}
}

// A freed cell is cleared, and its name never reads what came after it.
func TestFreedCellIsClearedAndNeverRevived(t *testing.T) {
	first, err := slab.New(0, []byte("first value, first value"))
	if err != nil {
		t.Fatal(err)
	}
	var leaked []byte // kept past Use on purpose, to look at the cleared cell
	_ = first.Use(func(b []byte) error { leaked = b; return nil })
	first.Free()
	if !bytes.Equal(leaked, make([]byte, len(leaked))) {
		t.Errorf("the freed cell still holds %q", leaked)
	}
	for range 1000 {
		c, err := slab.New(0, []byte("second"))
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Use(func([]byte) error { return nil }); !errors.Is(err, slab.ErrFreed) {
			t.Fatalf("a freed name reads another value: %v", err)
		}
		c.Free()
	}
}

func TestFreeLeavesReadersTheirBytes(t *testing.T) {
	c, err := slab.New(0, []byte("borrowed"))
	if err != nil {
		t.Fatal(err)
	}
	inside, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = c.Use(func(b []byte) error {
			close(inside)
			<-release
			if string(b) != "borrowed" {
				t.Errorf("the value changed under a reader: %q", b)
			}
			return nil
		})
	})
	<-inside
	c.Free() // returns although the value is in use
	if err := c.Use(func([]byte) error { return nil }); !errors.Is(err, slab.ErrFreed) {
		t.Errorf("a new reader of a freed cell: Use() = %v, want ErrFreed", err)
	}
	close(release)
	wg.Wait()
}

func TestOwnerFreesItsOwnOnly(t *testing.T) {
	mine, other := slab.NewOwner(), slab.NewOwner()
	a, _ := slab.New(mine, []byte("a"))
	b, _ := slab.New(other, []byte("b"))
	mine.FreeAll()
	if err := a.Use(func([]byte) error { return nil }); !errors.Is(err, slab.ErrFreed) {
		t.Errorf("cell of a freed owner: Use() = %v, want ErrFreed", err)
	}
	if got := read(t, b); string(got) != "b" {
		t.Errorf("cell of another owner = %q, want %q", got, "b")
	}
	other.FreeAll()
}

func TestCollectorFreesForgottenCells(t *testing.T) {
	before := slab.Stat().Cells
	for range 100 {
		if _, err := slab.New(0, []byte("forgotten")); err != nil {
			t.Fatal(err)
		}
	}
	// Cleanups run in a goroutine of the collector: give it turns, not time.
	for range 1000 {
		goruntime.GC()
		goruntime.Gosched()
		if slab.Stat().Cells <= before {
			return
		}
	}
	t.Errorf("%d cells live, want at most %d", slab.Stat().Cells, before)
}

func TestConcurrentUseAndFree(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				want := bytes.Repeat([]byte{byte(i)}, i)
				c, err := slab.New(0, want)
				if err != nil {
					t.Errorf("New = %v", err)
					return
				}
				wg.Go(func() {
					err := c.Use(func(b []byte) error {
						if !bytes.Equal(b, want) {
							t.Errorf("a cell of %d bytes holds another value", len(want))
						}
						return nil
					})
					if err != nil && !errors.Is(err, slab.ErrFreed) {
						t.Errorf("Use = %v", err)
					}
				})
				c.Free()
			}
		})
	}
	wg.Wait()
}

func BenchmarkNewFree(b *testing.B) {
	value := make([]byte, 48)
	for b.Loop() {
		c, err := slab.New(0, value)
		if err != nil {
			b.Fatal(err)
		}
		c.Free()
	}
}

func BenchmarkUse(b *testing.B) {
	c, err := slab.New(0, make([]byte, 48))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = c.Use(func([]byte) error { return nil })
	}
}

// Free inside Use returns, and the bytes stay whole until Use returns.
func TestFreeInsideUse(t *testing.T) {
	o := slab.NewOwner()
	for name, free := range map[string]func(*slab.Cell){"Free": (*slab.Cell).Free, "FreeAll": func(*slab.Cell) { o.FreeAll() }} {
		c, err := slab.New(o, []byte("in use"))
		if err != nil {
			t.Fatal(err)
		}
		freed := 0
		c.OnFree("id", func() { freed++ })
		c.OnFree("id", func() { freed += 100 })
		before := slab.Stat().Cells
		var kept []byte
		err = c.Use(func(b []byte) error {
			free(c)
			if freed != 1 {
				t.Errorf("%s: the registered functions counted %d, want 1 before Use returns", name, freed)
			}
			if err := c.Use(func([]byte) error { return nil }); err != slab.ErrFreed {
				t.Errorf("%s: Use of a freed cell = %v, want ErrFreed", name, err)
			}
			if string(b) != "in use" {
				t.Errorf("%s: the value changed under its reader: %q", name, b)
			}
			kept = b
			return nil
		})
		if err != nil || freed != 1 {
			t.Errorf("%s: Use = %v, the registered functions counted %d", name, err, freed)
		}
		if string(kept) != "\x00\x00\x00\x00\x00\x00" || slab.Stat().Cells != before-1 {
			t.Errorf("%s: after Use the memory holds %q, %d cells live, want zeros and %d", name, kept, slab.Stat().Cells, before-1)
		}
		if c.OnFree("late", func() {}) {
			t.Errorf("%s: OnFree of a freed cell = true", name)
		}
	}
}
