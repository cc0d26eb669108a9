package guesttext

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// What joins lines and runs does what these expressions say, which are too slow.
func TestReadingsDoWhatTheirExpressionsSay(t *testing.T) {
	t.Parallel()
	wrap := regexp.MustCompile(`\r?\n[ \t>]*`)
	between := regexp.MustCompile(`([A-Za-z0-9+/_-]{16,})[\s"',;\\](?:[^A-Za-z0-9+/]| \+){0,15}`)
	pieces := []string{"abcdefghijklmnop", "abcdefghijklmno", "a", "_", "-", "+", "/", " ", "\t", "\r", "\n", "\f", "\v", ">", `"`, "'", ",", ";", `\`, ".", "ä", "\xff", "0123456789abcdef0123"}
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var text []byte
		for range random.IntN(30) {
			text = append(text, pieces[random.IntN(len(pieces))]...)
		}
		if got, want := string(unwrap(text)), string(wrap.ReplaceAll(text, nil)); got != want {
			t.Fatalf("unwrap(%q) = %q, want %q", text, got, want)
		}
		if got, want := string(joinRuns(text)), string(between.ReplaceAll(text, []byte("$1"))); got != want {
			t.Fatalf("joinRuns(%q) = %q, want %q", text, got, want)
		}
	}
}
