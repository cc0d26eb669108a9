//go:build unix

package file_test

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// What a killed writer left in a folder is removed by the next use of the folder
// that may write it, and only that.
func TestFileLeftoversAreRemovedByTheNextUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		use  func(*guesttest.Guest) abi.Status
	}{
		{"read", func(g *guesttest.Guest) abi.Status { _, s := g.Ask(fileRead, "in/a"); return s }},
		{"read of another file", func(g *guesttest.Guest) abi.Status { _, s := g.Ask(fileRead, "in/b"); return s }},
		{"list", func(g *guesttest.Guest) abi.Status { _, s := g.Ask(fileList, "in"); return s }},
		{"write", func(g *guesttest.Guest) abi.Status { return g.Send(fileWrite, "in/a", "x") }},
		{"remove", func(g *guesttest.Guest) abi.Status { return g.Name(fileRemove, "in/a") }},
	} {
		left := []string{"in/..a.postern-123", "in/..gone.postern-9", "in/..postern-lock"}
		kept := []string{"in/b", "in/.a.postern-123", "in/..a.postern-12x", "in/a.postern-1", "in/..data.txt"}
		files := map[string]string{"in/a": "x", "in/sub/..a.postern-5": "x"}
		for _, name := range append(kept, left...) {
			files[name] = "x"
		}
		dir := tree(t, files)
		link(t, "a", filepath.Join(dir, "in/..b.postern-77"))
		root, err := os.OpenRoot(filepath.Join(dir, "in"))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		live, err := safefile.CreateIn(root, "a") // its writer lives
		if err != nil {
			t.Fatal(err)
		}
		defer live.Abandon()
		g := fileGuest(t, dir, file.Grant{Path: "in", Write: true})
		if status := c.use(g); status != abi.OK {
			t.Errorf("%s = %v", c.name, status)
		}
		for _, name := range left {
			if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %s is still there (%v)", c.name, name, err)
			}
		}
		for _, name := range append(kept, "in/..b.postern-77", "in/sub/..a.postern-5") {
			if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if err := live.Commit(0o600); err != nil {
			t.Errorf("%s: the write of another process: %v", c.name, err)
		}
	}
}

// A grant to read changes nothing in the folder.
func TestFileLeftoversStayUnderAGrantToRead(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/a": "x", "in/..a.postern-1": "x"})
	g := fileGuest(t, dir, file.Grant{Path: "in"})
	g.Ask(fileRead, "in/a")
	wantTree(t, filepath.Join(dir, "in"), "..a.postern-1", "a")
}

// A user who may only read the folder cannot keep others from writing: the lock is
// not that of the folder.
func TestFileWriteIsNotBlockedByALockOfTheFolder(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a": "x"})
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := safefile.TryLock(f); err != nil {
		t.Skip(err)
	}
	g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
	if status := g.Send(fileWrite, "a", "y"); status != abi.OK {
		t.Errorf("write = %v", status)
	}
	wantTree(t, dir, "a")
}

