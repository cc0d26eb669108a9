package cli_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// hint finds the beginnings of commands in string literals: "postern" and the
// words of a command after it.
var hint = regexp.MustCompile(`"(postern(?: [a-z][a-z-]*)+) ?[^a-z]`)

// TestHintsNameCommands: every command that a hint names exists.
func TestHintsNameCommands(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range hint.FindAllSubmatch(b, -1) {
			found[string(m[1])] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 15 {
		t.Errorf("%d hints found, want at least 15: %q", len(found), found)
	}
	for command, path := range found {
		words := strings.TrimPrefix(strings.TrimPrefix(command, "postern "), "help ")
		if exit, stdout, stderr := run(append([]string{"help"}, strings.Fields(words)...)...); exit != 0 || stdout == "" {
			t.Errorf("%s: %q is not a command: %s", path, command, stderr)
		}
	}
}
