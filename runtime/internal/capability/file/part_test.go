package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// readAt asks for n bytes of a file, from offset.
func readAt(t testing.TB, g *guesttest.Guest, path string, offset, n uint32) (string, abi.Status) {
	t.Helper()
	ptr, size := g.Put(guesttest.TextAt, path)
	got := g.Do("postern_file_v1.read_at", ptr, size, uint64(offset), guesttest.BufAt, uint64(n))
	if got < 0 {
		return "", abi.Status(-got)
	}
	b, ok := g.Memory.Read(guesttest.BufAt, uint32(got))
	if !ok || uint32(got) > n {
		t.Fatalf("read_at(%q, %d, %d) = %d", path, offset, n, got)
	}
	return string(b), abi.OK
}

// A part is the same whether or not the file was looked at or read before, and whether it
// is asked for once or twice.
func TestReadAt(t *testing.T) {
	t.Parallel()
	content := "0123456789" + strings.Repeat("x", 300<<10) + "end"
	dir := tree(t, map[string]string{"a": content, "empty": ""})
	for name, before := range map[string]func(g *guesttest.Guest){
		"nothing": func(*guesttest.Guest) {},
		"stat":    func(g *guesttest.Guest) { g.Ask(fileStat, "a") },
		"read":    func(g *guesttest.Guest) { g.Ask(fileRead, "a") },
	} {
		g := fileGuest(t, dir, file.Grant{Path: "."})
		before(g)
		size := uint32(len(content))
		for _, c := range []struct{ offset, n uint32 }{
			{0, 3}, {3, 4}, {0, size}, {0, size + 1}, {size - 3, 3}, {size - 3, 1 << 16}, {size, 5}, {size + 9, 5}, {1<<32 - 1, 5}, {4, 0}, {3, 4},
		} {
			from := min(c.offset, size)
			want := content[from:min(uint64(size), uint64(from)+uint64(c.n))]
			for range 2 {
				if got, status := readAt(t, g, "a", c.offset, c.n); got != want || status != abi.OK {
					t.Errorf("after %s: read_at(%d, %d) = %d bytes, %v, want %d", name, c.offset, c.n, len(got), status, len(want))
				}
			}
		}
		if got, status := readAt(t, g, "empty", 0, 5); got != "" || status != abi.OK {
			t.Errorf("of an empty file = %q, %v", got, status)
		}
		if got, status := g.Ask(fileRead, "a"); got != content || status != abi.OK {
			t.Errorf("read after all parts = %d bytes, %v", len(got), status)
		}
	}
}

// Whatever cannot be read cannot be read in parts, with the same status.
func TestTM033ReadAtReachesWhatReadReaches(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/a": "alpha", "in/sub/b": "beta", "inner": "hidden", "one": "single", "two": "hidden"})
	for link, target := range map[string]string{"in/out": "../two", "in/near": "a", "out": "two", "in/loop": "loop"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip("no symbolic links:", err)
		}
	}
	if err := os.Link(filepath.Join(dir, "two"), filepath.Join(dir, "in/hard")); err != nil {
		t.Skip("no hard links:", err)
	}
	for _, path := range []string{
		"in/a", "in/sub/b", "./in//sub/../sub/b", "one", "in/absent", "in/a/b", "one/b", "gone", "in", "in/sub", "two", "inner",
		"in/../two", "in/out", "in/near", "in/loop", "in/hard", "out", "", "in/\x00", "in/\xff", "in/A", "in/" + strings.Repeat("x", 300),
		"../" + filepath.Base(dir) + "/two",
	} {
		grants := []file.Grant{{Path: "in"}, {Path: "one"}, {Path: "gone"}, {Path: "out", Confined: true}}
		whole, want := fileGuest(t, dir, grants...).Ask(fileRead, path)
		if got, status := readAt(t, fileGuest(t, dir, grants...), path, 0, 100); got != whole || status != want {
			t.Errorf("read_at(%.60q) = %q, %v; read = %q, %v", path, got, status, whole, want)
		}
	}
}

