package listing_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime/internal/listing"
	"github.com/postern-project/postern/runtime/secret"
)

// looks is a context that counts how often somebody asks whether it has ended. It ends at
// the look after the last one.
type looks struct {
	context.Context
	n, last int
}

func (l *looks) Err() error {
	if l.n++; l.n > l.last {
		return context.Canceled
	}
	return nil
}

func TestSortsEachKeyOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 511, 512, 513, 1024, 1025, 5000} {
		var keys []secret.Key
		for range n {
			keys = append(keys, secret.Key(fmt.Sprint(rand.IntN(n+n/2))))
		}
		want := slices.Clone(keys)
		slices.Sort(want)
		want = slices.Compact(want)
		if got, err := listing.Sort(t.Context(), keys); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d keys: %v, %v; want %v", n, got, err, want)
		}
	}
}

// Sorting ends with the context, wherever it is by then.
func TestSortingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	keys := make([]secret.Key, 20_000)
	for i := range keys {
		keys[i] = secret.Key(fmt.Sprint(rand.Uint64()))
	}
	all := &looks{Context: t.Context(), last: 1 << 30}
	if _, err := listing.Sort(all, slices.Clone(keys)); err != nil || all.n < 200 {
		t.Fatalf("%v after %d looks at the context", err, all.n)
	}
	for last := range all.n {
		ctx := &looks{Context: t.Context(), last: last}
		if _, err := listing.Sort(ctx, slices.Clone(keys)); !errors.Is(err, context.Canceled) || ctx.n != last+1 {
			t.Fatalf("%v after %d looks, want canceled after %d", err, ctx.n, last+1)
		}
	}
}

// Of equal ones, those of the first list come first.
func TestMergeKeepsTheOrderOfEqual(t *testing.T) {
	t.Parallel()
	type place struct{ key, from int }
	to := make([]place, 5)
	compare := func(a, b place) int { return a.key - b.key }
	if err := listing.Merge(t.Context(), to, []place{{1, 0}, {2, 0}}, []place{{1, 1}, {2, 1}, {3, 1}}, compare); err != nil {
		t.Fatal(err)
	}
	if want := []place{{1, 0}, {1, 1}, {2, 0}, {2, 1}, {3, 1}}; !slices.Equal(to, want) {
		t.Errorf("%v, want %v", to, want)
	}
}
