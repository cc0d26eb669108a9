package match

import (
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// wiped is a value of which nothing is left.
type wiped struct{ Value }

func (wiped) Live() bool { return false }

// Values that are wiped before anybody searches take no memory.
func TestWipedValuesAreForgottenWithoutASearch(t *testing.T) {
	t.Parallel()
	x := NewIndex(encodings.Options{})
	for range 10_000 {
		x.Add(wiped{})
		if n := len(x.added); n > leastRoom {
			t.Fatalf("the index keeps %d values, none of which is left", n)
		}
	}
}
