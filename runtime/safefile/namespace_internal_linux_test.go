package safefile

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	wholeMap = "         0          0 4294967295\n"
	aliceMap = "1000 1000 1\n"
	// rangeMap is that of a container of alice, with IDs that are set apart for her.
	rangeMap = "0 1000 1\n1 100000 65536\n"
)

// inNamespace is the system of alice as a user namespace with these maps shows it: all
// that the map of users lacks belongs to 65534.
func inNamespace(uid uint32, users, groups string) fakeSystem {
	s := home()
	s.uid = uid
	s.files = maps.Clone(s.files)
	s.files["/proc/self/uid_map"], s.files["/proc/self/gid_map"] = users, groups
	s.files["/proc/sys/fs/overflowuid"], s.files["/proc/sys/fs/overflowgid"] = "65534\n", "65534\n"
	s.owned = map[string]bool{}
	for name, n := range s.nodes {
		s.owned[name] = n.uid == 1000
		switch {
		case n.uid != 1000:
			n.uid, n.gid = overflowID, overflowID
		default:
			n.uid, n.gid = uid, uid
		}
		s.nodes[name] = n
	}
	return s
}

// TestOwnersThatANamespaceDoesNotMap_TM211: a user whom the namespace does not map is
// anybody. What decides must be the caller's own; of the folders above it, only those
// pass whose owner could do anything to the caller anyway.
func TestOwnersThatANamespaceDoesNotMap_TM211(t *testing.T) {
	t.Parallel()
	const file = "/home/alice/app/file"
	give := func(path string) func(*fakeSystem) {
		return func(s *fakeSystem) {
			n := s.nodes[path]
			n.uid, n.gid = overflowID, overflowID
			s.nodes[path], s.owned[path] = n, false
		}
	}
	mode := func(path string, mode fs.FileMode) func(*fakeSystem) {
		return func(s *fakeSystem) {
			n := s.nodes[path]
			n.mode = n.mode.Type() | mode
			s.nodes[path] = n
		}
	}
	add := func(path string, n node) func(*fakeSystem) { return func(s *fakeSystem) { s.nodes[path] = n } }
	for _, c := range []struct {
		name   string
		path   string
		change func(*fakeSystem)
		want   Problem
	}{
		{"below home", file, nil, 0},
		{"in a folder of all", "/tmp/mine/file", nil, 0},
		{"directly in a folder of all", "/tmp/file", nil, 0},
		{"file of somebody", file, give(file), HiddenOwner},
		{"folder of somebody below home", file, give("/home/alice/app"), HiddenOwner},
		{"home of somebody", file, give("/home/alice"), HiddenOwner},
		{"own file in the folder of somebody", "/tmp/theirs/file", nil, HiddenOwner},
		{"link that somebody planted", "/tmp/planted", nil, HiddenOwner},
		{"link that root planted", "/tmp/roots", nil, HiddenOwner},
		{"link of the system", "/users/alice/app/file", add("/users", linkNode("home", overflowID)), 0},
		{"folder of somebody in the root", "/srv/file", func(s *fakeSystem) {
			add("/srv", folderNode(0o755, overflowID, overflowID))(s)
			add("/srv/file", node{mode: 0o600, uid: s.uid})(s)
		}, HiddenOwner},
		{"shared folder that others may write", file, mode("/home", 0o777), Writable},
		{"shared folder that its group may write", file, mode("/home", 0o775), Writable},
		{"shared folder itself", "/home", nil, HiddenOwner},
		{"root of the file system itself", "/", nil, HiddenOwner},
	} {
		for name, s := range map[string]fakeSystem{
			"same number": inNamespace(1000, aliceMap, aliceMap),
			"root inside": inNamespace(0, "0 1000 1\n", "0 1000 1\n"),
			"no map":      inNamespace(overflowID, "", ""),
			"nobody":      inNamespace(overflowID, "65534 1000 1\n", "65534 1000 1\n"),
			"container":   inNamespace(0, rangeMap, rangeMap),
			"no /proc": func() fakeSystem {
				s := inNamespace(overflowID, "", "")
				s.files = map[string]string{"/etc/passwd": passwd}
				return s
			}(),
		} {
			if c.change != nil {
				c.change(&s)
			}
			var owner *OwnerError
			got := Problem(0)
			switch err := walk(s, c.path); {
			case errors.As(err, &owner):
				got = owner.Problem
			case err != nil:
				t.Fatalf("%s, %s: %v", c.name, name, err)
			}
			if got != c.want {
				t.Errorf("%s, %s: %v, want %v", c.name, name, got, c.want)
			}
		}
	}
}

