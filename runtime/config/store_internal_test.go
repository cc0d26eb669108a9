package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestStoreKeepsWhatIsWrittenMeanwhile: a line that another program, which takes no lock,
// adds to the store while it is rewritten is not lost. If the store changes all the time,
// nothing is recorded.
func TestStoreKeepsWhatIsWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	for _, edits := range []int{1, maxRewrites - 1, maxRewrites} {
		c := &Config{store: filepath.Join(t.TempDir(), "trusted")}
		line := func(path string) string { return strings.Repeat("0", 64) + " " + quotePath(path) }
		want := []string{line("/before")}
		if err := os.WriteFile(c.store, []byte(want[0]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		left := edits
		err := c.rewriteStore(func(lines []string) []string {
			if left > 0 {
				left--
				want = append(want, line("/meanwhile"))
				if err := os.WriteFile(c.store, []byte(strings.Join(want, "\n")+"\n"), 0o600); err != nil {
					t.Error(err)
				}
			}
			return append(lines, line("/mine"))
		})
		if edits < maxRewrites {
			want = append(want, line("/mine"))
		}
		if (err != nil) != (edits == maxRewrites) {
			t.Errorf("%d edits: rewriteStore = %v", edits, err)
		}
		if got, err := readStore(c.store); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d edits: the store holds %q, %v, want %q", edits, got, err, want)
		}
	}
}
