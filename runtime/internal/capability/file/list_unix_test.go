//go:build unix

package file_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// while calls do for as long as change continues in another goroutine. A change gets
// its number.
func while(t *testing.T, change func(n int) error, do func()) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := change(n); err != nil {
				done <- err
				return
			}
		}
	}()
	do()
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// exchange replaces the generation of a volume as kubelet does, and removes the old
// one. All of its files hold value.
func exchange(mount string, n int, names []string) error {
	generation := "..gen" + strconv.Itoa(n)
	for _, name := range names {
		path := filepath.Join(mount, generation, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte("gen"+strconv.Itoa(n)), 0o600); err != nil {
			return err
		}
	}
	temp := filepath.Join(mount, "..data_tmp")
	if err := os.Symlink(generation, temp); err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(mount, "..data")); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(mount, "..gen"+strconv.Itoa(n-1)))
}

// A volume is exchanged all the time: each listing has all entries or fails.
func TestListingDuringAnExchangeIsComplete(t *testing.T) {
	t.Parallel()
	rounds := 1_000
	if testing.Short() {
		rounds = 300
	}
	for _, c := range []struct {
		name, folder string
		want         []string
		grant        file.Grant
	}{
		{"volume", "vol", []string{"ca", "password", "sub", "user"}, file.Grant{Path: "vol"}},
		{"folder in it", "vol/sub", []string{"a", "b", "c"}, file.Grant{Path: "vol"}},
		{"folder above", "vol", []string{"ca", "password", "sub", "user"}, file.Grant{Path: "."}},
		{"links are followed", "vol/sub", []string{"a", "b", "c"}, file.Grant{Path: "vol", FollowLinks: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			mount := filepath.Join(dir, "vol")
			files := []string{"ca", "password", "sub/a", "sub/b", "sub/c", "user"}
			for _, name := range []string{"ca", "password", "sub", "user"} {
				link(t, "..data/"+name, filepath.Join(mount, name))
			}
			if err := exchange(mount, 0, files); err != nil {
				t.Fatal(err)
			}
			g := fileGuest(t, dir, c.grant)
			complete := 0
			while(t, func(n int) error { return exchange(mount, n+1, files) }, func() {
				for range rounds {
					g.Begin(t.Context())
					list, status := g.Ask(fileList, c.folder)
					if status == abi.Unavailable {
						continue
					}
					if got := guesttest.Fields(t, list, abi.TagName); status != abi.OK || !slices.Equal(got, c.want) {
						t.Errorf("list = %q, %v, want %q", got, status, c.want)
						return
					}
					complete++
				}
			})
			if complete == 0 {
				t.Error("no listing was complete")
			}
			t.Logf("%d of %d listings", complete, rounds)
		})
	}
}

// A folder is replaced by another with the same names, and removed: each listing has
// all of them or fails.
func TestListingOfAReplacedFolderIsComplete(t *testing.T) {
	t.Parallel()
	rounds := 1_000
	if testing.Short() {
		rounds = 300
	}
	dir := t.TempDir()
	names := []string{"a", "b", "c", "d", "e"}
	fill := func(name string) {
		for _, entry := range names {
			plant(t, filepath.Join(dir, "in", name, entry), "x", false)
		}
	}
	fill("cur")
	g := fileGuest(t, dir, file.Grant{Path: "in"})
	while(t, func(int) error {
		for _, entry := range names {
			path := filepath.Join(dir, "in/next", entry)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
				return err
			}
		}
		for _, step := range [][2]string{{"in/cur", "in/old"}, {"in/next", "in/cur"}} {
			if err := os.Rename(filepath.Join(dir, step[0]), filepath.Join(dir, step[1])); err != nil {
				return err
			}
		}
		return os.RemoveAll(filepath.Join(dir, "in/old"))
	}, func() {
		for range rounds {
			g.Begin(t.Context())
			list, status := g.Ask(fileList, "in/cur")
			if status == abi.Unavailable || status == abi.NotFound {
				continue
			}
			if got := guesttest.Fields(t, list, abi.TagName); status != abi.OK || !slices.Equal(got, names) {
				t.Errorf("list = %q, %v, want %q", got, status, names)
				return
			}
		}
	})
}

// The names of a folder can be read, and its entries cannot be looked at.
func TestListingOfEntriesThatCannotBeLookedAtIsForbidden(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/names/b": "x", "in/a": "x"})
	link(t, "names/b", filepath.Join(dir, "in/link"))
	for path, mode := range map[string]os.FileMode{"in/names": 0o744, "in": 0o755, "": 0o755, "..": 0o755} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() != 0 {
		if err := os.Chmod(filepath.Join(dir, "in/names"), 0o400); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "in/names"), 0o700) })
	}
	plain, follows := fileGuest(t, dir, file.Grant{Path: "in"}), fileGuest(t, dir, file.Grant{Path: "in", FollowLinks: true})
	asNobody(t, func() {
		for _, c := range []struct {
			g      *guesttest.Guest
			path   string
			status abi.Status
		}{
			{plain, "in/names", abi.Forbidden},
			{plain, "in", abi.OK}, // the link is left out anyway
			{follows, "in/names", abi.Forbidden},
			{follows, "in", abi.Forbidden},
		} {
			if list, status := c.g.Ask(fileList, c.path); status != c.status {
				t.Errorf("list(%q) = %q, %v, want %v", c.path, list, status, c.status)
			}
		}
	})
}

// A link that leads nowhere, or outside, is not listed.
func TestListingLeavesOutLinksThatLeadNowhere(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/a": "x", "out": "x"})
	for name, target := range map[string]string{"gone": "no", "loop": "loop", "out": "../out", "behind": "a/b", "kept": "a"} {
		link(t, target, filepath.Join(dir, "in", name))
	}
	g := fileGuest(t, dir, file.Grant{Path: "in", FollowLinks: true})
	list, status := g.Ask(fileList, "in")
	if got := guesttest.Fields(t, list, abi.TagName); status != abi.OK || !slices.Equal(got, []string{"a", "kept"}) {
		t.Errorf("list = %q, %v", got, status)
	}
}

// The generation of a volume is removed after its names were looked at, and before
// any content was read: the call continues with the next one.
func TestReadAfterAnExchangeIsOfTheNextGeneration(t *testing.T) {
	t.Parallel()
	for _, first := range []string{fileStat, fileList} {
		for _, grant := range []string{"vol", "."} {
			dir := t.TempDir()
			mount := filepath.Join(dir, "vol")
			link(t, "..data/user", filepath.Join(mount, "user"))
			for n := range 2 {
				g := fileGuest(t, dir, file.Grant{Path: grant})
				if err := exchange(mount, 2*n, []string{"user"}); err != nil {
					t.Fatal(err)
				}
				g.Ask(first, "vol")
				g.Ask(fileStat, "vol/user")
				if err := exchange(mount, 2*n+1, []string{"user"}); err != nil {
					t.Fatal(err)
				}
				want := "gen" + strconv.Itoa(2*n+1)
				if got, status := g.Ask(fileRead, "vol/user"); got != want || status != abi.OK {
					t.Errorf("read after %s = %q, %v, want %q", first, got, status, want)
				}
			}
		}
	}
}
