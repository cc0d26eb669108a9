// Package sample lets tests repeat less: a random tenth of what they repeat, and all of
// it in the long tier, which sets POSTERN_TEST_LONG=1.
//
// It is for what is random or exhaustive. Cases that somebody wrote down always run.
package sample

import (
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	longVariable = "POSTERN_TEST_LONG" // 1 for all repetitions
	seedVariable = "POSTERN_TEST_SEED" // the seed of a run that is to be repeated
)

// share is how many repetitions there are for one that is made outside the long tier.
const share = 10

// Long reports whether all repetitions are made.
func Long() bool { return os.Getenv(longVariable) == "1" }

// Of yields the numbers from 0 to n-1 in order; outside the long tier only one of each
// ten of them, chosen at random.
func Of(t testing.TB, n int) iter.Seq[int] {
	t.Helper()
	if Long() {
		return func(yield func(int) bool) {
			for i := 0; i < n && yield(i); i++ {
			}
		}
	}
	s := sourceOf(t)
	return func(yield func(int) bool) {
		for first := 0; first < n; first += share {
			if !yield(first + s.below(min(share, n-first))) {
				return
			}
		}
	}
}

// From yields the elements of all in order; outside the long tier only one of each ten
// of them, chosen at random.
func From[T any](t testing.TB, all []T) iter.Seq[T] {
	t.Helper()
	chosen := Of(t, len(all))
	return func(yield func(T) bool) {
		for i := range chosen {
			if !yield(all[i]) {
				return
			}
		}
	}
}

// Rounds yields the numbers of [Of], each with random numbers for that round. They depend
// on the name of the test and on the number of the round, not on which rounds are made.
func Rounds(t testing.TB, n int) iter.Seq2[int, *rand.Rand] {
	t.Helper()
	chosen := Of(t, n)
	return func(yield func(int, *rand.Rand) bool) {
		for i := range chosen {
			if !yield(i, rand.New(rand.NewPCG(hash(t.Name()), uint64(i)))) {
				return
			}
		}
	}
}

// Times returns n; outside the long tier a tenth of it, at least 1.
func Times(n int) int {
	if Long() {
		return n
	}
	return max(1, n/share)
}

// source chooses for one test.
type source struct {
	mu  sync.Mutex
	rnd *rand.Rand // guarded by mu
}

// sources are the sources of the tests that run, by testing.TB: helpers deep in a test
// choose too, and each must choose anew.
var sources sync.Map

// sourceOf returns the source of a test. The first time it logs the seed, which is chosen
// by the time unless POSTERN_TEST_SEED gives it.
func sourceOf(t testing.TB) *source {
	t.Helper()
	if s, ok := sources.Load(t); ok {
		return s.(*source)
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
		seed = given
	}
	s, found := sources.LoadOrStore(t, &source{rnd: rand.New(rand.NewPCG(seed, hash(t.Name())))})
	if !found {
		t.Logf("a tenth of the repetitions: %s=%d makes the same ones, %s=1 all", seedVariable, seed, longVariable)
		t.Cleanup(func() { sources.Delete(t) })
	}
	return s.(*source)
}

func (s *source) below(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rnd.IntN(n)
}

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}
