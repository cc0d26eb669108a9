//go:build unix

package safefile

import (
	"errors"
	"io/fs"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
)

// fakeSystem is a file system and its accounts, seen by the user 1000.
type fakeSystem struct {
	uid   uint32
	nodes map[string]node
	files map[string]string
	acls  map[string]bool
	owned map[string]bool // what the kernel says where an owner cannot be seen
}

func (s fakeSystem) owns(path string, _ node) bool { return s.owned[path] }

func (s fakeSystem) homes() []string { return []string{"/home/alice"} }

func (s fakeSystem) euid() uint32 { return s.uid }

func (s fakeSystem) hasACL(path string) bool { return s.acls[path] }

func (s fakeSystem) lstat(path string) (node, error) {
	if n, ok := s.nodes[path]; ok {
		return n, nil
	}
	return node{}, pathError("lstat", path, fs.ErrNotExist)
}

func (s fakeSystem) readFile(path string) ([]byte, error) {
	if text, ok := s.files[path]; ok {
		return []byte(text), nil
	}
	return nil, pathError("open", path, fs.ErrNotExist)
}

const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n"
	group  = "root:x:0:\nalice:x:1000:\nbob:x:1001:\ndev:x:2000:alice,bob\n"
)

func folderNode(mode fs.FileMode, uid, gid uint32) node {
	return node{mode: fs.ModeDir | mode, uid: uid, gid: gid}
}

func linkNode(target string, uid uint32) node {
	return node{mode: fs.ModeSymlink | 0o777, uid: uid, gid: uid, target: target}
}

// home is a system with /home/alice/app/file, /tmp and a few links.
func home() fakeSystem {
	return fakeSystem{
		uid: 1000,
		nodes: map[string]node{
			"/":                    folderNode(0o755, 0, 0),
			"/home":                folderNode(0o755, 0, 0),
			"/home/alice":          folderNode(0o750, 1000, 1000),
			"/home/alice/app":      folderNode(0o755, 1000, 1000),
			"/home/alice/app/file": {mode: 0o644, uid: 1000, gid: 1000},
			"/home/alice/link":     linkNode("app/file", 1000),
			"/home/alice/loop":     linkNode("loop", 1000),
			"/home/alice/up":       linkNode("app/../../alice/app/file", 1000),
			"/home/alice/far":      linkNode("/tmp/open/file", 1000),
			"/home/alice/tmp":      linkNode("/tmp/", 1000),
			"/home/alice/tmpup":    linkNode("/tmp/mine/..", 1000),
			"/tmp":                 folderNode(fs.ModeSticky|0o777, 0, 0),
			"/tmp/mine":            folderNode(0o700, 1000, 1000),
			"/tmp/mine/file":       {mode: 0o600, uid: 1000, gid: 1000},
			"/tmp/theirs":          folderNode(0o755, 1001, 1001),
			"/tmp/theirs/file":     {mode: 0o600, uid: 1000, gid: 1000},
			"/tmp/open":            folderNode(0o777, 1000, 1000),
			"/tmp/open/file":       {mode: 0o600, uid: 1000, gid: 1000},
			"/tmp/file":            {mode: 0o600, uid: 1000, gid: 1000},
			"/tmp/planted":         linkNode("/home/alice/app/file", 1001),
			"/tmp/roots":           linkNode("/home/alice/app/file", 0),
		},
		files: map[string]string{"/etc/passwd": passwd, "/etc/group": group},
	}
}

