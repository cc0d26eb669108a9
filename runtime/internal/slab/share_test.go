package slab_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime/internal/slab"
)

func plain(dst, src []byte) { copy(dst, src) }

// full puts values of n bytes into s until it has no room, and returns them.
func full(t *testing.T, s *slab.Share, n int) []*slab.Cell {
	t.Helper()
	var cells []*slab.Cell
	for {
		c, err := s.New(make([]byte, n), plain)
		if errors.Is(err, slab.ErrFull) {
			return cells
		}
		if err != nil {
			t.Fatalf("New number %d = %v", len(cells), err)
		}
		cells = append(cells, c)
	}
}

// A share maps no more than it may, whatever the sizes of its values are and in
// whatever order they come and go.
func TestShareIsBounded(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	s := slab.NewShare(most)
	defer s.Close()
	var pinned []*slab.Cell
	for size := 1; size <= most/2; size *= 2 {
		cells := full(t, s, size)
		if st := s.Stat(); st.Locked+st.Unlocked > most {
			t.Fatalf("with values of %d bytes: %+v, want at most %d bytes", size, st, most)
		}
		for i, c := range cells { // one value keeps an arena
			if i%4096 == 0 {
				pinned = append(pinned, c)
				continue
			}
			c.Free()
		}
	}
	if len(pinned) < 10 {
		t.Errorf("%d values stayed, want 10 at least", len(pinned))
	}
	for _, c := range pinned {
		c.Free()
	}
	// What is empty is unmapped, but for an arena per size.
	if st := s.Stat(); st.Cells != 0 || st.Locked+st.Unlocked > 11*64<<10 {
		t.Errorf("an empty share: %+v", st)
	}
}

// Close leaves no memory behind, not even that of a value that is being read, once it
// was read.
func TestShareCloses(t *testing.T) {
	t.Parallel()
	s := slab.NewShare(1 << 20)
	var cells []*slab.Cell
	for _, size := range []int{1, 100, 40_000, 100} {
		c, err := s.New(bytes.Repeat([]byte("v"), size), plain)
		if err != nil {
			t.Fatal(err)
		}
		cells = append(cells, c)
	}
	err := cells[1].Use(func(b []byte) error {
		s.Close()
		s.Close()
		if !bytes.Equal(b, bytes.Repeat([]byte("v"), 100)) {
			t.Errorf("Close changed a value under its reader: %q", b)
		}
		if st := s.Stat(); st.Locked+st.Unlocked != 64<<10 {
			t.Errorf("while one value is read: %+v, want one arena", st)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if st := s.Stat(); st != (slab.Status{}) {
		t.Errorf("after Close: %+v, want nothing", st)
	}
	for _, c := range cells {
		if err := c.Use(func([]byte) error { return nil }); !errors.Is(err, slab.ErrFreed) {
			t.Errorf("Use after Close = %v, want ErrFreed", err)
		}
	}
	if _, err := s.New([]byte("late"), plain); !errors.Is(err, slab.ErrFreed) {
		t.Errorf("New after Close = %v, want ErrFreed", err)
	}
}

// Shares come, are used by many and go, and do not touch the values.
func TestSharesBesideValues(t *testing.T) {
	t.Parallel()
	value, err := slab.New(0, []byte("a value"))
	if err != nil {
		t.Fatal(err)
	}
	defer value.Free()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				s := slab.NewShare(1 << 20)
				var inner sync.WaitGroup
				for size := 1; size < 100_000; size *= 10 {
					inner.Go(func() {
						want := bytes.Repeat([]byte{byte(size)}, size)
						for range 3 {
							c, err := s.New(want, plain)
							if err != nil {
								t.Errorf("New of %d bytes = %v", size, err)
								return
							}
							if got := read(t, c); !bytes.Equal(got, want) {
								t.Errorf("a value of %d bytes changed", size)
							}
							c.Free()
						}
					})
				}
				inner.Wait()
				s.Close()
			}
		})
	}
	wg.Wait()
	if got := string(read(t, value)); got != "a value" {
		t.Errorf("the value became %q", got)
	}
}