// Within a call, parts are of one state of a file, or a conflict; a read begins anew.
func TestReadAtOfAChangedFileIsAConflict(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, path string){
		"written": func(t *testing.T, path string) { disguise(t, path, "newer") },
		"longer":  func(t *testing.T, path string) { disguise(t, path, "new and longer") },
		"shorter": func(t *testing.T, path string) { disguise(t, path, "new") },
		"replaced": func(t *testing.T, path string) {
			disguise(t, path+"2", "newer")
			if err := os.Rename(path+"2", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		disguise(t, path, "older")
		g := fileGuest(t, dir, file.Grant{Path: "."})
		g.Ask(fileStat, "a")
		if got, status := readAt(t, g, "a", 0, 2); got != "ol" || status != abi.OK {
			t.Fatalf("%s: read_at = %q, %v", name, got, status)
		}
		nextTick(t, dir)
		change(t, path)
		if got, status := readAt(t, g, "a", 3, 2); status != abi.Conflict {
			t.Errorf("%s: read_at = %q, %v, want %v", name, got, status, abi.Conflict)
		}
		if got, status := g.Ask(fileRead, "a"); !strings.HasPrefix(got, "new") || status != abi.OK {
			t.Errorf("%s: read after it = %q, %v", name, got, status)
		}
		if got, status := readAt(t, g, "a", 0, 2); got != "ne" || status != abi.OK {
			t.Errorf("%s: read_at after a read = %q, %v", name, got, status)
		}
	}
}

// A file that changes between the two looks at it is a conflict, and nothing of it is kept.
func TestReadAtOfAFileThatChangesIsAConflict(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, changes := filepath.Join(dir, "a"), false
	disguise(t, path, "old value")
	g := guesttest.New(t, capability.Options{Dir: dir, Now: func() time.Time {
		// The host reads the clock after it has described the file and before it reads it.
		if changes {
			changes = false
			nextTick(t, dir)
			disguise(t, path, "new value")
		}
		return guesttest.Later()
	}}, all.Grants{Files: []file.Grant{{Path: "."}}})
	changes = true
	before := g.Call.Held()
	if got, status := readAt(t, g, "a", 0, 3); status != abi.Conflict {
		t.Errorf("read_at = %q, %v, want %v", got, status, abi.Conflict)
	}
	if held := g.Call.Held() - before; held > 1024 {
		t.Errorf("after a conflict the call holds %d bytes", held)
	}
	if got, status := g.Ask(fileRead, "a"); got != "new value" || status != abi.OK {
		t.Errorf("read after it = %q, %v", got, status)
	}
}

// A write that was made from a part which is out of date is a conflict.
func TestReadAtIsWhatAWriteIsBasedOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	disguise(t, path, "older")
	g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
	readAt(t, g, "a", 0, 2)
	nextTick(t, dir)
	disguise(t, path, "newer")
	if status := g.Send(fileWrite, "a", "mine"); status != abi.Conflict {
		t.Errorf("write = %v, want %v", status, abi.Conflict)
	}
}

