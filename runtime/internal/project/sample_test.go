package project_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/postern-project/postern/testdata/sample"
)

// alike is one of several tests that have the same name.
type alike struct{ testing.TB }

func (*alike) Name() string { return "TestAlike" }

// sampled returns what a test chooses of n numbers, with a seed or, if it is "", of all.
func sampled(t *testing.T, n int, seed string) []int {
	t.Helper()
	t.Setenv("POSTERN_TEST_LONG", "")
	if t.Setenv("POSTERN_TEST_SEED", seed); seed == "" {
		t.Setenv("POSTERN_TEST_LONG", "1")
	}
	return slices.Collect(sample.Of(&alike{t}, n))
}

// Outside the long tier one of each ten repetitions is made, and each is made with some
// seed; a seed makes the same ones again.
func TestSampleOf(t *testing.T) {
	const n = 34
	if all := sampled(t, n, ""); len(all) != n || !slices.IsSorted(all) {
		t.Errorf("in the long tier %d of %d: %v", len(all), n, all)
	}
	seen := map[int]bool{}
	for seed := range 200 {
		chosen := sampled(t, n, strconv.Itoa(seed))
		if len(chosen) != 4 {
			t.Fatalf("chosen: %v, want one of each ten", chosen)
		}
		for ten, i := range chosen {
			if i/10 != ten || i >= n {
				t.Fatalf("chosen: %v, want one of each ten", chosen)
			}
			seen[i] = true
		}
	}
	if len(seen) != n {
		t.Errorf("only %d of %d are ever chosen", len(seen), n)
	}
	if a, b := sampled(t, 1000, "7"), sampled(t, 1000, "7"); !slices.Equal(a, b) {
		t.Errorf("the same seed chooses %v and %v", a, b)
	}
	if a, b := sampled(t, 1000, "7"), sampled(t, 1000, "8"); slices.Equal(a, b) {
		t.Errorf("two seeds choose %v", a)
	}
	if none := sampled(t, 0, "7"); len(none) != 0 {
		t.Errorf("of no repetitions: %v", none)
	}
}

// A round has the same random numbers whichever other rounds there are.
func TestSampleRounds(t *testing.T) {
	numbers := func(seed string) map[int]uint64 {
		sampled(t, 0, seed)
		got := map[int]uint64{}
		for i, rnd := range sample.Rounds(t, 50) {
			got[i] = rnd.Uint64()
		}
		return got
	}
	all, some := numbers(""), numbers("7")
	if len(all) != 50 || len(some) != 5 {
		t.Errorf("%d and %d rounds, want 50 and 5", len(all), len(some))
	}
	for i, number := range some {
		if all[i] != number {
			t.Errorf("round %d begins with %d, in the long tier with %d", i, number, all[i])
		}
	}
}
