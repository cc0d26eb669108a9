package runtime

import (
	"testing"

	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// A Secret that a provider was lent, because its value was known, stays readable for all who
// have it, also if the value changes and changes back before the provider returns it.
func TestLentSecretsStayReadable(t *testing.T) {
	t.Parallel()
	owner := slab.NewOwner()
	r := newReleased(nil, owner, redact.Options{})
	defer r.close()
	at := place{"p", "k"}
	made := func(text string) Secret {
		cell, err := slab.New(owner, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return secret.FromCell(cell, secret.Meta{Provider: "p"})
	}
	ticket := uint64(0)
	admit := func(s Secret, began uint64) Secret {
		ticket++
		out, err := r.admit(at, s, redact.Mask{}, began, ticket)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := admit(made("value"), 1)
	lent, ok := r.known(at, []byte("value"), nil)
	if !ok || secret.CellOf(lent) != secret.CellOf(first) {
		t.Fatal("the value is not known")
	}
	if _, ok := r.known(at, []byte("value"), []byte("v2")); ok {
		t.Error("a value of another version is known")
	}
	other := admit(made("other"), 2)
	back := admit(made("value"), 3)
	if secret.CellOf(back) == secret.CellOf(first) {
		t.Fatal("the place still holds the first Secret")
	}
	returned := admit(lent, 2)
	for name, s := range map[string]Secret{"first": first, "lent": lent, "other": other, "back": back, "returned": returned} {
		if _, err := s.ExposeString(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
