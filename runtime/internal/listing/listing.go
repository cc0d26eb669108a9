// Package listing sorts what providers list. How many keys that are, and how much of them
// is alike, the author of a module says: so the work ends with the context of the request.
//
// Start with [Sort].
package listing

import (
	"cmp"
	"context"
	"slices"

	"github.com/postern-project/postern/runtime/secret"
)

// run is how many keys are sorted between two looks at the context, which takes less than
// a millisecond however long they are.
const run = 512

// Sort returns keys sorted, each once. It takes keys over. The error is that of the context.
func Sort(ctx context.Context, keys []secret.Key) ([]secret.Key, error) {
	for at := 0; at < len(keys); at += run {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		slices.Sort(keys[at:min(at+run, len(keys))])
	}
	from, to := keys, make([]secret.Key, len(keys))
	for n := run; n < len(keys); n *= 2 { // the length of the sorted parts
		for at := 0; at < len(keys); at += 2 * n {
			middle, end := min(at+n, len(keys)), min(at+2*n, len(keys))
			if err := Merge(ctx, to[at:end], from[at:middle], from[middle:end], cmp.Compare); err != nil {
				return nil, err
			}
		}
		from, to = to, from
	}
	return slices.Compact(from), nil
}

// Merge puts a and b, which are sorted and together as long as to, there sorted. Of equal
// ones that of a is first. The error is that of the context.
func Merge[T any](ctx context.Context, to, a, b []T, compare func(a, b T) int) error {
	for i := range to {
		if i%run == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if len(b) == 0 || len(a) > 0 && compare(a[0], b[0]) <= 0 {
			to[i], a = a[0], a[1:]
		} else {
			to[i], b = b[0], b[1:]
		}
	}
	return nil
}
