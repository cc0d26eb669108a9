package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// TestLimits shows what is not masked according to README.md. If a text is masked
// one day, this test fails, and the page has to be changed.
func TestLimits(t *testing.T) {
	t.Parallel()
	const value = `tr0ub4dor&3+"x"`
	reg := redact.New(redact.Options{})
	defer reg.Close()
	for key, text := range map[string]string{"password": value, "pin": "1234", "word": "admin"} {
		s, err := secret.FromString(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := reg.Add(key, s); err != nil {
			t.Fatal(err)
		}
	}
	reversed := []rune(value)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	var octal strings.Builder
	for _, b := range []byte(value) {
		fmt.Fprintf(&octal, `\%03o`, b)
	}
	limits := map[string]string{
		"reversed":         string(reversed),
		"other case":       strings.ToUpper(value),
		"a part":           value[:8] + " and no more",
		"separated":        strings.Join(strings.Split(value, ""), " "),
		"bytes as numbers": fmt.Sprint([]byte(value)),
		"encoded twice":    fmt.Sprintf("%x", fmt.Sprintf("%x", value)),
		"quotes of CSV":    `"tr0ub4dor&3+""x"""`,
		"html/template":    "tr0ub4dor&amp;3&#43;&#34;x&#34;",
		"octal escapes":    octal.String(),
		"a short value":    "pin 1234",
		"an everyday word": "user admin",
	}
	for name, text := range limits {
		if got := reg.String(text); got != text {
			t.Errorf("%s is masked now: %q", name, got)
		}
	}
	if got := reg.String("unchanged: " + value); got != "unchanged: [REDACTED:password]" {
		t.Errorf("the value itself: %q", got)
	}
}
