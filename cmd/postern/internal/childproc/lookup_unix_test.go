//go:build unix

package childproc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/childproc"
)

// A program that is skipped since its folder is relative is named as one would type it.
func TestLookupNamesSkippedProgram(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"here", "bin"} {
		if err := os.Mkdir(filepath.Join(top, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(top, "bin", "tool"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(top, "here"))
	if _, err := childproc.Lookup("tool", "./../bin"); err == nil || !strings.HasSuffix(err.Error(), `name it "../bin/tool"`) {
		t.Errorf("Lookup = %v", err)
	}
	t.Chdir(top)
	if _, err := childproc.Lookup("tool", "bin"); err == nil || !strings.HasSuffix(err.Error(), `name it "./bin/tool"`) {
		t.Errorf("Lookup = %v", err)
	}
}