// What a part shows is masked in the words of the guest as what a read shows, also after the
// rest was read and after the file was written.
func TestTM019PartsOfFilesAreMasked(t *testing.T) {
	t.Parallel()
	const first, second = "correct-horse-1", "battery-staple-2"
	dir := tree(t, map[string]string{"a": "A=" + first + "\nB=" + second + "\n"})
	for name, then := range map[string]func(g *guesttest.Guest){
		"read_at": func(*guesttest.Guest) {},
		"read":    func(g *guesttest.Guest) { g.Ask(fileRead, "a") },
		"write":   func(g *guesttest.Guest) { g.Send(fileWrite, "a", "A=other\n") },
	} {
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte("A="+first+"\nB="+second+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
		if got, status := readAt(t, g, "a", 2, uint32(len(first))); got != first || status != abi.OK {
			t.Fatalf("read_at = %q, %v", got, status)
		}
		then(g)
		g.Call.Fail([]byte("it says " + first))
		if got := g.Call.End().GuestText; strings.Contains(got, first) || !strings.Contains(got, "[REDACTED:file]") {
			t.Errorf("after %s, the guest's text is %q", name, got)
		}
	}
}

// A value that a guest has read in several parts is masked as if it had read it in one: parts
// that touch or overlap, in any order, before and after it has read or written the file.
func TestTM019ValuesInSeveralPartsAreMasked(t *testing.T) {
	t.Parallel()
	const value, text = "482913", "PIN=482913\nPASS=correct-horse-battery\n"
	dir := tree(t, map[string]string{"a": text})
	size := uint32(len(text))
	orders := map[string]func(cut uint32) [][2]uint32{
		"in order":    func(cut uint32) [][2]uint32 { return [][2]uint32{{0, cut}, {cut, size}} },
		"backwards":   func(cut uint32) [][2]uint32 { return [][2]uint32{{cut, size}, {0, cut}} },
		"overlapping": func(cut uint32) [][2]uint32 { return [][2]uint32{{0, cut + 2}, {cut, size}, {0, 1}} },
		"one within":  func(cut uint32) [][2]uint32 { return [][2]uint32{{0, cut}, {2, 1}, {cut, 9}, {cut, size}} },
		"bytes": func(uint32) (all [][2]uint32) {
			for at := range size {
				all = append(all, [2]uint32{at, 1})
			}
			return all
		},
	}
	for name, parts := range orders {
		for cut := uint32(1); cut < 11; cut++ {
			for then, after := range map[string]func(g *guesttest.Guest){
				"":      func(*guesttest.Guest) {},
				"read":  func(g *guesttest.Guest) { g.Ask(fileRead, "a") },
				"write": func(g *guesttest.Guest) { g.Send(fileWrite, "a", text) },
			} {
				g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
				g.Call.Log(abi.LevelInfo, []byte("nothing yet"))
				for _, p := range parts(cut) {
					if got, status := readAt(t, g, "a", p[0], p[1]); !strings.HasPrefix(text[p[0]:], got) || status != abi.OK {
						t.Fatalf("%s: read_at(%v) = %q, %v", name, p, got, status)
					}
				}
				after(g)
				g.Call.Fail([]byte("cannot use <" + value + ">"))
				if got := g.Call.End().GuestText; strings.Contains(got, value) || !strings.Contains(got, "[REDACTED:file]") {
					t.Errorf("%s, cut at %d, then %s: the guest's text is %q", name, cut, then, got)
				}
			}
		}
	}
}

// A call reads a limited number of different parts, and the same ones again.
func TestTM009PartsOfFilesAreFew(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a": strings.Repeat("x", 20_000), "b": strings.Repeat("y", 20_000)})
	g := fileGuest(t, dir, file.Grant{Path: "."})
	const most = 4096
	for i := range uint32(most) {
		if _, status := readAt(t, g, []string{"a", "b"}[i%2], i*3, 1); status != abi.OK {
			t.Fatalf("part %d: %v", i, status)
		}
	}
	if _, status := readAt(t, g, "a", 1, 1); status != abi.TooLarge {
		t.Errorf("one more part: %v, want %v", status, abi.TooLarge)
	}
	if got, status := readAt(t, g, "a", 20_000, 1); got != "" || status != abi.OK {
		t.Errorf("at the end of the file = %q, %v", got, status)
	}
	if got, status := readAt(t, g, "a", 0, 1); got != "x" || status != abi.OK {
		t.Errorf("the first part again = %q, %v", got, status)
	}
	if got, status := g.Ask(fileRead, "a"); len(got) != 20_000 || status != abi.OK {
		t.Errorf("the whole file = %d bytes, %v", len(got), status)
	}
}

// A file is settled once its last change is two seconds old.
func TestStatSaysWhetherAFileIsSettled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	disguise(t, path, "a")
	changed := changeTime(t, path)
	for age, want := range map[time.Duration]string{
		-time.Hour: "\x00", time.Second: "\x00", 2*time.Second - 1: "\x00", 2 * time.Second: "\x01", time.Hour: "\x01",
	} {
		for name, before := range map[string]func(g *guesttest.Guest){
			"stat":    func(*guesttest.Guest) {},
			"read":    func(g *guesttest.Guest) { g.Ask(fileRead, "a") },
			"read_at": func(g *guesttest.Guest) { readAt(t, g, "a", 0, 1) },
		} {
			g := guesttest.New(t, capability.Options{Dir: dir, Now: func() time.Time { return changed.Add(age) }},
				all.Grants{Files: []file.Grant{{Path: "a"}}})
			before(g)
			info, status := g.Ask(fileStat, "a")
			if got := guesttest.Fields(t, info, abi.TagSettled); status != abi.OK || len(got) != 1 || got[0] != want+"\x00\x00\x00" {
				t.Errorf("%s of a file that changed %v ago: settled = %q, %v, want %q", name, age, got, status, want)
			}
		}
	}
}
