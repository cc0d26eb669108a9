package file_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/safefile"
)

var longAgo = time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)

// disguise writes a file and sets its time of writing to longAgo.
func disguise(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Error(err)
	}
	if err := os.Chtimes(path, longAgo, longAgo); err != nil {
		t.Error(err)
	}
}

// nextTick returns when the clock of the file system has moved on.
func nextTick(t testing.TB, dir string) {
	t.Helper()
	probe := filepath.Join(dir, "..probe")
	written := func() time.Time {
		if err := os.WriteFile(probe, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(probe)
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	for start := written(); written().Equal(start); {
	}
}

// changeTime returns when a file was last changed.
func changeTime(t testing.TB, path string) time.Time {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	at, _ := safefile.Changed(info, f)
	return at
}

func versionOf(t testing.TB, g *guesttest.Guest, path string) string {
	t.Helper()
	info, status := g.Ask(fileStat, path)
	v := guesttest.Fields(t, info, abi.TagVersion)
	if status != abi.OK || len(v) != 1 {
		t.Fatalf("stat(%q) = %q, %v", path, info, status)
	}
	return v[0]
}

// An edit that keeps the size and sets back the time of writing changes the version.
func TestFileVersionShowsAnEditThatKeepsSizeAndTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	disguise(t, path, "old")
	g := fileGuest(t, dir, file.Grant{Path: "a"})
	before := versionOf(t, g, "a")
	g.Begin(t.Context())
	if again := versionOf(t, g, "a"); again != before {
		t.Errorf("version %q became %q without a change", before, again)
	}
	nextTick(t, dir)
	disguise(t, path, "new")
	g.Begin(t.Context())
	if after := versionOf(t, g, "a"); after == before {
		t.Errorf("both contents have version %q", after)
	}
}

// A guest that read a file does not overwrite such an edit.
func TestFileWriteConflictsWithAnEditThatKeepsSizeAndTime(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*guesttest.Guest) abi.Status{
		"write":  func(g *guesttest.Guest) abi.Status { return g.Send(fileWrite, "a", "mine") },
		"remove": func(g *guesttest.Guest) abi.Status { return g.Name(fileRemove, "a") },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		disguise(t, path, "old")
		g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
		if got, status := g.Ask(fileRead, "a"); got != "old" || status != abi.OK {
			t.Fatalf("read = %q, %v", got, status)
		}
		nextTick(t, dir)
		disguise(t, path, "new")
		if status := change(g); status != abi.Conflict {
			t.Errorf("%s = %v, want %v", name, status, abi.Conflict)
		}
		if b, err := os.ReadFile(path); string(b) != "new" {
			t.Errorf("%s: the file holds %q, %v", name, b, err)
		}
	}
}

// Such an edit between two looks at a file makes the host read it again.
func TestTM041EditThatKeepsSizeAndTimeIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		changes int
		status  abi.Status
	}{{1, abi.OK}, {4, abi.OK}, {5, abi.Unavailable}} {
		dir := t.TempDir()
		path, left := filepath.Join(dir, "a"), 0
		disguise(t, path, "0")
		g := guesttest.New(t, capability.Options{Dir: dir, Now: func() time.Time {
			// The host reads the clock after it has described the file and before it reads it.
			if left > 0 {
				left--
				nextTick(t, dir)
				disguise(t, path, string(rune('0'+left)))
			}
			return guesttest.Later()
		}}, all.Grants{Files: []file.Grant{{Path: "a"}}})
		left = c.changes
		if _, status := g.Ask(fileRead, "a"); status != c.status {
			t.Errorf("read of a file that changes %d times = %v, want %v", c.changes, status, c.status)
		}
	}
}

// A file whose time of writing was set back is as new as its last change: neither
// its content nor its version is taken before a change within the same clock tick
// would show.
func TestTM042FileChangedTwiceInATickSettles(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(t *testing.T, g *guesttest.Guest) string{
		"read": func(_ *testing.T, g *guesttest.Guest) string { got, _ := g.Ask(fileRead, "a"); return got },
		"stat and read": func(t *testing.T, g *guesttest.Guest) string {
			before := versionOf(t, g, "a")
			g.Begin(t.Context())
			if after := versionOf(t, g, "a"); after != before {
				return "two versions"
			}
			got, _ := g.Ask(fileRead, "a")
			return got
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a")
			disguise(t, path, "half|")
			changed, start := changeTime(t, path), time.Now()
			g := guesttest.New(t, capability.Options{
				Dir: dir,
				Now: func() time.Time { return changed.Add(time.Since(start)) },
			}, all.Grants{Files: []file.Grant{{Path: "a"}}})
			go func() {
				<-time.After(5 * time.Millisecond)
				disguise(t, path, "full|")
			}()
			if got := look(t, g); got != "full|" {
				t.Errorf("%s: %q, want the second content alone", name, got)
			}
		})
	}
}
