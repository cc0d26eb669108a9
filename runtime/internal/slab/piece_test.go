package slab_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/postern-project/postern/runtime/internal/slab"
)

// While a large value is copied, everything else continues: other values, the same share
// and other shares are made, read, freed and closed. A lock that was held would never be
// released, because all of that happens within the copy.
func TestTM009NothingWaitsForALargeCopy(t *testing.T) {
	t.Parallel()
	value := bytes.Repeat([]byte("v"), 1<<20)
	mine := slab.NewShare(8 << 20)
	defer mine.Close()
	o := slab.NewOwner()
	for name, store := range map[string]func(copying func(dst, src []byte)) (*slab.Cell, error){
		"a value":    func(f func(dst, src []byte)) (*slab.Cell, error) { return slab.NewBy(o, value, f) },
		"of a share": func(f func(dst, src []byte)) (*slab.Cell, error) { return mine.New(value, f) },
	} {
		pieces := 0
		c, err := store(func(dst, src []byte) {
			pieces++
			others(t, mine)
			copy(dst, src)
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := read(t, c); !bytes.Equal(got, value) {
			t.Errorf("%s: %d bytes came back, or others", name, len(got))
		}
		if pieces < 4 {
			t.Errorf("%s: a megabyte was copied in %d pieces, want at least 4", name, pieces)
		}
		c.Free()
	}
}

// others does what other users of this process may do at any time.
func others(t *testing.T, mine *slab.Share) {
	t.Helper()
	share, owner := slab.NewShare(4<<20), slab.NewOwner()
	for _, size := range []int{0, 33, 5000, 100_000, 1 << 20} {
		for name, store := range map[string]func([]byte) (*slab.Cell, error){
			"value":       func(b []byte) (*slab.Cell, error) { return slab.New(owner, b) },
			"same share":  func(b []byte) (*slab.Cell, error) { return mine.New(b, plain) },
			"other share": func(b []byte) (*slab.Cell, error) { return share.New(b, plain) },
		} {
			c, err := store(make([]byte, size))
			if err != nil {
				t.Fatalf("%s of %d bytes: %v", name, size, err)
			}
			_ = c.Use(func([]byte) error { return nil })
			c.Free()
		}
	}
	_, _ = slab.Stat(), share.Stat()
	owner.FreeAll()
	share.Close()
}

// A copy that does not end, because the call that pays for it is over, leaves nothing.
func TestPanicWhileCopyingFreesTheCell(t *testing.T) {
	t.Parallel()
	s := slab.NewShare(4 << 20)
	defer s.Close()
	for at := 1; at <= 3; at++ {
		func() {
			defer func() { _ = recover() }()
			pieces := 0
			_, _ = s.New(bytes.Repeat([]byte("v"), 1<<20), func(dst, src []byte) {
				if pieces++; pieces == at {
					panic("over")
				}
				copy(dst, src)
			})
			t.Errorf("New returned although copying piece %d panicked", at)
		}()
		if st := s.Stat(); st.Cells != 0 || st.Locked+st.Unlocked != 0 {
			t.Errorf("after a panic at piece %d: %+v, want nothing", at, st)
		}
	}
	if c, err := s.New(make([]byte, 3<<20), plain); err != nil {
		t.Errorf("New after that = %v", err)
	} else {
		c.Free()
	}
}

// What is freed or closed while it is being filled is never read, and wiped at the end.
func TestFreedWhileItIsFilled(t *testing.T) {
	t.Parallel()
	s := slab.NewShare(4 << 20)
	c, err := s.New(bytes.Repeat([]byte("v"), 1<<20), func(dst, src []byte) {
		s.Close()
		copy(dst, src)
	})
	if err == nil {
		err = c.Use(func([]byte) error { return nil })
	}
	if !errors.Is(err, slab.ErrFreed) {
		t.Errorf("a cell of a share that was closed meanwhile: %v, want ErrFreed", err)
	}
	if st := s.Stat(); st != (slab.Status{}) {
		t.Errorf("%+v is left, want nothing", st)
	}
}
