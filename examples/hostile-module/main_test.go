package main

import (
	"os"
	"strings"
	"testing"
)

// TestHostileModule compares what the program prints with its README.
func TestHostileModule(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```text\n")
	want, _, ok := strings.Cut(block, "```\n")
	if !ok {
		t.Fatal("README.md does not show the program's output")
	}
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("output:\n%s\nwant, as README.md says:\n%s", out.String(), want)
	}
}
