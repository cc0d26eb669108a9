package app

import "testing"

func TestHarmless(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"": true, "text\n\ttext": true, "é": true, "\x1b]0;x\a": false, "\r": false, "\x00": false, "\x7f": false, "\u009b": false, "\xff": false,
	} {
		if got := Harmless([]byte(in)); got != want {
			t.Errorf("Harmless(%q) = %v, want %v", in, got, want)
		}
	}
}
