package std

import (
	"maps"
	"slices"
	"testing"
)

// TestTypes checks that each function has a type, and each type a function.
func TestTypes(t *testing.T) {
	t.Parallel()
	got, want := slices.Sorted(maps.Keys(Types())), slices.Sorted(maps.Keys(functions()))
	if !slices.Equal(got, want) {
		t.Errorf("Types has %q, want %q", got, want)
	}
}