// The group of the file is not one of the user's, as in a container with a mounted
// volume: the write succeeds, and nobody may do more than before.
func TestFileWriteWithAGroupThatCannotBeKept(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can set up a file of a foreign group")
	}
	dir := tree(t, nil)
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	g := guesttest.New(t, capability.Options{Dir: dir, Now: guesttest.Later, Log: slog.New(slog.NewTextHandler(io.Discard, nil))},
		all.Grants{Files: []file.Grant{{Path: ".", Write: true}}})
	for mode, want := range map[os.FileMode]os.FileMode{
		0o600: 0o600, 0o640: 0o600, 0o644: 0o644, 0o660: 0o600, 0o664: 0o644, 0o604: 0o600, 0o755: 0o755, 0o406: 0o400,
	} {
		path := filepath.Join(dir, "a")
		plant(t, path, "before", false)
		if err := errors.Join(os.Chown(path, 65534, 54321), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		asNobody(t, func() {
			g.Begin(t.Context())
			if status := g.Send(fileWrite, "a", "after"); status != abi.OK {
				t.Errorf("write to a file of mode %v = %v", mode, status)
				return
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode() != want || info.Sys().(*syscall.Stat_t).Uid != 65534 {
				t.Errorf("mode %v became %v, want %v, %v", mode, info.Mode(), want, err)
			}
			if b, _ := os.ReadFile(path); string(b) != "after" {
				t.Errorf("the file holds %q", b)
			}
			logs := g.Call.End().Logs
			if said := len(logs) > 0 && strings.Contains(logs[0].Text, "the group of a file could not be kept"); said != (mode != want) {
				t.Errorf("mode %v: the log is %v", mode, logs)
			}
		})
		wantTree(t, dir, "a")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// A write does not change the owner of a file that belongs to somebody else.
func TestFileWriteKeepsForeignOwnersOrRefuses(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can set up a file of a foreign owner")
	}
	dir := tree(t, map[string]string{"a": "before"})
	path := filepath.Join(dir, "a")
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, 65534, 65534), os.Chown(path, 1234, 1234), os.Chmod(path, 0o644)); err != nil {
		t.Fatal(err)
	}
	g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
	asNobody(t, func() {
		if status := g.Send(fileWrite, "a", "after"); status != abi.Forbidden {
			t.Errorf("write = %v, want %v", status, abi.Forbidden)
		}
		if got := g.Call.Reason(abi.Forbidden); !strings.Contains(got, dir) || !strings.Contains(got, "its owner cannot be kept") {
			t.Errorf("the reason is %q", got)
		}
	})
	if b, err := os.ReadFile(path); string(b) != "before" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestFileWriteRefusesHardLinks(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a": "before"})
	if err := os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "b")); err != nil {
		t.Skip(err)
	}
	g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
	if status := g.Send(fileWrite, "a", "after"); status != abi.Capability {
		t.Errorf("write = %v, want %v", status, abi.Capability)
	}
	guesttest.WantCode(t, "write", g.Call.End().Denied, secret.ErrCapability, "the file has other hard links")
	if b, _ := os.ReadFile(filepath.Join(dir, "b")); string(b) != "before" {
		t.Errorf("the other name holds %q", b)
	}
}

// An error of the file system says what it was and which grant it is about.
func TestFileErrorsNameTheGrantAndTheReason(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/a": "x"})
	g := fileGuest(t, dir, file.Grant{Path: "in", Write: true})
	if status := g.Send(fileWrite, "in/sub/new", "x"); status != abi.NotFound {
		t.Errorf("write into a missing folder = %v, want %v", status, abi.NotFound)
	}
	if got, want := g.Call.Reason(abi.NotFound), `"`+dir+`/in": the folder of the file does not exist`; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
	if err := os.Chmod(filepath.Join(dir, "in/a"), 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755), os.Chmod(filepath.Join(dir, "in"), 0o755)); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		g.Begin(t.Context())
		if _, status := g.Ask(fileRead, "in/a"); status != abi.Forbidden {
			t.Errorf("read = %v, want %v", status, abi.Forbidden)
		}
		if got, want := g.Call.Reason(abi.Forbidden), `"`+dir+`/in": permission denied`; got != want {
			t.Errorf("the reason is %q, want %q", got, want)
		}
	})
}

func TestFileGrantOfATildeIsRefused(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{"~": false, "~/secrets.env": false, "$HOME/s.json": false, "${HOME}/s.json": false, "./$HOME": true, "./~": true, "~x": true, "a/~": true} {
		_, err := guesttest.TryOpen(capability.Options{Dir: t.TempDir()}, all.Grants{Files: []file.Grant{{Path: path}}})
		if ok && err != nil {
			t.Errorf("Open(files %q) = %v", path, err)
		}
		if !ok {
			guesttest.WantCode(t, path, err, secret.ErrLoad, "is not expanded here")
		}
	}
}

