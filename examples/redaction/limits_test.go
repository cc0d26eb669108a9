package main

import (
	"encoding/base32"
	"encoding/base64"
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
	for key, text := range map[string]string{"password": value, "host": "zürich-and-2024", "pin": "1234", "word": "admin", "control": "Kx\x1b9q(z-77'pw"} {
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
	var wide []byte
	for _, b := range []byte(`tr0ub4dor&3+\"x\"`) {
		wide = append(wide, b, 0)
	}
	const long = "github_pat_11ABCDEFG0aBcDeFgHiJkL_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d"
	if s, err := secret.FromString(long); err != nil || reg.Add("long", s) != nil {
		t.Fatal(err)
	}
	printable := strings.ReplaceAll(long[:60]+"=\n"+long[60:], "\n", `\n`)
	limits := map[string]string{
		"reversed":         string(reversed),
		"other case":       strings.ToUpper(value),
		"a part":           value[:8] + " and no more",
		"separated":        strings.Join(strings.Split(value, ""), " "),
		"bytes as numbers": fmt.Sprint([]byte(value)),
		"encoded twice":    fmt.Sprintf("%x", fmt.Sprintf("%x", value)),
		"folded":           value[:8] + "\n  " + value[8:],
		"shown as ?":       strings.ReplaceAll(value, "&", "?"),
		"a name":           strings.ReplaceAll(value, "&", `\N{AMPERSAND}`),
		"UTF-7":            "z+APw-rich-and-2024",
		"punycode":         "https://xn--zrich-and-2024-gsb.example/",
		"a hex dump":       fmt.Sprintf("% x", value),
		"base64 of JSON":   base64.StdEncoding.EncodeToString([]byte(`tr0ub4dor&3+\"x\"`)),
		"base32 of more":   base32.StdEncoding.EncodeToString([]byte("app:" + value)),
		"JSON in UTF-16":   string(wide),
		"escaped breaks":   printable,
		"beside ESC":       "Kx\x1b9q\\(z\\-77\\'pw",
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

// TestLimitOfManyValues shows that escaped letters are found among few values only.
func TestLimitOfManyValues(t *testing.T) {
	t.Parallel()
	const hidden = `\x76alue-0000`
	for count, want := range map[int]string{256: "[REDACTED:key]", 257: hidden} {
		reg := redact.New(redact.Options{})
		defer reg.Close()
		for i := range count {
			s, err := secret.FromString(fmt.Sprintf("value-%04d", i))
			if err != nil {
				t.Fatal(err)
			}
			if err := reg.Add("key", s); err != nil {
				t.Fatal(err)
			}
		}
		reg.Compact()
		if got := reg.String(hidden); got != want {
			t.Errorf("%d values: %q, want %q", count, got, want)
		}
	}
}
