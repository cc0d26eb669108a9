package format_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
)

// TestDocumentsReadBackEverywhere: the programs for which a format is made read what
// was written.
func TestDocumentsReadBackEverywhere(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"json": "a.json", "yaml": "a.yaml", "k8s": "a.yaml"} {
		var entries []format.Entry
		var keys, want []string
		for i, value := range nasty(50)[:300] {
			key := fmt.Sprintf("db/%d", i)
			entries = append(entries, entry(t, key, "", []byte(value)))
			if name == "k8s" {
				key = fmt.Sprintf("db.%d", i)
			}
			keys, want = append(keys, key), append(want, value)
		}
		var d format.Document
		if err := writers[name](&d, entries); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range documentConsumers(name) {
			t.Run(name+" "+c.name, func(t *testing.T) {
				t.Parallel()
				got, _ := c.read(t, path, keys...)
				for i := range got {
					if string(got[i]) != want[i] {
						t.Errorf("%s reads %q for %q", c.name, got[i], want[i])
					}
				}
			})
		}
	}
}
