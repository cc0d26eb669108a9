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
// not into a folder above dir that others can write. What it finds is not passed
// over, whatever is wrong with it.
func findUpwards(dir string, env environment) (string, error) {
	if found, err := find(dir); err != nil || found != "" {
		return found, err
	}
	full, err := filepath.Abs(dir)
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	if err != nil {
		return "", nil // the folder is gone; nothing was found in it
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
// an error.
func find(dir string) (string, error) {
	found := ""
	for _, name := range fileNames() {
		path := filepath.Join(dir, name)
		switch _, err := os.Lstat(path); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", errorf("%s: %s", quote(path), safefile.Reason(err))
		case found != "":
			return "", errorf("there are two configurations, %s and %s; remove one, or name one with -c",
				quote(filepath.Base(found)), quote(name)).
				Wrap(suggest.Hint("postern -c " + filepath.Base(found) + " config check"))
		}
		found = path
	}
	return found, nil
}