// TestGroupsThatANamespaceRenames: the number of a group that is mapped alone, or not at
// all, says nothing of its members.
func TestGroupsThatANamespaceRenames(t *testing.T) {
	t.Parallel()
	const roots = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
	for _, c := range []struct {
		name     string
		uid, gid uint32
		groups   string
		want     bool
	}{
		{"no namespace", 1000, 1000, wholeMap, true},
		{"no namespace, nobody", 65534, 65534, wholeMap, true},
		{"same number", 1000, 1000, aliceMap, true},
		{"range of a container", 1000, 1000, rangeMap, true},
		{"group of the system outside", 0, 0, rangeMap, false},
		{"another number", 0, 0, "0 1000 1\n", false},
		{"no map", 65534, 65534, "", false},
		{"damaged map", 65534, 65534, "x\n", false},
	} {
		s := inNamespace(c.uid, c.groups, c.groups)
		s.files["/etc/passwd"], s.files["/etc/group"] = roots, ""
		if got := aloneInGroup(s, c.gid); got != c.want {
			t.Errorf("%s: aloneInGroup(%d) = %v, want %v", c.name, c.gid, got, c.want)
		}
	}
}

// TestAnotherUserInANamespace: the kernel answers for the process alone.
func TestAnotherUserInANamespace(t *testing.T) {
	t.Parallel()
	s := inNamespace(overflowID, "", "")
	s.owned["/home/alice/app/file"] = true
	var owner *OwnerError
	if err := walk(asUser{s, overflowID}, "/home/alice/app/file"); !errors.As(err, &owner) || owner.Problem != HiddenOwner {
		t.Errorf("walk as another user: %v", err)
	}
}

// TestCheckOwnerInANamespace_TM211 asks the kernel, from a user namespace that maps
// nobody: there, every owner has the same number as the process.
func TestCheckOwnerInANamespace_TM211(t *testing.T) {
	if file := os.Getenv("TEST_NAMESPACE_FILE"); file != "" {
		if err := CheckOwner(file); err != nil {
			t.Errorf("CheckOwner of an own file: %v", err)
		}
		var owner *OwnerError
		if err := CheckOwner(os.Getenv("TEST_NAMESPACE_FOREIGN")); !errors.As(err, &owner) || owner.Problem != HiddenOwner {
			t.Errorf("CheckOwner of another's file: %v", err)
		}
		return
	}
	t.Parallel()
	file, foreign := filepath.Join(t.TempDir(), "own"), "/etc/passwd"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		foreign = file + ".foreign"
		if err := errors.Join(os.WriteFile(foreign, nil, 0o644), os.Chown(foreign, 1001, 1001)); err != nil {
			t.Skip(err)
		}
	}
	if err := CheckOwner(file); err != nil {
		t.Skip(err)
	}
	c := exec.Command(os.Args[0], "-test.run=^TestCheckOwnerInANamespace_TM211$", "-test.v")
	c.Env = append(os.Environ(), "TEST_NAMESPACE_FILE="+file, "TEST_NAMESPACE_FOREIGN="+foreign)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	out, err := c.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "--- FAIL") {
		t.Skipf("no user namespaces here: %v %s", err, out)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReadOfSettings: the system gives the content of a setting once, and does not say
// how long it is.
func TestReadOfSettings(t *testing.T) {
	t.Parallel()
	const setting = "/proc/sys/fs/overflowuid"
	want, err := os.ReadFile(setting)
	if err != nil {
		t.Skip(err)
	}
	if got, err := Read(setting, maxNames); err != nil || string(got) != string(want) {
		t.Errorf("Read = %q, %v, want %q", got, err, want)
	}
}
