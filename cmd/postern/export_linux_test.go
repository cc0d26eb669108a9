package main_test

import (
	"strings"
	"testing"
)

// TestTM100ExportOnTerminal: on a terminal postern shows values only with a warning,
// and values with control characters not at all.
func TestTM100ExportOnTerminal(t *testing.T) {
	t.Parallel()
	screen, stderr, exit := shown(t, "plain", "export", "-f", "shell", "--only", "VALUE")
	if screen != "export VALUE='plain'\n" || exit != 0 || !strings.Contains(stderr, "postern: warning: the values stay in the scrollback of this terminal") {
		t.Errorf("plain: %q, exit code %d, %q", screen, exit, stderr)
	}
	screen, stderr, exit = shown(t, "\x1b]0;title\a", "export", "-f", "shell", "--only", "VALUE")
	if screen != "" || exit != 65 || !strings.Contains(stderr, "contains control characters") {
		t.Errorf("control bytes: %q, exit code %d, %q", screen, exit, stderr)
	}
	screen, _, exit = shown(t, "\x1b]0;title\a", "export", "-f", "json", "--only", "VALUE")
	if screen != "{\n  \"VALUE\": \"\\u001b]0;title\\u0007\"\n}\n" || exit != 0 {
		t.Errorf("escaped: %q, exit code %d", screen, exit)
	}
}
