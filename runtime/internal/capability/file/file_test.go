package file_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

const (
	fileRead, fileStat  = "postern_file_v1.read", "postern_file_v1.stat"
	fileList, fileWrite = "postern_file_v1.list", "postern_file_v1.write"
	fileRemove          = "postern_file_v1.remove"
)

// tree creates files and folders (names that end in a slash) in a new folder.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		plant(t, filepath.Join(dir, name), content, strings.HasSuffix(name, "/"))
	}
	return dir
}

func plant(t testing.TB, path, content string, isDir bool) {
	t.Helper()
	parent := filepath.Dir(path)
	if isDir {
		parent = path
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	if isDir {
		return
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func fileGuest(t testing.TB, dir string, grants ...file.Grant) *guesttest.Guest {
	t.Helper()
	return guesttest.New(t, capability.Options{Dir: dir, Now: guesttest.Later}, all.Grants{Files: grants})
}

func TestFileRead(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"in/a": "alpha", "in/sub/b": "beta", "in/empty": "", "inner": "hidden", "one": "single", "two": "hidden", "in/.env": "dot",
	})
	g := fileGuest(t, dir, file.Grant{Path: "in"}, file.Grant{Path: "one"}, file.Grant{Path: "gone"})
	for _, c := range []struct {
		path, want string
		status     abi.Status
	}{
		{"in/a", "alpha", abi.OK},
		{filepath.Join(dir, "in/a"), "alpha", abi.OK},
		{"in/sub/b", "beta", abi.OK},
		{"./in//sub/../sub/b", "beta", abi.OK},
		{"in/.env", "dot", abi.OK},
		{"in/empty", "", abi.OK},
		{"one", "single", abi.OK},
		{"in/absent", "", abi.NotFound},
		{"in/a/b", "", abi.NotFound},
		{"one/b", "", abi.NotFound},
		{"gone", "", abi.NotFound},
		{"gone/b", "", abi.NotFound},
		{"in", "", abi.Capability},
		{"in/sub", "", abi.Capability},
		{"two", "", abi.Capability},
		{"inner", "", abi.Capability},
		{"in/../two", "", abi.Capability},
		{"../" + filepath.Base(dir) + "/two", "", abi.Capability},
		{"", "", abi.InvalidKey},
		{"in/\x00", "", abi.InvalidKey},
		{"in/\xff", "", abi.InvalidKey},
		{"in/" + strings.Repeat("x", 300), "", abi.NotFound},
		{"in/" + strings.Repeat("x/", 4000), "", abi.InvalidKey},
	} {
		if got, status := g.Ask(fileRead, c.path); got != c.want || status != c.status {
			t.Errorf("read(%.60q) = %q, %v, want %q, %v", c.path, got, status, c.want, c.status)
		}
	}
	// The error holds only text of the host.
	g.Ask(fileRead, "two-canary")
	err := g.Call.End().Denied
	guesttest.WantCode(t, "Denied", err, secret.ErrCapability, "no files grant covers the path")
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("Denied quotes the guest: %v", err)
	}
}

func TestFileStatAndList(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/b": "12345", "in/a": "", "in/sub/x": "", "in/..hidden": "x", "in/..data2/y": "x", "in/.env": "1"})
	g := fileGuest(t, dir, file.Grant{Path: "in"})
	list, status := g.Ask(fileList, "in")
	var want []byte
	for _, e := range []struct {
		name string
		kind uint32
		size uint64
	}{{".env", abi.KindFile, 1}, {"a", abi.KindFile, 0}, {"b", abi.KindFile, 5}, {"sub", abi.KindFolder, 0}} {
		want = abi.Append(want, abi.TagName, []byte(e.name))
		want = abi.AppendUint64(abi.AppendUint32(want, abi.TagKind, e.kind), abi.TagSize, e.size)
	}
	if status != abi.OK || list != string(want) {
		t.Errorf("list = %q, %v, want %q", list, status, want)
	}
	for path, want := range map[string]abi.Status{"in/a": abi.NotFound, "in/no": abi.NotFound, ".": abi.Capability, "in/sub": abi.OK} {
		if _, status := g.Ask(fileList, path); status != want {
			t.Errorf("list(%q) = %v, want %v", path, status, want)
		}
	}
	for path, want := range map[string]string{"in": "\x01\x00\x00\x00", "in/b": "\x00\x00\x00\x00"} {
		info, status := g.Ask(fileStat, path)
		if got := guesttest.Fields(t, info, abi.TagKind); status != abi.OK || !slices.Equal(got, []string{want}) {
			t.Errorf("stat(%q) = %q, %v, want kind %q", path, info, status, want)
		}
		if v := guesttest.Fields(t, info, abi.TagVersion); len(v) != 1 || len(v[0]) > 64 || strings.Trim(v[0], "0123456789abcdef-") != "" {
			t.Errorf("stat(%q): versions %q", path, v)
		}
	}
	if _, status := g.Ask(fileStat, "in/no"); status != abi.NotFound {
		t.Errorf("stat of a missing file = %v", status)
	}
}

