//go:build unix

package safefile

import (
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// node is what the rules look at.
type node struct {
	mode     fs.FileMode
	uid, gid uint32
	target   string // of a symbolic link
	info     fs.FileInfo
}

// system is what the rules ask; tests put their own in its place.
type system interface {
	euid() uint32
	lstat(path string) (node, error)
	hasACL(path string) bool
	readFile(path string) ([]byte, error)
	// owns asks the kernel whether a file or folder is the current user's, where its
	// owner cannot be seen. It may say no if the user cannot read it.
	owns(path string, n node) bool
	// homes returns the absolute paths of the current user's home folder.
	homes() []string
}

// checkNode applies the rule to one file or folder. With ownerOnly its mode does
// not count.
func (r Rule) checkNode(s system, path string, n node, ownerOnly bool) error {
	problem := r.checkOwner(s, path, n)
	if problem == 0 && !ownerOnly {
		problem = r.checkMode(s, path, n)
	}
	return r.problem(s, path, n, problem)
}

// checkOwner returns what is wrong with the owner, 0 if nothing is.
func (r Rule) checkOwner(s system, path string, n node) Problem {
	uid := s.euid()
	switch {
	case r.Root && n.uid == 0:
		return 0
	case isHidden(s, n.uid):
		if n.uid == uid && s.owns(path, n) {
			return 0
		}
		return HiddenOwner
	case n.uid != uid:
		return ForeignOwner
	}
	return 0
}

// checkMode returns what is wrong with the mode, 0 if nothing is.
func (r Rule) checkMode(s system, path string, n node) Problem {
	switch perm := n.mode.Perm(); {
	case perm&0o002 != 0, perm&0o020 != 0 && !r.groupMayWrite(s, path, n):
		return Writable
	case r.Private && perm&0o055 != 0:
		return Readable
	}
	return 0
}

// problem returns the error for a problem, nil if it is 0.
func (r Rule) problem(s system, path string, n node, problem Problem) error {
	if problem == 0 {
		return nil
	}
	names, _ := readAccounts(s)
	e := &OwnerError{
		Path: path, Folder: n.mode.IsDir(), Owner: names.name(n.uid), Mode: n.mode,
		Problem: problem, private: r.Private, mine: n.uid == s.euid(), root: s.euid() == 0,
	}
	if problem == HiddenOwner {
		e.Owner = "not mapped"
	}
	return e
}

func (r Rule) groupMayWrite(s system, path string, n node) bool {
	switch r.Group {
	case AnyGroup:
		return true
	case OwnGroup:
		// With an access list the group's bits are a mask over all entries.
		return aloneInGroup(s, n.gid) && !s.hasACL(path)
	}
	return false
}

// walk follows an absolute path from the root of the file system as the system
// would, and checks all that it meets. Since each folder is checked before its
// entries, nobody else can exchange what was checked already.
func walk(s system, full string) error {
	rule := trusted()
	s = remembering{s, map[string][]byte{}}
	at, rest, links := "/", strings.Split(full, "/"), 0
	root, err := s.lstat(at)
	if err == nil {
		err = rule.checkOnTheWay(s, at, root)
	}
	if err != nil {
		return err
	}
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, name)
		n, err := s.lstat(next)
		if err != nil {
			return err
		}
		isLink := n.mode&fs.ModeSymlink != 0
		if err := rule.checkOnTheWay(s, next, n); err != nil {
			return err
		}
		if !isLink {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return pathError("check", full, syscall.ELOOP)
		}
		if path.IsAbs(n.target) {
			at = "/"
		}
		rest = append(strings.Split(n.target, "/"), rest...)
	}
	// At the end of the path a sticky folder is as writable as any other.
	n, err := s.lstat(at)
	if err != nil {
		return err
	}
	return rule.checkNode(s, at, n, false)
}

// checkOnTheWay applies the rule to what a path goes through. A folder whose owner cannot
// be seen may pass there if it is shared, and so may a link in it if it is not sticky:
// then nobody but the owner of the folder could put it there.
func (r Rule) checkOnTheWay(s system, at string, n node) error {
	isLink := n.mode&fs.ModeSymlink != 0
	problem := r.checkOwner(s, at, n)
	switch {
	case problem != HiddenOwner:
	case n.mode.IsDir() && isShared(s, at):
		problem = 0
	case isLink && isShared(s, path.Dir(at)):
		if folder, err := s.lstat(path.Dir(at)); err == nil && !sticky(folder) {
			problem = 0
		}
	}
	if problem == 0 && !isLink && !sticky(n) {
		problem = r.checkMode(s, at, n)
	}
	return r.problem(s, at, n, problem)
}

// sticky reports whether n is a folder in which only the owner of an entry can
// replace it. Its entries are checked next, so its own mode does not matter.
func sticky(n node) bool { return n.mode.IsDir() && n.mode&fs.ModeSticky != 0 }
