package file

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/capability"
)

// readNames reads the next names of an open folder, at most n, as
// [os.File.Readdirnames] does.
type readNames func(open *os.File, n int) ([]string, error)

// errSpelling is the error for a file that would be changed by a name that its
// folder has in another spelling.
var errSpelling = errors.New("capability: the folder has the name in another spelling")

// maxSpelled is how many names of folders a call remembers.
const maxSpelled = 1 << 19

// spelled returns an error unless each part of name is spelled as its folder has it.
// Links are followed.
func (f *folder) spelled(name string) error {
	if name == "." {
		return nil
	}
	for at := 0; at <= len(name); {
		part, _, _ := strings.Cut(name[at:], "/")
		parent := path.Dir(name[:at+len(part)])
		f.call.EndIfDone()
		f.call.Charge(walkCost(parent))
		dir, err := f.OpenRoot(parent + "/.")
		if err != nil {
			return err
		}
		err = f.holds(dir, parent, part)
		_ = dir.Close()
		if err != nil {
			return err
		}
		at += len(part) + 1
	}
	return nil
}

// holds returns [fs.ErrNotExist] unless dir, which is the folder at parent, has an
// entry with exactly this name. A file system may find an entry by other names too:
// in upper case, in another Unicode form, or by a short one. A call reads the names
// of a folder again only for a name that was not among them.
func (f *folder) holds(dir *os.Root, parent, name string) error {
	f.call.Charge(capability.SystemUnits)
	if distinguishesCase(dir, name) {
		return nil
	}
	if _, found := slices.BinarySearch(f.entries[parent], name); found {
		return nil
	}
	names, err := f.namesOf(dir)
	if err != nil {
		return unlisted(name, err)
	}
	f.keepNames(parent, names)
	if _, found := slices.BinarySearch(names, name); !found {
		return &fs.PathError{Op: "lookup", Path: name, Err: fs.ErrNotExist}
	}
	return nil
}

// keepNames remembers the names of a folder, up to a number of them.
func (f *folder) keepNames(parent string, names []string) {
	f.spelledNames += len(names) - len(f.entries[parent])
	if f.spelledNames > maxSpelled {
		clear(f.entries)
		f.spelledNames = 0
		return
	}
	for _, name := range names {
		f.call.Hold(len(name) + nameCost)
	}
	if f.entries == nil {
		f.entries = map[string][]string{}
	}
	f.entries[parent] = names
}

// holdsNow is holds for a file of a folder that the call changes.
func (f *folder) holdsNow(dir *os.Root, name string) error {
	if distinguishesCase(dir, name) {
		return nil
	}
	names, err := f.namesOf(dir)
	if err != nil {
		return unlisted(name, err)
	}
	if _, found := slices.BinarySearch(names, name); !found {
		return errSpelling
	}
	return nil
}

// namesOf returns all names in dir, sorted.
func (f *folder) namesOf(dir *os.Root) ([]string, error) {
	open, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer open.Close()
	var names []string
	for {
		f.call.EndIfDone()
		f.call.Charge(batch * capability.EntryUnits)
		part, err := f.readNames(open, batch)
		names = append(names, part...)
		if err == io.EOF {
			slices.SortFunc(names, f.call.Compare)
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// distinguishesCase reports whether dir has no entry for name in the other case. Then
// its file system distinguishes upper and lower case, and finds name by no other one.
func distinguishesCase(dir *os.Root, name string) bool {
	other := otherCase(name)
	if other == name || !isASCII(name) {
		return false
	}
	_, err := dir.Lstat(other)
	return errors.Is(err, fs.ErrNotExist)
}

// otherCase returns name with all ASCII letters in the other case.
func otherCase(name string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r ^ 0x20
		}
		return r
	}, name)
}

func isASCII(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf })
}

// unlisted returns the error for a name of a folder whose names cannot be read. A name
// of digits and signs is known by no other one, except for short names, and dots and
// blanks at its end.
func unlisted(name string, err error) error {
	plain := isASCII(name) && otherCase(name) == name && !strings.Contains(name, "~") && strings.TrimRight(name, ". ") == name
	if plain && errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}
