package capability

import (
	"bytes"
	"testing"
)

// What a guest writes may have values in it: no copy is left when more comes.
func TestOutputInPiecesLeavesNoCopy(t *testing.T) {
	t.Parallel()
	var c Call
	var before [][]byte
	for _, piece := range []string{"a value", " in pieces", string(bytes.Repeat([]byte("x"), 100)), string(bytes.Repeat([]byte("y"), 5000))} {
		before = append(before, c.lines.partial[0].text, c.lines.tails[0].text)
		c.WriteOutput(0, []byte(piece))
	}
	for i, b := range before {
		if len(b) > 0 && len(bytes.Trim(b, "\x00")) > 0 {
			t.Errorf("memory %d still has %q", i, b)
		}
	}
}
