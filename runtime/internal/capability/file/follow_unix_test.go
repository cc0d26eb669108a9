//go:build unix

package file_test

import (
	"errors"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// A file that a grant names may be a link to anywhere. It is read through the link, and a
// write that would replace the link is refused.
func TestGrantedFileMayBeALinkOutOfItsFolder(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{
		"relative": "../out/a", "absolute": "DIR/out/a", "in the folder, absolute": "DIR/in/plain", "a link in the folder": "second",
		"a link outside": "../out/back", "through a folder": "folder/a", "with dots": "folder/../out/a", "a volume": "../out/vol/a",
	} {
		dir := tree(t, map[string]string{"out/a": "the value", "in/plain": "the value", "out/vol/..1/a": "the value"})
		for at, target := range map[string]string{
			"in/second": "../out/a", "out/back": "../in/second", "in/folder": "../out", "out/vol/..data": "..1", "out/vol/a": "..data/a",
			"in/link": strings.Replace(to, "DIR", dir, 1),
		} {
			link(t, target, filepath.Join(dir, at))
		}
		g := fileGuest(t, dir, file.Grant{Path: "in/link", Write: true})
		if got, status := g.Ask(fileRead, "in/link"); got != "the value" || status != abi.OK {
			t.Errorf("%s: read = %q, %v", name, got, status)
		}
		g.Begin(t.Context())
		if got, status := g.Ask(fileStat, "in/link"); status != abi.OK || guesttest.Fields(t, got, abi.TagVersion) == nil {
			t.Errorf("%s: stat = %q, %v", name, got, status)
		}
		for fn, change := range map[string]func() abi.Status{
			"write": func() abi.Status { return g.Send(fileWrite, "in/link", "new") }, "remove": func() abi.Status { return g.Name(fileRemove, "in/link") },
		} {
			status := change()
			if reason := g.Call.Reason(status); status != abi.Capability || !strings.Contains(reason, "is a symbolic link, which a write would replace") {
				t.Errorf("%s: %s = %v, %q", name, fn, status, reason)
			}
		}
		for _, other := range []string{"out/a", "in/plain", "in/second"} {
			if _, status := g.Ask(fileRead, other); status != abi.Capability {
				t.Errorf("%s: read(%q), which is not granted = %v", name, other, status)
			}
		}
	}
}

// What the link of a grant leads to is looked at in each call.
func TestTM036LinkOfAGrantIsCheckedWhenItIsUsed(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"out/a": "one", "out/b": "two", "in/": ""})
	if err := syscall.Mkfifo(filepath.Join(dir, "out/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "in/link")
	link(t, "../out/a", at)
	link(t, "link", filepath.Join(dir, "in/first"))
	g := fileGuest(t, dir, file.Grant{Path: "in/link"}, file.Grant{Path: "in/first"})
	for _, c := range []struct {
		target, want string
		status       abi.Status
	}{
		{"../out/a", "one", abi.OK}, {dir + "/out/b", "two", abi.OK}, {"../out/absent", "", abi.NotFound}, {"../absent/a", "", abi.NotFound},
		{"../out/pipe", "", abi.Capability}, {"../in/link", "", abi.Capability}, {"/proc/self/environ", "", abi.Capability}, {"/dev/zero", "", abi.Capability},
		{"/proc/self/root" + dir + "/out/a", "", abi.Capability},
	} {
		if goruntime.GOOS != "linux" && strings.HasPrefix(c.target, "/proc") {
			continue
		}
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
		link(t, c.target, at)
		for _, path := range []string{"in/link", "in/first"} {
			for _, fn := range []string{fileRead, fileStat} {
				g.Begin(t.Context())
				got, status := g.Ask(fn, path)
				if status != c.status || fn == fileRead && got != c.want {
					t.Errorf("%s(%q) with a link to %q = %q, %v, want %q, %v", fn, path, c.target, got, status, c.want, c.status)
				}
			}
		}
	}
}

// The setting "path" may be a link within a granted folder, and not out of it: the grant has
// to name it.
func TestConfiguredLinkOutOfItsGrantIsRefused(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"out/a": "the value", "in/": ""})
	link(t, "../out/a", filepath.Join(dir, "in/link"))
	for name, grants := range map[string][]file.Grant{
		"the folder": {{Path: "in"}}, "following links": {{Path: "in", FollowLinks: true}}, "both folders": {{Path: "in"}, {Path: "out"}},
	} {
		g := guesttest.New(t, capability.Options{Dir: dir, Path: "in/link", Now: guesttest.Later}, all.Grants{Files: grants})
		_, status := g.Ask(fileRead, "in/link")
		if reason := g.Call.Reason(status); status != abi.Capability || !strings.Contains(reason, "grant the path of the link itself") {
			t.Errorf("%s: read = %v, %q", name, status, reason)
		}
	}
	g := guesttest.New(t, capability.Options{Dir: dir, Path: "in/link", Now: guesttest.Later}, all.Grants{Files: []file.Grant{{Path: "in"}, {Path: "in/link"}}})
	if got, status := g.Ask(fileRead, "in/link"); got != "the value" || status != abi.OK {
		t.Errorf("with a grant of the link: read = %q, %v", got, status)
	}
}

