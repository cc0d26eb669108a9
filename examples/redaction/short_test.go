package main

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// TestShortValuesInBase64 shows where values of four to seven bytes are found in the base64
// of more text, as README.md says: by the bytes before the value in its group of three, and
// by whether text follows.
func TestShortValuesInBase64(t *testing.T) {
	t.Parallel()
	const always, atEnd, never = "always", "at the end", "never"
	for size, want := range map[int][3]string{ // by the bytes before the value
		4: {atEnd, never, never},
		5: {atEnd, never, atEnd},
		6: {always, atEnd, always},
		7: {always, always, always},
	} {
		value := "q7Zxk9w"[:size]
		s, err := secret.FromString(value)
		if err != nil {
			t.Fatal(err)
		}
		reg := redact.New(redact.Options{})
		if err := reg.Add("a", s); err != nil {
			t.Fatal(err)
		}
		for before := range 3 {
			for _, after := range []string{"", " ", " m", " mo", " more text"} {
				text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", 3+before) + value + after))
				found := reg.String(text) != text
				if want := want[before] == always || want[before] == atEnd && after == ""; found != want {
					t.Errorf("%d bytes after %d of a group, before %q: found %v, want %v", size, before, after, found, want)
				}
			}
		}
	}
}
