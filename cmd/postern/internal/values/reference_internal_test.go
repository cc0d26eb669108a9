package values

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// FuzzReference: every text gives a valid key or an error with a code, and a plain
// key is parsed to itself.
func FuzzReference(f *testing.F) {
	for _, s := range []string{"a/b", "postern://a/b?provider=p&default=x#/c/0", "postern://", "ref+vault://a#/b", "op://a/b", "postern://a?default=%41+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReference(s)
		if err != nil {
			if secret.CodeOf(err) != secret.ErrInvalidKey {
				t.Fatalf("ParseReference(%q): %v, want invalid_key", s, err)
			}
			return
		}
		if err := r.Key.Check(); err != nil {
			t.Fatalf("ParseReference(%q) has the key %q: %v", s, r.Key, err)
		}
		if !strings.HasPrefix(s, Scheme) && string(r.Key) != s {
			t.Fatalf("ParseReference(%q) has the key %q", s, r.Key)
		}
	})
}

// FuzzPointer: every value and pointer give a part of the value or an error with a
// code.
func FuzzPointer(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b",null,{"c":true}]}`), "/a/1")
	f.Add([]byte(`"x"`), "/")
	f.Add([]byte(` [ 1 ] `), "/0")
	f.Fuzz(func(t *testing.T, value []byte, pointer string) {
		if pointer == "" || pointer[0] != '/' {
			return
		}
		_, err := pointInto(value, pointer)
		switch secret.CodeOf(err) {
		case "", secret.ErrNotFound, secret.ErrInvalidValue:
		default:
			t.Fatalf("pointInto(%q, %q): %v", value, pointer, err)
		}
	})
}
