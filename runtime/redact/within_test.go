package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
)

// A long text is masked in pieces as if it was masked at once, and no further than its caller
// wants.
func TestStringWhile(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	v := keystore(3 << 10)
	for i, v := range []string{v, "swordfish-of-the-server", `p"a\ss of "quotes"`} {
		if err := r.Add(fmt.Sprint("k", i), secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
	}
	always := func() bool { return true }
	for _, text := range []string{
		"", "short", "the swordfish-of-the-server", strings.Repeat("plain text ", 300), "begin " + v + " end",
		strings.Repeat(`a "p\"a\\ss of \"quotes\"" `, 100), v[:len(v)-100] + strings.Repeat("x", 400), "\n" + v[:2000],
		strings.Repeat("swordfish-of-the-server", 60), strings.Repeat("=", 511) + "swordfish-of-the-server",
	} {
		if got, ok := r.StringWhile(text, always); !ok || got != r.String(text) {
			t.Errorf("%.50q in pieces is %.200q, %v", text, got, ok)
		}
	}
	asked := 0
	if got, ok := r.StringWhile(strings.Repeat("text ", 10_000), func() bool { asked++; return asked < 10 }); ok || got != "" || asked != 10 {
		t.Errorf("stopped after %d questions: %.20q, %v", asked, got, ok)
	}
}