// TestFileOfOthersThatWaits_TM197: what is written does not go to a user who may have made
// the file to get it, and a warning says when what is read is from such a file. A file that
// only its owner can have put there keeps its owner, and a warning says who can read it.
func TestFileOfOthersThatWaits_TM197(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	const nobody = 65534
	for _, c := range []struct {
		name    string
		mode    os.FileMode // of the folder
		owner   int         // of the folder
		file    int         // the owner of the file
		refused bool
		said    bool // on a write, that the owner can read it
	}{
		{"everybody's folder", os.ModeSticky | 0o777, 0, nobody, true, false},
		{"a folder that everybody may write", 0o777, nobody, nobody, true, false},
		{"a group's folder", 0o775, 0, nobody, true, false},
		{"a third user's folder", 0o755, 1234, nobody, true, false},
		{"the owner's folder", 0o755, nobody, nobody, false, true},
		{"root's folder", 0o755, 0, nobody, false, true},
		{"an own file in everybody's folder", os.ModeSticky | 0o777, 0, 0, false, false},
		{"no file in everybody's folder", os.ModeSticky | 0o777, 0, -1, false, false},
	} {
		for _, grant := range []string{"st", "st/a"} {
			dir := tree(t, map[string]string{"st/a": "before"})
			path := filepath.Join(dir, "st", "a")
			err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755), os.Chown(filepath.Dir(path), c.owner, c.owner), os.Chmod(filepath.Dir(path), c.mode), os.Chmod(path, 0o600))
			if c.file < 0 {
				err = errors.Join(err, os.Remove(path))
			} else {
				err = errors.Join(err, os.Chown(path, c.file, c.file))
			}
			if err != nil {
				t.Fatal(err)
			}
			g := guesttest.New(t, capability.Options{Dir: dir, Now: guesttest.Later, Log: slog.New(slog.NewTextHandler(io.Discard, nil))},
				all.Grants{Files: []file.Grant{{Path: grant, Write: true}}})
			said := func(want string) bool {
				lines := g.Call.End().Logs
				g.Begin(t.Context())
				return slices.ContainsFunc(lines, func(l capability.LogLine) bool {
					return strings.Contains(l.Text, want) && strings.Contains(l.Text, path)
				})
			}
			g.Begin(t.Context())
			for range 2 { // said once
				g.Ask(fileRead, "st/a")
			}
			if said("others may have put it there") != c.refused {
				t.Errorf("%s, grant %s: it is not said whose file is read, or of another", c.name, grant)
			}
			if g.Ask(fileRead, "st/a"); said("others may have put it there") {
				t.Errorf("%s, grant %s: said again by the next call", c.name, grant)
			}
			status := g.Send(fileWrite, "st/a", "secret")
			if c.refused {
				if reason := g.Call.Reason(status); status != abi.Forbidden || !strings.Contains(reason, "others may have put it there") || !strings.Contains(reason, path) {
					t.Errorf("%s, grant %s: write = %v, %q", c.name, grant, status, reason)
				}
			} else if status != abi.OK {
				t.Errorf("%s, grant %s: write = %v", c.name, grant, status)
			}
			if said("keeps its owner") != c.said {
				t.Errorf("%s, grant %s: it is not said who can read the file, or of an own one", c.name, grant)
			}
			if b, err := os.ReadFile(path); err != nil || (string(b) == "before") != c.refused {
				t.Errorf("%s, grant %s: the file is %q, %v", c.name, grant, b, err)
			}
			if status := g.Name(fileRemove, "st/a"); status != abi.OK {
				t.Errorf("%s, grant %s: remove = %v, which gives nobody anything", c.name, grant, status)
			}
		}
	}
}

// A write that is refused because the file is a link says so, and where the link leads.
func TestFileWriteThroughALinkNamesTheFile(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"real/s.toml": "a = 1\n"})
	link(t, "real/s.toml", filepath.Join(dir, "s.toml"))
	link(t, "real/none.toml", filepath.Join(dir, "none.toml"))
	for _, grant := range []file.Grant{{Path: "s.toml", Write: true}, {Path: ".", Write: true, FollowLinks: true}} {
		g := fileGuest(t, dir, grant)
		for _, name := range []string{"s.toml", "none.toml"} {
			if name != grant.Path && grant.Path != "." {
				continue
			}
			for verb, do := range map[string]func() abi.Status{
				"write":  func() abi.Status { return g.Send(fileWrite, name, "a = 2\n") },
				"remove": func() abi.Status { return g.Name(fileRemove, name) },
			} {
				g.Begin(t.Context())
				if status := do(); status != abi.Capability {
					t.Errorf("%s(%q) = %v, want capability", verb, name, status)
				}
				err := g.Call.End().Denied
				if err == nil || !strings.Contains(err.Error(), "symbolic link") || !strings.Contains(err.Error(), "real/"+name) {
					t.Errorf("%s(%q): the reason is %v", verb, name, err)
				}
			}
		}
	}
	wantTree(t, dir, "none.toml", "real/s.toml", "s.toml")
	if b, err := os.ReadFile(filepath.Join(dir, "s.toml")); string(b) != "a = 1\n" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}
