package run

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/values"
)

func emptyPlan() *plan { return &plan{byName: map[string]*variable{}} }

// No text makes the parser panic or set a dangerous variable, and no error contains
// a value.
func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"A=b\n", "export A='b' # c\n", "A=postern://k?provider=p#/x\n", "LD_PRELOAD=x\n", "A\n", "A=\"\nB", "=\n", "A=op://x\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const canary = "c4n4ry"
		p := emptyPlan()
		err := p.addText("f", []byte(strings.ReplaceAll(text, "=", "="+canary)))
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error shows a value: %v", err)
		}
		p = emptyPlan()
		if p.addText("f", []byte(text)) != nil {
			return
		}
		for _, i := range p.items {
			if i.name == "" || strings.ContainsAny(i.name, "=\x00 ") || values.Dangerous(strings.ToUpper(i.name)) {
				t.Errorf("%q sets the variable %q", text, i.name)
			}
		}
	})
}

// Folders that are created concurrently are distinct and are not swept; a folder
// without a living owner is removed (TM-165).
func TestRunFolders_TM165(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	left := filepath.Join(base, "postern", folderPrefix+"left")
	other := filepath.Join(base, "postern", "other")
	for _, dir := range []string{left, other} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := writeFile(filepath.Join(dir, "SECRET"), []byte("s")); err != nil {
			t.Fatal(err)
		}
	}
	folders := make([]*folder, 16)
	var wg sync.WaitGroup
	for i := range folders {
		wg.Go(func() {
			f, err := newFolder(base)
			if err != nil {
				t.Error(err)
				return
			}
			if err := writeFile(filepath.Join(f.path, "SECRET"), []byte("s")); err != nil {
				t.Error(err)
			}
			folders[i] = f
		})
	}
	wg.Wait()
	for _, f := range folders {
		if f == nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(f.path, "SECRET")); err != nil {
			t.Error(err)
		}
		f.remove()
	}
	entries, err := os.ReadDir(filepath.Join(base, "postern"))
	if err != nil || len(entries) != 1 || entries[0].Name() != "other" {
		t.Errorf("the folders %v remain (%v), want only the one that is not a run folder", entries, err)
	}
}
