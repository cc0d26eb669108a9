package slab_test

import (
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/internal/slab"
)

// A share that was filled first takes no locked memory away from values: it is
// unlocked again, and says so. What the values do not need is shared out evenly.
func TestTM135SharesAreLockedLast(t *testing.T) {
	if os.Getenv(childVariable) == t.Name() {
		becomeNobody(t)
		lockLast(t)
		return
	}
	t.Parallel()
	child(t)
}

func lockLast(t *testing.T) {
	const limit = 1 << 20
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	greedy := slab.NewShare(8 * limit)
	defer greedy.Close()
	kept := full(t, greedy, 1000)
	agree(t, "a share alone", greedy.Stat().Locked)
	if got := greedy.Stat(); got.Locked != limit || got.Unlocked == 0 {
		t.Errorf("a share alone: %+v, want all of %d bytes locked, and the rest counted", got, limit)
	}

	// Another share gets as much.
	modest := slab.NewShare(limit / 4)
	defer modest.Close()
	cells := full(t, modest, 100)
	if got := modest.Stat(); got.Unlocked != 0 {
		t.Errorf("a share that asks for less than half: %+v, want all locked", got)
	}
	late := slab.NewShare(8 * limit)
	kept = append(kept, full(t, late, 40_000)...)
	if a, b := greedy.Stat().Locked, late.Stat().Locked; max(a, b)-min(a, b) > 128<<10 {
		t.Errorf("two shares that ask for all have %d and %d bytes locked", a, b)
	}

	// Values of any size are locked, down to the last byte of the limit.
	var values []*slab.Cell
	for _, size := range []int{10, 100, 300_000, 5000, 200_000} {
		c, err := slab.New(0, make([]byte, size))
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, c)
		if !lockedInMemory(t, c) || slab.Stat().Unlocked != 0 {
			t.Errorf("a value of %d bytes is not locked: %+v", size, slab.Stat())
		}
	}
	agree(t, "shares and values", slab.Stat().Locked+greedy.Stat().Locked+modest.Stat().Locked+late.Stat().Locked)

	// One above the limit is not, says so, and costs the shares nothing.
	before := greedy.Stat().Locked + modest.Stat().Locked + late.Stat().Locked
	c, err := slab.New(0, make([]byte, 2*limit))
	if err != nil {
		t.Fatal(err)
	}
	if got := slab.Stat().Unlocked; got != 2*limit || lockedInMemory(t, c) {
		t.Errorf("a value above the limit: %d bytes are reported, want %d", got, 2*limit)
	}
	if after := greedy.Stat().Locked + modest.Stat().Locked + late.Stat().Locked; after < before {
		t.Errorf("a value above the limit left the shares %d bytes of %d", after, before)
	}
	c.Free()

	// What is given back goes to those that had to do without.
	for _, c := range append(values, cells...) {
		c.Free()
	}
	late.Close()
	total := slab.Stat().Locked + greedy.Stat().Locked + modest.Stat().Locked
	if total < limit-64<<10 {
		t.Errorf("%d bytes are locked of %d that may be", total, limit)
	}
	agree(t, "at the end", total)
	runtime.KeepAlive(kept) // the collector frees what nobody can reach
}

// agree compares what is reported with what the kernel counts.
func agree(t *testing.T, when string, reported int64) {
	t.Helper()
	var locked int64
	for _, m := range mappings(t) {
		for _, f := range m.flags {
			if f == "lo" {
				locked += int64(m.to - m.from)
			}
		}
	}
	if locked != reported {
		t.Errorf("%s: the kernel has %d locked bytes, and %d are reported", when, locked, reported)
	}
}

// lockedInMemory reports whether the kernel has locked the memory of a value.
func lockedInMemory(t *testing.T, c *slab.Cell) (locked bool) {
	t.Helper()
	_ = c.Use(func(b []byte) error {
		at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
		for _, m := range mappings(t) {
			if m.from <= at && at < m.to {
				for _, f := range m.flags {
					locked = locked || f == "lo"
				}
			}
		}
		return nil
	})
	return locked
}
