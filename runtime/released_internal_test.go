package runtime

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/redact/mask"
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
		out, err := r.admit(t.Context(), at, s, redact.Mask{}, began, ticket)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := admit(made("value"), 1)
	lent, ok := r.find(at, []byte("value"), nil)
	if !ok || secret.CellOf(lent) != secret.CellOf(first) {
		t.Fatal("the value is not known")
	}
	if _, ok := r.find(at, []byte("value"), []byte("v2")); ok {
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

// Each mask of a value has a cell of its own, whether or not the provider was lent one: so
// a mask ends with those who got the value under it, and nothing is added to a cell that
// stays.
func TestEachMaskHasItsOwnCell(t *testing.T) {
	t.Parallel()
	owner := slab.NewOwner()
	r := newReleased(nil, owner, redact.Options{})
	defer r.close()
	at := place{"p", "k"}
	masks := []redact.Mask{{}, {Mode: mask.Last, Keep: 4}}
	by := map[*slab.Cell]redact.Mask{}
	for n := range 50 {
		s, ok := r.find(at, []byte("value-of-the-module"), nil)
		if !ok {
			cell, err := slab.New(owner, []byte("value-of-the-module"))
			if err != nil {
				t.Fatal(err)
			}
			s = secret.FromCell(cell, secret.Meta{Provider: "p"})
		}
		m := masks[n%2]
		out, err := r.admit(t.Context(), at, s, m, uint64(n+1), uint64(n+1))
		if err != nil {
			t.Fatal(err)
		}
		if before, twice := by[secret.CellOf(out)]; twice && before != m {
			t.Fatalf("round %d: one cell has two masks", n)
		}
		by[secret.CellOf(out)] = m
	}
}

// A value that a module returns under many keys is paid for by each: the Runtime holds a
// copy for each of them.
func TestTM004OneValueUnderManyKeysIsPaidForEach(t *testing.T) {
	t.Parallel()
	owner := slab.NewOwner()
	r := newReleased(nil, owner, redact.Options{Now: time.Now})
	defer r.close()
	const size, most = 100_000, 4 << 20
	r.places.limit("p", most, time.Minute)
	text := bytes.Repeat([]byte("long "), size/5)
	for n := range 2 * most / size {
		cell, err := slab.New(owner, text)
		if err != nil {
			t.Fatal(err)
		}
		key := Key(fmt.Sprint("k", n))
		_, err = r.admit(t.Context(), place{"p", key}, secret.FromCell(cell, secret.Meta{Provider: "p"}), redact.Mask{}, uint64(n), uint64(n))
		if secret.CodeOf(err) == secret.ErrTooLarge {
			if n < most/size/2 {
				t.Errorf("%d copies were too many", n)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%d copies of %d bytes are held, with a limit of %d bytes", 2*most/size, size, most)
}
