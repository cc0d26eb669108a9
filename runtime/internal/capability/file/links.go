package file

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/internal/capability"
)

// linkError is the error for a name that is, or leads through, another name of a
// file: a rule about one name would not hold for the other.
type linkError string

func (e linkError) Error() string { return string(e) }

const (
	errSymlink  linkError = "is a symbolic link"
	errHardLink linkError = "has more than one hard link"
)

// names is a name beneath a granted folder, in which it must not be a second one.
// The zero names is for a path that may have several.
type names struct {
	folder *folder // nil for what the operator named
	name   string
	follow bool // it may be or lead through a link
	listed bool // the folder has it in this spelling
}

// single returns where path must be the only name: in the folder that the setting
// "path" names, else in the outermost granted folder that covers it. What that
// setting or a grant names itself may be a link: the operator chose it.
func (f *Files) single(c *capability.Call, granted grantedPath, path string) (names, error) {
	var bases []place
	if f.base != "" && beneath(f.base, path) {
		if f.base == path {
			return names{}, nil
		}
		over, _ := f.find(f.base)
		bases = append(bases, over.place(f.base))
	}
	for _, g := range slices.Backward(f.granted) { // the shortest path first
		bases = append(bases, g.place(g.path))
	}
	for _, outer := range bases {
		if outer.path == path || !beneath(outer.path, path) {
			continue
		}
		dir, err := stateOf(c).folder(c, outer)
		name := filepath.ToSlash(strings.TrimLeft(path[len(outer.path):], string(filepath.Separator)))
		return names{folder: dir, name: name, follow: granted.follow}, err
	}
	return names{}, nil
}

// strict reports whether links are refused.
func (n names) strict() bool { return n.folder != nil && !n.follow }

// isAny reports whether any name is right.
func (n names) isAny() bool { return n.folder == nil }

// verify refuses info, of the file or folder that the name led to, unless the name
// is the only one that it has. The name is looked up again without following a
// link: that both lead to the same file holds whatever was swapped in between. If
// links are followed, only the spelling of the name counts.
func (n names) verify(info fs.FileInfo) error {
	switch {
	case n.isAny(), n.follow && n.listed:
		return nil
	case n.follow:
		return n.folder.spelled(n.name)
	}
	plain, err := pinned(n.folder, n.name, true, func(name string) (fs.FileInfo, error) {
		return n.folder.plain(name, !n.listed)
	})
	switch {
	case err != nil:
		return err
	case !os.SameFile(plain, info):
		return errReplaced
	}
	return nil
}

// errReplaced is the error for a file that was replaced between two looks at it.
var errReplaced = errors.New("capability: the file was replaced during the call")

// plain describes name, which must not lead through a link nor be one. If it is to be
// exact, each of its parts must be spelled as its folder has it.
func (f *folder) plain(name string, exact bool) (fs.FileInfo, error) {
	if name == "." {
		return f.Stat(name)
	}
	parent, base := path.Split(name)
	dir, err := f.enter(path.Clean(parent), exact)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if exact {
		if err := f.holds(dir, path.Clean(parent), base); err != nil {
			return nil, err
		}
	}
	return plainIn(dir, base)
}

// plainIn describes the entry of a folder, which must not be a link.
func plainIn(dir *os.Root, name string) (fs.FileInfo, error) {
	info, err := dir.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, errSymlink
	case !info.Mode().IsRegular():
		return info, nil
	}
	if many, err := hardLinked(dir, name, info); many || err != nil {
		return nil, errors.Join(err, errHardLink)
	}
	return info, nil
}

// enter opens a folder without following a link, as plain describes a name. The
// caller closes it.
func (f *folder) enter(name string, exact bool) (*os.Root, error) {
	dir, err := f.OpenRoot(".")
	if err != nil || name == "." {
		return dir, err
	}
	at := 0 // where the part begins in name
	for part := range strings.SplitSeq(name, "/") {
		var next *os.Root
		if exact {
			err = f.holds(dir, path.Clean(name[:at]), part)
		}
		if err == nil {
			next, err = enterIn(dir, part)
		}
		_ = dir.Close()
		if err != nil {
			return nil, err
		}
		dir = next
		at += len(part) + 1
	}
	return dir, nil
}

// enterIn opens a folder in dir. What was opened is compared with what the name is:
// opening follows links.
func enterIn(dir *os.Root, name string) (*os.Root, error) {
	next, err := dir.OpenRoot(name + "/.") // the dot refuses anything but a folder
	if err != nil {
		return nil, err
	}
	at, err := dir.Lstat(name)
	if err == nil && at.Mode()&fs.ModeSymlink != 0 {
		err = errSymlink
	}
	opened, statErr := next.Stat(".")
	if err = errors.Join(err, statErr); err == nil && !os.SameFile(at, opened) {
		err = errReplaced
	}
	if err != nil {
		_ = next.Close()
		return nil, err
	}
	return next, nil
}

// openVerified opens what the location leads to.
func (at location) openVerified() (*os.File, error) {
	for range maxTries {
		file, err := at.open(at.name, at.only.strict())
		if err != nil || at.only.isAny() {
			return file, err
		}
		info, err := file.Stat()
		if err == nil {
			err = at.only.verify(info)
		}
		if err == nil {
			return file, nil
		}
		_ = file.Close()
		if !errors.Is(err, errReplaced) {
			return nil, err
		}
		at.renewMoved()
	}
	return nil, errReplaced
}

// describe describes what the location leads to.
func (at location) describe() (fs.FileInfo, error) {
	for range maxTries {
		info, err := at.stat(at.name, at.only.strict())
		if err == nil {
			err = at.only.verify(info)
		}
		if !errors.Is(err, errReplaced) {
			return info, err
		}
		at.renewMoved()
	}
	return nil, errReplaced
}

// renewMoved lets both folders of the location take the present generation, which
// they may have pinned at different moments.
func (at location) renewMoved() {
	at.folder.renewMoved()
	if at.only.strict() {
		at.only.folder.renewMoved()
	}
}

// renewals counts how often the folders of the location took another generation.
func (at location) renewals() int {
	if !at.only.strict() || at.only.folder == at.folder {
		return at.folder.renewed
	}
	return at.folder.renewed + at.only.folder.renewed
}

// hold keeps the generation of what the location leads to, since its content was
// read.
func (at location) hold() {
	at.folder.hold(at.name, at.only.strict())
	if at.only.strict() {
		at.only.folder.hold(at.only.name, true)
	}
}

// entry returns the location of an entry of the folder.
func (at location) entry(name string) location {
	at.name = path.Join(at.name, name)
	if at.only.isAny() {
		// The granted folder itself may be a link, its entries not.
		at.only = names{folder: at.folder, name: at.name, follow: at.granted.follow}
	} else {
		at.only.name = path.Join(at.only.name, name)
	}
	at.only.listed = true
	return at
}

// verifyFolder refuses dir, the open folder of a file that is to be changed, if a
// link or another spelling led to it.
func (at location) verifyFolder(dir *os.Root) error {
	if at.only.isAny() {
		return nil
	}
	info, err := dir.Stat(".")
	if err != nil {
		return err
	}
	at.only.name = path.Dir(at.only.name)
	return at.only.verify(info)
}
