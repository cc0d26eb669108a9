//go:build unix

package file_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

// A ".." after a link means what it means to the system, for the operator. For a guest
// it leads to nothing else than the grants as they are spelled.
func TestDotsBehindALinkMeanWhatTheSystemMeans(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"x": "lexical", "y": "lexical", "releases/x": "system", "releases/y": canary, "releases/1/z": "in",
		"releases/sub/a": "sub a", "releases/sub/in/b": "sub b", "sub/a": "lexical",
	})
	link(t, "releases/1", filepath.Join(dir, "current"))
	link(t, "in", filepath.Join(dir, "releases/sub/link"))
	for _, c := range []struct {
		grant, setting, path, want string
		status                     abi.Status
	}{
		{"./current/../x", "current/../x", "current/../x", "system", abi.OK},
		{"./current/../x", "", "./current//../x", "system", abi.OK},
		{"current/../x", "", "releases/x", "system", abi.OK},
		{"current/../x", "", "x", "", abi.Capability},
		{"current/../x", "", "releases/y", "", abi.Capability},
		{"current/../x", "", "current/../y", "", abi.Capability},
		{"current/../x", "", "current/../x/../y", "", abi.Capability},
		{"x", "current/../x", "current/../x", "", abi.Capability}, // granted is another file
		{"x", "", "x", "lexical", abi.OK},
		{"releases/x", "current/../x", "current/../x", "system", abi.OK},
		{"current/../sub", "", "current/../sub/a", "sub a", abi.OK},
		{"current/../sub", "", "current/../sub/in/../a", "sub a", abi.OK},
		{"current/../sub", "", "current/../sub/link/../a", "", abi.Capability},
		{"current/../sub", "", "current/../sub/no/../a", "", abi.Capability},
		{"current/../sub", "", "current/../sub/../y", "", abi.Capability},
		{"current/../sub", "", "sub/a", "", abi.Capability},
		{"current/../sub", "../" + filepath.Base(dir) + "/releases/sub", "../" + filepath.Base(dir) + "/releases/sub/a", "sub a", abi.OK},
		{"releases", "", "../" + filepath.Base(dir) + "/releases/x", "system", abi.OK},
	} {
		g := guesttest.New(t, capability.Options{Dir: dir, Path: c.setting, Now: guesttest.Later}, all.Grants{Files: []file.Grant{{Path: c.grant, Write: true}}})
		if got, status := g.Ask(fileRead, c.path); got != c.want || status != c.status {
			t.Errorf("grant %q, setting %q: read(%q) = %q, %v, want %q, %v", c.grant, c.setting, c.path, got, status, c.want, c.status)
		}
		if c.status != abi.OK {
			if status := g.Send(fileWrite, c.path, "changed"); status != c.status {
				t.Errorf("grant %q: write(%q) = %v, want %v", c.grant, c.path, status, c.status)
			}
		}
	}
}

// A guest that names ".." does not learn what is in folders that are not granted.
func TestDotsTellNothingOfOtherFolders(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"in/a": "x", "other/there/": ""})
	g := fileGuest(t, dir, file.Grant{Path: "in"})
	for _, path := range []string{"other/there/../../in/a", "other/absent/../../in/a", dir + "/other/there/../../in/a", "../" + filepath.Base(dir) + "/other/there/../../in/a"} {
		if got, status := g.Ask(fileRead, path); status != abi.Capability {
			t.Errorf("read(%q) = %q, %v", path, got, status)
		}
	}
}

func TestGrantWithDotsIsCheckedWhereItLeads(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a": "x"})
	link(t, "/usr", filepath.Join(dir, "usr"))
	for path, words := range map[string]string{"usr/..": "whole file system", "usr/../proc": "kernel", "no/../a": "not a folder", "a/../a": "not a folder"} {
		_, err := guesttest.TryOpen(capability.Options{Dir: dir}, all.Grants{Files: []file.Grant{{Path: path}}})
		guesttest.WantCode(t, path, err, secret.ErrLoad, words)
	}
}

// As many ".." as there may be lead from the folder of relative paths where they lead for
// the system, also if that folder is a link that leads deeper than it is named.
func TestManyDotsAboveTheFolder(t *testing.T) {
	t.Parallel()
	base, err := filepath.EvalSymlinks(tree(t, map[string]string{"granted/a": "alpha", "deep/1/2/3/4/5/6/7/8/b": "", "plain/b": ""}))
	if err != nil {
		t.Fatal(err)
	}
	link(t, "deep/1/2/3/4/5/6/7/8", filepath.Join(base, "link"))
	for _, dir := range []string{"plain", "link"} {
		dir = filepath.Join(base, dir)
		g := guesttest.New(t, capability.Options{Dir: dir, Now: guesttest.Later}, all.Grants{Files: []file.Grant{{Path: filepath.Join(base, "granted")}}})
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 50, 300} {
			above := real
			for range n {
				above = filepath.Dir(above)
			}
			rest, err := filepath.Rel(above, filepath.Join(base, "granted/a"))
			if err != nil {
				t.Fatal(err)
			}
			path := strings.Repeat("../", n) + rest
			if got, status := g.Ask(fileRead, path); got != "alpha" || status != abi.OK {
				t.Errorf("in %q, read(%q) = %q, %v, want alpha", dir, path, got, status)
			}
		}
	}
}
