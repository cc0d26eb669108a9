//go:build unix

package file_test

import (
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

// A confined grant follows no link out of the folder of its file, whenever that is made.
func TestTM036ConfinedGrantFollowsNoLinkOut(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"out/a": "of the user", "in/plain": "one"})
	at := filepath.Join(dir, "in/file")
	link(t, "plain", at)
	g := fileGuest(t, dir, file.Grant{Path: "in/file", Confined: true})
	for target, want := range map[string]string{"plain": "one", "../out/a": "", filepath.Join(dir, "out/a"): ""} {
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
		link(t, target, at)
		g.Begin(t.Context())
		if got, status := g.Ask(fileRead, "in/file"); got != want || (status == abi.OK) != (want != "") {
			t.Errorf("read with a link to %q = %q, %v", target, got, status)
		}
	}
}
