package wasmhost

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/secret"
)

// A value that is known is returned as it is, and outlives a request that fails; one that
// is not known is made, and wiped.
func TestKnownValuesAreSharedAndOutliveFailures(t *testing.T) {
	t.Parallel()
	wasm, _ := modules.Bytes("env")
	long := strings.Repeat("x", slab.MaxQuick+1)
	var known secret.Secret
	var asked []secret.Key
	p, err := Open(t.Context(), Options{
		Name: "p", Wasm: wasm, Grant: all.Grants{Env: []string{"*"}}, Mode: Pooled,
		Environ: func() []string { return []string{"A=value", "B=other", "LONG=" + long} },
		Known: func(key secret.Key, value, version []byte) (secret.Secret, bool) {
			asked = append(asked, key)
			return known, key == "A" && !known.IsZero() && secret.CellOf(known).Holds(value)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	first, err := p.Get(t.Context(), "A")
	if err != nil {
		t.Fatal(err)
	}
	known = first
	secret.CellOf(known).OnFree(t, func() {}) // as a runtime does that has released it
	results := p.GetMany(t.Context(), []secret.Key{"A", "B", "LONG"})
	if again := results[0].Secret; secret.CellOf(again) != secret.CellOf(first) {
		t.Error("the value was made again")
	}
	if want := []secret.Key{"A", "A", "B"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q: large values are not compared", asked, want)
	}
	destroy(results)
	for i, want := range []bool{true, false, false} {
		if _, err := results[i].Secret.ExposeString(); err == nil != want {
			t.Errorf("after a failure, %s can be read: %v, want %v", results[i].Key, err == nil, want)
		}
	}
}

// A value that was destroyed while the guest ran cannot be compared with what the guest
// said: none of that is shown.
func TestTM019ADestroyedValueIsNotDisclosed(t *testing.T) {
	t.Parallel()
	value, err := secret.FromString("value-of-the-module")
	if err != nil {
		t.Fatal(err)
	}
	r := newReplies(nil, []secret.Key{"A", "ABSENT"}, 1<<20)
	r.results[0].Secret = value
	var seen []string
	add := func(name string, b []byte) bool { seen = append(seen, name+"="+string(b)); return true }
	if complete := r.Disclose(add); !complete || !slices.Equal(seen, []string{"A=value-of-the-module"}) {
		t.Errorf("Disclose() = %v after %q", complete, seen)
	}
	value.Destroy()
	if r.Disclose(add) {
		t.Error("what was destroyed is not disclosed, and Disclose says that it is complete")
	}
}
