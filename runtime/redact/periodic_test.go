package redact_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// A value that begins again inside itself is masked, also where the text ends in the
// middle of it.
func TestValueThatBeginsInItself(t *testing.T) {
	t.Parallel()
	const part = "k3J-x9Qm"
	value := strings.Repeat(part, 4)
	r := redact.New(redact.Options{})
	defer r.Close()
	s, err := secret.FromString(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add("K", s); err != nil {
		t.Fatal(err)
	}
	for n := 4; n < 12; n++ {
		for cut := range len(part) {
			text := strings.Repeat(part, n)
			if got := r.String("it is " + text[:len(text)-cut]); strings.Contains(got, part) {
				t.Errorf("%d times, without %d: %q", n, cut, got)
			}
		}
	}
}
