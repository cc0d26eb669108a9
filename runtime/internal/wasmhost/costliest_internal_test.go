package wasmhost

import (
	"strings"
	"testing"
)

// What a long log line would take is seen at its worst part, wherever that is.
func TestTM009TheCostliestPartOfALineIsTried(t *testing.T) {
	t.Parallel()
	const bad = `\"\"\"\"`
	for name, line := range map[string]string{
		"at the end":   strings.Repeat("an innocent line of a log ", 300) + strings.Repeat(bad, 80),
		"at the start": strings.Repeat(bad, 80) + strings.Repeat("an innocent line of a log ", 300),
		"in between":   strings.Repeat("innocent ", 200) + strings.Repeat(bad, 200) + strings.Repeat("innocent ", 200),
		"everywhere":   strings.Repeat(bad, 1000),
	} {
		piece, times := costliest(line)
		if n := strings.Count(piece, `\`); n < probe/4 || len(piece) > probe {
			t.Errorf("%s: the piece of %d bytes has %d of the escapes: %.40q", name, len(piece), n, piece)
		}
		if all := strings.Count(line, `\`); times*strings.Count(piece, `\`) < all {
			t.Errorf("%s: %d times the piece is less than the line", name, times)
		}
	}
	if piece, times := costliest(strings.Repeat("word", 2000)); len(piece) != probe || times < 1 {
		t.Errorf("of plain text: %d bytes, %d times", len(piece), times)
	}
}
