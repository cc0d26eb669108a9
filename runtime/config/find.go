package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/suggest"
)

// findUpwards returns the path of the configuration in dir or, if it has none, in
// the nearest folder above that has one; "" if there is none. It looks no further
// than the top of a repository, the home folder and the top of a file system, and
// not into a folder above dir that others can write. A configuration that is found is
// never skipped, even if it is invalid. Symbolic links in the path are resolved, so that
// a file has one name however dir was reached.
func findUpwards(dir string, env environment) (string, error) {
	full, err := canonical(dir)
	if err != nil {
		return find(dir) // the folder is gone, or one above it cannot be searched
	}
	if found, err := find(full); err != nil || found != "" {
		return found, err
	}
	for !isTop(full, env) {
		parent := filepath.Dir(full)
		if parent == full || otherFileSystem(full, parent) || safefile.CheckOwner(parent) != nil {
			return "", nil
		}
		full = parent
		if found, err := find(full); err != nil || found != "" {
			return found, err
		}
	}
	return "", nil
}

// canonical returns the absolute path of a folder without links.
func canonical(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(full)
}

// isTop reports whether the search ends with this folder: it holds a repository, or
// is the home folder.
func isTop(dir string, env environment) bool {
	for _, name := range []string{".git", ".hg", ".jj"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	for _, name := range []string{"HOME", "USERPROFILE"} {
		if env[name] == "" {
			continue
		}
		home, err := os.Stat(env[name])
		if err != nil {
			continue
		}
		if here, err := os.Stat(dir); err == nil && os.SameFile(home, here) {
			return true
		}
	}
	return false
}

// find returns the path of the configuration in dir, "" if there is none. Two are
// an error, and so is one whose name is almost right: it would have no effect.
func find(dir string) (string, error) {
	found := ""
	for _, name := range fileNames() {
		path := filepath.Join(dir, name)
		switch there, err := exists(path); {
		case err != nil:
			return "", err
		case !there:
			continue
		case found != "":
			return "", twoConfigurations(found, name)
		}
		found = path
	}
	for _, name := range wrongNames() {
		path := filepath.Join(dir, name)
		switch there, err := exists(path); {
		case err != nil:
			return "", err
		case !there || isFolder(path) || found != "" && sameFile(found, path):
			continue
		case found != "":
			return "", twoConfigurations(found, name)
		}
		return "", errorf("%s is not used: the name of a configuration is postern.yaml, postern.toml or postern.json; rename it, or name it with -c", quote(path)).
			Wrap(suggest.Hint("mv -n " + suggest.Quote(path) + " " + suggest.Quote(filepath.Join(dir, rightName(name)))))
	}
	return found, nil
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	return err == nil, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// sameFile reports whether two names are one file, as they are on a file system that
// does not tell upper from lower case.
func sameFile(a, b string) bool {
	x, errX := os.Lstat(a)
	y, errY := os.Lstat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func twoConfigurations(found, name string) error {
	return errorf("there are two configurations, %s and %s; remove one, or name one with -c",
		quote(filepath.Base(found)), quote(name)).
		Wrap(suggest.Hint("postern -c " + filepath.Base(found) + " config check"))
}
