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
}

// system is what the rules ask; tests put their own in its place.
type system interface {
	euid() uint32
	lstat(path string) (node, error)
	hasACL(path string) bool
	readFile(path string) ([]byte, error)
}

// checkNode applies the rule to one file or folder. With ownerOnly its mode does
// not count.
func (r Rule) checkNode(s system, path string, n node, ownerOnly bool) error {
	uid := s.euid()
	var problem Problem
	switch perm := n.mode.Perm(); {
	case n.uid != uid && !(r.Root && n.uid == 0):
		problem = ForeignOwner
	case ownerOnly:
		return nil
	case perm&0o002 != 0, perm&0o020 != 0 && !r.groupMayWrite(s, path, n):
		problem = Writable
	case r.Private && perm&0o055 != 0:
		problem = Readable
	default:
		return nil
	}
	names, _ := readAccounts(s)
	return &OwnerError{
		Path: path, Folder: n.mode.IsDir(), Owner: names.name(n.uid), Mode: n.mode,
		Problem: problem, private: r.Private, mine: n.uid == uid, root: uid == 0,
	}
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
	at, rest, links := "/", strings.Split(full, "/"), 0
	root, err := s.lstat(at)
	if err == nil {
		err = rule.checkNode(s, at, root, sticky(root))
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
		if err := rule.checkNode(s, next, n, isLink || sticky(n)); err != nil {
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

// sticky reports whether n is a folder in which only the owner of an entry can
// replace it. Its entries are checked next, so its own mode does not matter.
func sticky(n node) bool { return n.mode.IsDir() && n.mode&fs.ModeSticky != 0 }