func TestFileIsTheSameWithinACall(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a": "old", "sub/x": ""})
	g := fileGuest(t, dir, file.Grant{Path: "."})
	look := func() (out [3]string) {
		out[0], _ = g.Ask(fileRead, "a")
		out[1], _ = g.Ask(fileStat, "a")
		out[2], _ = g.Ask(fileList, ".")
		return out
	}
	first := look()
	plant(t, filepath.Join(dir, "a"), "new content", false)
	plant(t, filepath.Join(dir, "b"), "", false)
	if again := look(); again != first {
		t.Errorf("within the call, %q became %q", first, again)
	}
	g.Begin(t.Context())
	next := look()
	for i, what := range []string{"read", "stat", "list"} {
		if next[i] == first[i] {
			t.Errorf("%s is the same in the next call: %q", what, next[i])
		}
	}
	if next[0] != "new content" {
		t.Errorf("read = %q in the next call", next[0])
	}
}

func TestFileReadAgainIntoALargerBuffer(t *testing.T) {
	t.Parallel()
	g := fileGuest(t, tree(t, map[string]string{"a": "content"}), file.Grant{Path: "a"})
	ptr, n := g.Put(guesttest.TextAt, "a")
	g.Put(guesttest.BufAt, ".......")
	if got := g.Do(fileRead, ptr, n, guesttest.BufAt, 3); got != 7 {
		t.Errorf("read into 3 bytes = %d, want 7", got)
	}
	if b, _ := g.Memory.Read(guesttest.BufAt, 7); string(b) != "......." {
		t.Errorf("read into 3 bytes wrote %q", b)
	}
}

func TestFileGrantWithTheLongestPathDecides(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"ro/a": "", "ro/rw/a": "", "ro/rw/one": ""})
	g := fileGuest(t, dir, file.Grant{Path: "ro"}, file.Grant{Path: "ro/rw", Write: true},
		file.Grant{Path: "ro/rw/one"}, file.Grant{Path: "twice"}, file.Grant{Path: "twice", Write: true})
	for path, want := range map[string]abi.Status{"ro/a": abi.ReadOnly, "ro/rw/a": abi.OK, "ro/rw/one": abi.ReadOnly, "twice": abi.OK, "other": abi.Capability} {
		if got := g.Send(fileWrite, path, "x"); got != want {
			t.Errorf("write(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestFileWrite(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"rw/old": "before", "rw/sub/": "", "ro/a": "before"})
	g := fileGuest(t, dir, file.Grant{Path: "rw", Write: true}, file.Grant{Path: "ro"}, file.Grant{Path: "single", Write: true})
	for _, c := range []struct {
		path   string
		status abi.Status
	}{
		{"rw/old", abi.OK}, {"rw/new", abi.OK}, {"rw/sub/new", abi.OK}, {"single", abi.OK}, {"single", abi.OK},
		{"rw/absent/new", abi.NotFound}, {"rw/old/new", abi.NotFound},
		{"rw", abi.Capability}, {"rw/sub", abi.Capability}, {"other", abi.Capability},
		{"ro/a", abi.ReadOnly}, {"ro/b", abi.ReadOnly}, {"", abi.InvalidKey},
	} {
		g.Ask(fileRead, c.path) // the call forgets this when it writes
		status := g.Send(fileWrite, c.path, "after")
		if status != c.status {
			t.Errorf("write(%q) = %v, want %v", c.path, status, c.status)
		}
		if status != abi.OK {
			continue
		}
		if got, status := g.Ask(fileRead, c.path); got != "after" || status != abi.OK {
			t.Errorf("read(%q) after write = %q, %v", c.path, got, status)
		}
		if b, err := os.ReadFile(filepath.Join(dir, c.path)); string(b) != "after" {
			t.Errorf("%s holds %q, %v", c.path, b, err)
		}
	}
	for path, want := range map[string]abi.Status{
		"rw/old": abi.OK, "rw/absent": abi.NotFound, "rw/sub": abi.Capability, "ro/a": abi.ReadOnly, "other": abi.Capability, "single": abi.OK,
	} {
		if got := g.Name(fileRemove, path); got != want {
			t.Errorf("remove(%q) = %v, want %v", path, got, want)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "rw/old")); !os.IsNotExist(err) {
		t.Errorf("rw/old is still there: %v", err)
	}
	wantTree(t, dir, "ro/a", "rw/new", "rw/sub/new")
}

// wantTree fails if there are other files in dir, such as temporary ones.
func wantTree(t *testing.T, dir string, want ...string) {
	t.Helper()
	var got []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("files %q, %v, want %q", got, err, want)
	}
}

func TestFileLimits(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"many/a": "", "many/b": "", "many/c": "", "few/a": ""})
	g := guesttest.New(t, capability.Options{Dir: dir, Now: guesttest.Later, MaxKeys: 2}, all.Grants{Files: []file.Grant{{Path: ".", Write: true}}})
	for path, want := range map[string]abi.Status{"many": abi.TooLarge, "few": abi.OK} {
		if _, status := g.Ask(fileList, path); status != want {
			t.Errorf("list(%q) = %v, want %v", path, status, want)
		}
	}
	narrow := guesttest.New(t, capability.Options{Dir: dir, Now: guesttest.Later, MaxListing: 60}, all.Grants{Files: []file.Grant{{Path: "."}}})
	for path, want := range map[string]abi.Status{"many": abi.TooLarge, "few": abi.OK} {
		if _, status := narrow.Ask(fileList, path); status != want {
			t.Errorf("list(%q) of 60 bytes = %v, want %v", path, status, want)
		}
	}
	// One call may hold only a few of the largest files.
	big := bytes.Repeat([]byte("x"), 16<<20)
	ok := 0
	for _, name := range []string{"1", "2", "3", "4", "5"} {
		if err := os.WriteFile(filepath.Join(dir, name), big, 0o600); err != nil {
			t.Fatal(err)
		}
		ptr, n := g.Put(guesttest.TextAt, name)
		if got := g.Do(fileRead, ptr, n, guesttest.BufAt, 0); got == 16<<20 {
			ok++
		} else if got != -int32(abi.TooLarge) {
			t.Errorf("read(%q) = %d", name, got)
		}
	}
	if ok != 3 {
		t.Errorf("%d files of 16 MiB in one call, want 3", ok)
	}
	g.Begin(t.Context())
	if err := os.WriteFile(filepath.Join(dir, "1"), append(big, 'x'), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, status := g.Ask(fileRead, "1"); status != abi.TooLarge {
		t.Errorf("a file above the limit = %v, want %v", status, abi.TooLarge)
	}
}