// A confined grant follows each link that stays in the folder of relative paths, and none that
// ends outside, whenever it is made: of the file, of a folder on its way, of a granted folder.
func TestTM034ConfinedGrantStaysInTheFolder(t *testing.T) {
	t.Parallel()
	top := tree(t, map[string]string{
		"p/in/app/file": "one", "p/in/plain": "one", "p/other/app/file": "one", "p/other/file": "one", "out/app/file": "of the user", "out/file": "of the user",
	})
	dir := filepath.Join(top, "p")
	link(t, "../p/other", filepath.Join(top, "out/back"))
	link(t, dir, filepath.Join(top, "current"))
	for _, c := range []struct{ at, target, want string }{
		{"in/app/file", "../plain", "one"}, {"in/app/file", "DIR/in/plain", "one"}, {"in/app/file", "../../other/file", "one"},
		{"in/app/file", "DIR/other/file", "one"}, {"in/app/file", "../../../out/back/file", "one"}, {"in/app/file", "DIR/../out/back/file", "one"},
		{"in/app/file", "../../../out/file", ""}, {"in/app/file", "DIR/../out/file", ""}, {"in/app/file", "DIR/in/app/file", ""},
		{"in/app", "../other/app", "one"}, {"in/app", "DIR/other", "one"}, {"in/app", "DIR/../out/back", "one"},
		{"in/app", "../../out", ""}, {"in/app", "DIR/../out", ""}, {"in/app", "DIR/in/app", ""},
		{"in", "other", "one"}, {"in", "DIR/other", "one"}, {"in", "../out/back", "one"}, {"in", "../out", ""}, {"in", "DIR/../out", ""},
	} {
		for name, g := range map[string]*guesttest.Guest{
			"file":       fileGuest(t, dir, file.Grant{Path: "in/app/file", Confined: true, Write: true}),
			"through":    fileGuest(t, filepath.Join(top, "current"), file.Grant{Path: "in/app/file", Confined: true}),
			"beneath":    fileGuest(t, dir, file.Grant{Path: "in/app", Confined: true}),
			"below both": fileGuest(t, dir, file.Grant{Path: "..", FollowLinks: true}, file.Grant{Path: "in/app", Confined: true, FollowLinks: true}),
			"following":  fileGuest(t, dir, file.Grant{Path: "in", Confined: true, FollowLinks: true}),
		} {
			if name == "below both" && strings.HasPrefix(c.target, "DIR") {
				continue // what FollowLinks follows is relative
			}
			want := c.want
			if c.at == "in/app/file" && name != "file" && name != "through" || c.at == "in/app" && name == "following" {
				want = "" // a link out of the granted folder
				if c.target == "../plain" && name == "following" {
					want = c.want
				}
			}
			at, aside := filepath.Join(dir, c.at), filepath.Join(dir, "aside")
			for range 2 { // before the exchange, and again after it
				g.Begin(t.Context())
				if got, status := g.Ask(fileRead, "in/app/file"); got != "one" || status != abi.OK {
					t.Fatalf("%s: read = %q, %v", name, got, status)
				}
			}
			if err := os.Rename(at, aside); err != nil {
				t.Fatal(err)
			}
			link(t, strings.Replace(c.target, "DIR", dir, 1), at)
			for _, fn := range []string{fileRead, fileStat} {
				g.Begin(t.Context())
				got, status := g.Ask(fn, "in/app/file")
				if fn == fileRead && got != want || (status == abi.OK) != (want != "") {
					t.Errorf("%s: %s(in/app/file) with %s a link to %s = %q, %v, want %q", name, fn, c.at, c.target, got, status, want)
				}
			}
			if _, status := g.Ask(fileList, "in/app"); status == abi.OK && want == "" && c.at != "in/app/file" {
				t.Errorf("%s: list(in/app) with %s a link to %s = %v", name, c.at, c.target, status)
			}
			if status := g.Send(fileWrite, "in/app/file", "new"); status == abi.OK && want == "" {
				t.Errorf("%s: write with %s a link to %s = %v", name, c.at, c.target, status)
			}
			if status := g.Send(fileWrite, "in/app/file", "one"); status == abi.OK && name != "file" {
				t.Errorf("%s: write without a grant for it = %v", name, status)
			}
			if err := errors.Join(os.Remove(at), os.Rename(aside, at)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Where a confined grant leads out, the error names the folder.
func TestConfinedGrantSaysWhichFolderIsLeft(t *testing.T) {
	t.Parallel()
	top := tree(t, map[string]string{"p/app/file": "one", "out/file": "two"})
	dir := filepath.Join(top, "p")
	for _, at := range []string{"p/app/file", "p/app"} {
		if err := os.RemoveAll(filepath.Join(top, at)); err != nil {
			t.Fatal(err)
		}
		link(t, filepath.Join(top, strings.Replace(at, "p/app", "out", 1)), filepath.Join(top, at))
		g := fileGuest(t, dir, file.Grant{Path: "app/file", Confined: true})
		_, status := g.Ask(fileRead, "app/file")
		want := `leads through a symbolic link to what is outside of "` + dir + `"`
		if reason := g.Call.Reason(status); status != abi.Capability || !strings.Contains(reason, want) {
			t.Errorf("read with %s a link = %v, %q, want %q", at, status, reason, want)
		}
	}
}
