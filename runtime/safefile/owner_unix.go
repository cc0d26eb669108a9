//go:build unix

package safefile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// OwnersKnown reports whether the system says who may write a file.
const OwnersKnown = true

// Checked names what [CheckOwner] looks at on this system, "" for nothing.
const Checked = "owner, mode" + listChecked

func (r Rule) check(path string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return pathError("check", path, errNoOwner)
	}
	return r.checkNode(osSystem{}, path, newNode(path, info, st), false)
}

func checkOwner(path string) error {
	full, err := Abs("", path)
	if err != nil {
		return err
	}
	return walk(osSystem{}, full)
}

func checkKept(path string, old fs.FileInfo) (owner string, err error) {
	if os.Geteuid() != 0 {
		return "", nil
	}
	if owner, err = checkPlaced(path, old); err != nil || owner == "" {
		return owner, err
	}
	full, err := Abs("", path)
	if err != nil {
		return "", err
	}
	dir, _ := split(full)
	uid := uint32(old.Sys().(*syscall.Stat_t).Uid)
	seen := &ownedPath{system: asUser{osSystem{}, uid}}
	if err := walk(seen, dir); err != nil || seen.found == "" {
		return owner, err
	}
	return owner, &OwnerError{Path: seen.found, Folder: seen.folder, Owner: owner, Mode: seen.mode, Problem: ForeignOwner, root: true}
}

// ownedPath is the system as a user sees it. It notes the first thing on a path that this
// user owns in a sticky folder that everybody may write, such as /tmp: the user may have
// created it.
type ownedPath struct {
	system
	found  string // "" for nothing
	folder bool   // it is a folder, and not a link
	mode   fs.FileMode
}

func (c *ownedPath) lstat(path string) (node, error) {
	n, err := c.system.lstat(path)
	if err != nil || n.uid != c.euid() || c.found != "" {
		return n, err
	}
	in, err := c.system.lstat(filepath.Dir(path))
	if err == nil && in.mode&fs.ModeSticky != 0 && in.mode&0o002 != 0 {
		c.found, c.folder, c.mode = path, n.mode.IsDir(), n.mode
	}
	return n, err
}

func checkPlaced(path string, info fs.FileInfo) (owner string, err error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", pathError("check", path, errNoOwner)
	}
	if st.Uid == 0 || int(st.Uid) == os.Geteuid() {
		return "", nil
	}
	full, err := Abs("", path)
	if err != nil {
		return "", err
	}
	dir, _ := split(full)
	names, _ := readAccounts(osSystem{})
	return names.name(uint32(st.Uid)), walk(asUser{osSystem{}, uint32(st.Uid)}, dir)
}

func checkGroup(path string, old fs.FileInfo) error {
	st, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return pathError("check", path, errNoOwner)
	}
	dir, err := FolderOf(path)
	if err != nil {
		return err
	}
	uid := uint32(st.Uid)
	if uid == 0 {
		uid = uint32(os.Geteuid())
	}
	return walk(sharedFolder{asUser{osSystem{}, uid}, dir, uint32(st.Gid)}, dir)
}

// sharedFolder is the system without the right of a group to write one folder.
type sharedFolder struct {
	system
	path string
	gid  uint32
}

func (s sharedFolder) lstat(path string) (node, error) {
	n, err := s.system.lstat(path)
	if path == s.path && n.mode.IsDir() && n.gid == s.gid && !s.hasACL(path) {
		n.mode &^= 0o020
	}
	return n, err
}

// asUser is the system as another user sees it.
type asUser struct {
	system
	uid uint32
}

func (s asUser) euid() uint32 { return s.uid }

// owns reports false: the kernel is not asked for another user.
func (s asUser) owns(string, node) bool { return false }

// newNode describes what is at a path. If a user other than root has mounted the file
// system and says who owns it, it counts as that user's. A link is as good as the folder
// that it is in, which is on the same file system and is checked as well.
func newNode(path string, info fs.FileInfo, st *syscall.Stat_t) node {
	n := node{mode: info.Mode(), uid: uint32(st.Uid), gid: uint32(st.Gid), info: info}
	if info.Mode()&fs.ModeSymlink != 0 {
		return n
	}
	if uid, ok := mounter(path, info); ok && uid != 0 && uid != uint32(os.Geteuid()) {
		n.uid = uid
	}
	return n
}

// osSystem is the system that the process runs on.
type osSystem struct{}

func (osSystem) euid() uint32 { return uint32(os.Geteuid()) }

func (osSystem) readFile(path string) ([]byte, error) { return Read(path, maxNames) }

func (osSystem) hasACL(path string) bool { return hasACL(path) }

func (osSystem) owns(path string, n node) bool { return ownedByCaller(path, n.info) }

// homes returns the home folder as the environment names it, and without symbolic
// links, if it is the current user's.
func (s osSystem) homes() []string {
	home := os.Getenv("HOME")
	real, err := filepath.EvalSymlinks(home)
	if err != nil || !filepath.IsAbs(home) {
		return nil
	}
	n, err := s.lstat(real)
	if err != nil || trusted().checkOwner(s, real, n) != 0 || n.uid != s.euid() {
		return nil
	}
	return []string{filepath.Clean(home), real}
}

func (osSystem) lstat(path string) (node, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return node{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return node{}, pathError("check", path, errNoOwner)
	}
	n := newNode(path, info, st)
	if info.Mode()&fs.ModeSymlink != 0 {
		n.target, err = os.Readlink(path)
	}
	return n, err
}