// A file that changes during a read is read again, and is unavailable if it keeps
// changing.
func TestTM041FileThatChangesIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		changes int
		status  abi.Status
	}{{0, abi.OK}, {1, abi.OK}, {4, abi.OK}, {5, abi.Unavailable}, {1000, abi.Unavailable}} {
		dir := tree(t, map[string]string{"a": "0"})
		path, left := filepath.Join(dir, "a"), 0
		g := guesttest.New(t, capability.Options{Dir: dir, Now: func() time.Time {
			// The host reads the clock after it has described the file and before it reads it.
			if left > 0 {
				left--
				if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 1+left), 0o600); err != nil {
					t.Error(err)
				}
			}
			return guesttest.Later()
		}}, all.Grants{Files: []file.Grant{{Path: "a"}}})
		left = c.changes
		if got, status := g.Ask(fileRead, "a"); status != c.status || len(got) > 1 {
			t.Errorf("read of a file that changes %d times = %q, %v, want %v", c.changes, got, status, c.status)
		}
	}
}

// A writer that writes twice within one tick of the file system's clock does not
// change the file's times the second time, so a file that has just changed is not
// read yet.
func TestTM042RecentlyChangedFileSettles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := tree(t, map[string]string{"a": "half|"})
		path, start := filepath.Join(dir, "a"), time.Now()
		tick := time.Unix(1_700_000_000, 0)
		if err := os.Chtimes(path, tick, tick); err != nil {
			t.Fatal(err)
		}
		g := guesttest.New(t, capability.Options{
			Dir: dir,
			Now: func() time.Time { return tick.Add(time.Since(start)) },
		}, all.Grants{Files: []file.Grant{{Path: "a"}}})
		go func() {
			<-time.After(5 * time.Millisecond)
			if err := os.WriteFile(path, []byte("half|other"), 0o600); err != nil {
				t.Error(err)
			}
			if err := os.Chtimes(path, tick, tick); err != nil {
				t.Error(err)
			}
		}()
		if got, status := g.Ask(fileRead, "a"); got != "half|other" || status != abi.OK {
			t.Errorf("read = %q, %v, want both halves", got, status)
		}
	})
}

// A file that is replaced by renaming is never read half-written.
func TestTM042RenamedFileIsNeverTorn(t *testing.T) {
	t.Parallel()
	rounds := 5_000
	if testing.Short() {
		rounds = 500
	}
	state := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 5000+i%100) }
	dir := tree(t, map[string]string{"in/a": state(0)})
	g := fileGuest(t, dir, file.Grant{Path: "in"})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		temp := filepath.Join(dir, "temp")
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := os.WriteFile(temp, []byte(state(i)), 0o600); err != nil {
				t.Error(err)
				return
			}
			if err := os.Rename(temp, filepath.Join(dir, "in/a")); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	torn := 0
	for range rounds {
		g.Begin(t.Context())
		got, status := g.Ask(fileRead, "in/a")
		if status != abi.OK || len(got) < 5000 || strings.Trim(got, got[:1]) != "" {
			torn++
		}
	}
	close(stop)
	<-done
	if torn != 0 {
		t.Errorf("%d of %d reads were torn or failed", torn, rounds)
	}
}
