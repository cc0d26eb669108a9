package main

import (
	"strings"
	"testing"
)

func TestEmbed(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, want := range []string{
		`msg="no session yet"`, "kind=resync", "kind=added key=session/alice", "kind=rotated key=session/alice",
		"secret=[REDACTED]", "careless=[REDACTED:session/alice]",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the log does not contain %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "token-of-the") {
		t.Errorf("the log contains a value:\n%s", got)
	}
}