func TestCheckOwner(t *testing.T) {
	t.Parallel()
	const file = "/home/alice/app/file"
	set := func(path string, mode fs.FileMode, uid, gid uint32) func(*fakeSystem) {
		return func(s *fakeSystem) {
			n := s.nodes[path]
			s.nodes[path] = node{mode: n.mode.Type() | mode, uid: uid, gid: gid, target: n.target}
		}
	}
	for _, c := range []struct {
		name   string
		path   string
		change func(*fakeSystem)
		want   string // "" if it passes
	}{
		{"all private", file, nil, ""},
		{"owned by root", file, set(file, 0o644, 0, 0), ""},
		{"owned by another user", file, set(file, 0o644, 1001, 1001), `"/home/alice/app/file" belongs to another user (owner bob, mode 0644)`},
		{"owned by a user without a name", file, set(file, 0o644, 77, 77), `"/home/alice/app/file" belongs to another user (owner uid 77, mode 0644)`},
		{"writable by others", file, set(file, 0o646, 1000, 1000), `"/home/alice/app/file" is writable by others (owner alice, mode 0646)`},
		{"root's, writable by others", file, set(file, 0o666, 0, 0), `"/home/alice/app/file" is writable by others (owner root, mode 0666)`},
		{"writable by the own group", file, set(file, 0o664, 1000, 1000), ""},
		{"writable by a shared group", file, set(file, 0o664, 1000, 2000), `"/home/alice/app/file" is writable by others (owner alice, mode 0664)`},
		{"writable by the group root", file, set(file, 0o664, 0, 0), `"/home/alice/app/file" is writable by others (owner root, mode 0664)`},
		{"writable by an access list", file, func(s *fakeSystem) {
			set(file, 0o664, 1000, 1000)(s)
			s.acls = map[string]bool{file: true}
		}, `"/home/alice/app/file" is writable by others (owner alice, mode 0664)`},
		{"access list without write", file, func(s *fakeSystem) { s.acls = map[string]bool{file: true} }, ""},
		{"folder writable by the own group", file, set("/home/alice/app", 0o775, 1000, 1000), ""},
		{"folder writable by others", file, set("/home/alice/app", 0o757, 1000, 1000), `"/home/alice/app" is writable by others (owner alice, mode 0757)`},
		{"folder of another user", file, set("/home/alice", 0o755, 1001, 1001), `"/home/alice" belongs to another user (owner bob, mode 0755)`},
		{"folder far above", file, set("/home", 0o777, 0, 0), `"/home" is writable by others (owner root, mode 0777)`},
		{"root of the file system", file, set("/", 0o777, 0, 0), `"/" is writable by others (owner root, mode 0777)`},
		{"sticky root of the file system", file, set("/", fs.ModeSticky|0o777, 0, 0), ""},
		{"sticky, but of another user", file, set("/home", fs.ModeSticky|0o777, 1001, 1001), `"/home" belongs to another user (owner bob, mode 1777)`},
		{"in a sticky folder", "/tmp/file", nil, ""},
		{"own folder in a sticky one", "/tmp/mine/file", nil, ""},
		{"another's folder in a sticky one", "/tmp/theirs/file", nil, `"/tmp/theirs" belongs to another user (owner bob, mode 0755)`},
		{"open folder in a sticky one", "/tmp/open/file", nil, `"/tmp/open" is writable by others (owner alice, mode 0777)`},
		{"sticky folder itself", "/tmp", nil, `"/tmp" is writable by others (owner root, mode 1777)`},
		{"sticky folder with a slash", "/tmp/", nil, `"/tmp" is writable by others (owner root, mode 1777)`},
		{"sticky folder through a link", "/home/alice/tmp", nil, `"/tmp" is writable by others (owner root, mode 1777)`},
		{"sticky folder from below", "/home/alice/tmpup", nil, `"/tmp" is writable by others (owner root, mode 1777)`},
		{"link", "/home/alice/link", nil, ""},
		{"link through dots", "/home/alice/up", nil, ""},
		{"link to an open folder", "/home/alice/far", nil, `"/tmp/open" is writable by others (owner alice, mode 0777)`},
		{"link planted in a sticky folder", "/tmp/planted", nil, `"/tmp/planted" belongs to another user (owner bob, mode 0777)`},
		{"root's link in a sticky folder", "/tmp/roots", nil, ""},
	} {
		s := home()
		if c.change != nil {
			c.change(&s)
		}
		got := ""
		if err := walk(s, c.path); err != nil {
			var owner *OwnerError
			if !errors.As(err, &owner) {
				t.Fatalf("%s: error of type %T", c.name, err)
			}
			got = strings.TrimSuffix(err.Error(), "; hint: "+owner.Fix())
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCheckOwnerAsRoot(t *testing.T) {
	t.Parallel()
	s := home()
	s.uid = 0
	if err := walk(s, "/home/alice/app/file"); err == nil || err.Error() != `"/home/alice" belongs to another user (owner alice, mode 0750); hint: sudo -H -u alice -s` {
		t.Errorf("root trusts what another user owns: %v", err)
	}
}

func TestCheckOwnerSystemErrors(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]error{
		"/home/alice/none": fs.ErrNotExist, "/none/x": fs.ErrNotExist, "/home/alice/loop": syscall.ELOOP,
	} {
		if err := walk(home(), path); !errors.Is(err, want) {
			t.Errorf("walk(%q) = %v, want %v", path, err, want)
		}
	}
}

func TestAloneInGroup(t *testing.T) {
	t.Parallel()
	if goruntime.GOOS == "darwin" {
		t.Skip("groups are not in files here")
	}
	const alice2 = "alice2:x:1000:1000::/:/bin/sh\n" // a second name of the same user
	for _, c := range []struct {
		name                    string
		passwd, group, nsswitch string
		gid                     uint32
		want                    bool
	}{
		{"own group", passwd, group, "", 1000, true},
		{"another's group", passwd, group, "", 1001, false},
		{"supplementary group", passwd, group, "", 2000, false},
		{"group of root", passwd, group, "", 0, false},
		{"group without a line", passwd, "root:x:0:\n", "", 1000, true},
		{"lists the user", passwd, "alice:x:1000:alice\n", "", 1000, true},
		{"lists root", passwd, "alice:x:1000:root, alice\n", "", 1000, true},
		{"lists the user's second name", passwd + alice2, "alice:x:1000:alice2\n", "", 1000, true},
		{"lists another user", passwd, "alice:x:1000:bob\n", "", 1000, false},
		{"lists an unknown user", passwd, "alice:x:1000:carol\n", "", 1000, false},
		{"second line of the group", passwd, group + "team:x:1000:bob\n", "", 1000, false},
		{"primary group of another user", passwd + "eve:x:1002:1000::/:/bin/sh\n", group, "", 1000, false},
		{"primary group of a second root", passwd + "toor:x:0:1000::/:/bin/sh\n", group, "", 1000, true},
		{"user without a line", "root:x:0:0::/:/bin/sh\n", group, "", 1000, false},
		{"no users", "", group, "", 1000, false},
		{"comments and empty lines", "# users\n\n" + passwd, "# groups\n\n" + group, "", 1000, true},
		{"users from NIS", passwd + "+::::::\n", group, "", 1000, false},
		{"groups from NIS", passwd, group + "+:::\n", "", 1000, false},
		{"damaged user", passwd + "eve:x:1002\n", group, "", 1000, false},
		{"damaged number", passwd + "eve:x:0x3:1000::/:\n", group, "", 1000, false},
		{"damaged group", passwd, group + "team\n", "", 1000, false},
		{"files", passwd, group, "passwd: files\ngroup: files\n", 1000, true},
		{"files and systemd", passwd, group, "passwd:\tfiles systemd # local\ngroup: files [SUCCESS=merge] systemd\nhosts: files dns\n", 1000, true},
		{"no line for groups", passwd, group, "passwd: files\n", 1000, true},
		{"users from LDAP", passwd, group, "passwd: files ldap\ngroup: files\n", 1000, false},
		{"groups from SSSD", passwd, group, "passwd: files\ngroup: files sss\n", 1000, false},
		{"behind an action", passwd, group, "group: files [NOTFOUND=return] winbind\n", 1000, false},
		{"action that is not closed", passwd, group, "group: files [NOTFOUND=return\n", 1000, false},
		{"memberships from SSSD", passwd, group, "initgroups: files sss\n", 1000, false},
		{"compatibility mode", passwd, group, "group: compat\n", 1000, false},
	} {
		s := fakeSystem{uid: 1000, files: map[string]string{"/etc/passwd": c.passwd, "/etc/group": c.group}}
		if c.nsswitch != "" {
			s.files["/etc/nsswitch.conf"] = c.nsswitch
		}
		if got := aloneInGroup(s, c.gid); got != c.want {
			t.Errorf("%s: aloneInGroup(%d) = %v, want %v", c.name, c.gid, got, c.want)
		}
	}
}

// unreadable is a system whose nsswitch.conf may not be read.
type unreadable struct{ fakeSystem }

func (s unreadable) readFile(path string) ([]byte, error) {
	if path == "/etc/nsswitch.conf" {
		return nil, fs.ErrPermission
	}
	return s.fakeSystem.readFile(path)
}

func TestAloneInGroupUnreadable(t *testing.T) {
	t.Parallel()
	if aloneInGroup(unreadable{home()}, 1000) {
		t.Error("the sources of names are unknown, and the group counts as private")
	}
	for _, name := range []string{"/etc/passwd", "/etc/group"} {
		s := home()
		delete(s.files, name)
		if aloneInGroup(s, 1000) {
			t.Errorf("without %s the group counts as private", name)
		}
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule Rule
		n    node
		want Problem
	}{
		{Rule{}, node{mode: 0o644, uid: 1000}, 0},
		{Rule{}, node{mode: 0o644, uid: 0}, ForeignOwner},
		{Rule{Root: true}, node{mode: 0o644, uid: 0}, 0},
		{Rule{Root: true}, node{mode: 0o644, uid: 1001}, ForeignOwner},
		{Rule{}, node{mode: 0o664, uid: 1000, gid: 1000}, Writable},
		{Rule{Group: OwnGroup}, node{mode: 0o664, uid: 1000, gid: 1000}, 0},
		{Rule{Group: OwnGroup}, node{mode: 0o664, uid: 1000, gid: 2000}, Writable},
		{Rule{Group: AnyGroup}, node{mode: 0o664, uid: 1000, gid: 2000}, 0},
		{Rule{Group: AnyGroup}, node{mode: 0o666, uid: 1000, gid: 2000}, Writable},
		{Rule{}, folderNode(fs.ModeSticky|0o777, 1000, 1000), Writable},
		{Rule{Private: true}, node{mode: 0o700, uid: 1000}, 0},
		{Rule{Private: true}, node{mode: 0o710, uid: 1000}, Readable},
		{Rule{Private: true}, node{mode: 0o704, uid: 1000}, Readable},
		{Rule{Private: true}, node{mode: 0o720, uid: 1000}, Writable},
	} {
		s := home()
		if goruntime.GOOS == "darwin" && c.rule.Group == OwnGroup {
			continue
		}
		var got Problem
		if e := (*OwnerError)(nil); errors.As(c.rule.checkNode(s, "/x", c.n, false), &e) {
			got = e.Problem
		}
		if got != c.want {
			t.Errorf("%+v of %v: %v, want %v", c.rule, c.n, got, c.want)
		}
	}
}

func TestFix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e    OwnerError
		want string
	}{
		{OwnerError{Path: "/a b/it's", Problem: Writable, mine: true}, `chmod go-w '/a b/it'\''s'`},
		{OwnerError{Path: "/a", Problem: Readable, private: true, mine: true}, `chmod go= /a`},
		{OwnerError{Path: "/a", Problem: Writable, private: true, mine: true}, `chmod go= /a`},
		{OwnerError{Path: "-a", Problem: Writable, mine: true}, `chmod go-w ./-a`},
		// It belongs to root, who alone may change it, or to everybody.
		{OwnerError{Path: "/a", Problem: Writable, Owner: "root"}, `ls -ld /a`},
		{OwnerError{Path: "/a", Problem: Writable, Owner: "root", private: true}, `ls -ld /a`},
		{OwnerError{Path: "/a", Problem: Writable, Owner: "root", mine: true, root: true}, `chmod go-w /a`},
		{OwnerError{Path: "/tmp", Folder: true, Mode: fs.ModeSticky | 0o777, Problem: Writable, mine: true, root: true}, `ls -ld /tmp`},
		// It belongs to somebody else, who needs it.
		{OwnerError{Path: "/a", Problem: ForeignOwner, Owner: "bob"}, `cp /a /a.copy && mv -f /a.copy /a`},
		{OwnerError{Path: "/home/bob", Folder: true, Problem: ForeignOwner, Owner: "bob"}, `ls -ld /home/bob`},
		{OwnerError{Path: "/home/bob", Folder: true, Problem: ForeignOwner, Owner: "bob", root: true}, `sudo -H -u bob -s`},
		// Becoming root or the owner is not possible in a user namespace.
		{OwnerError{Path: "/a", Problem: HiddenOwner, root: true}, `cp /a /a.copy && mv -f /a.copy /a`},
		{OwnerError{Path: "/srv", Folder: true, Problem: HiddenOwner, root: true}, `cat /proc/self/uid_map`},
		{OwnerError{Path: "/a", Problem: ForeignOwner, Owner: "uid 1000", root: true}, `sudo -H -u '#1000' -s`},
	} {
		if got := c.e.Fix(); got != c.want {
			t.Errorf("Fix() = %s, want %s", got, c.want)
		}
		if strings.Contains(c.e.Fix(), "chown") {
			t.Errorf("%s takes the file from its owner", c.e.Fix())
		}
	}
}
