package safefile

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// Abs returns path as an absolute one, taken from dir if it is relative; a relative
// or empty dir is taken from the current folder. It has no needless parts, and leads to the
// same file as path does for the system: ".." stays in it behind a symbolic link and
// after what is not a folder. The file need not exist.
func Abs(dir, path string) (string, error) {
	full := path
	if !filepath.IsAbs(full) && dir != "" {
		full = dir + string(filepath.Separator) + path
	}
	if !filepath.IsAbs(full) {
		current, err := filepath.Abs(".")
		if err != nil {
			return "", err
		}
		full = current + string(filepath.Separator) + full
	}
	return simplify(full), nil
}

// Resolve is [Abs] for a path that is compared by its name: the result has no "..".
// Symbolic links before a ".." are resolved, and no others. It is an error of the
// system if something before a ".." is not a folder.
func Resolve(dir, path string) (string, error) {
	full, err := Abs(dir, path)
	if err != nil {
		return "", err
	}
	return withoutDots(full)
}

// FolderOf returns the folder that holds the entry path, as [Resolve] does. The entry
// need not exist, and is not followed if it is a symbolic link.
func FolderOf(path string) (string, error) {
	full, err := Abs("", path)
	if err != nil {
		return "", err
	}
	dir, _ := split(full)
	return Resolve("", dir)
}

// Unexpanded returns what only a shell replaces at the beginning of a path: "~", or a
// variable such as "$HOME" or "${HOME}". It is "" for a path that means what it says, such
// as "./~". A path that came here with it was in quotes, or in a file that no shell reads.
func Unexpanded(path string) string {
	first, _, _ := strings.Cut(filepath.ToSlash(path), "/")
	name, variable := strings.CutPrefix(first, "$")
	if inner, braced := strings.CutPrefix(name, "{"); variable && braced {
		var closed bool
		if name, closed = strings.CutSuffix(inner, "}"); !closed {
			return ""
		}
	}
	switch {
	case first == "~", variable && isVariable(name):
		return first
	}
	return ""
}

func isVariable(name string) bool {
	return name != "" && (name[0] < '0' || name[0] > '9') &&
		strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// split returns the folder of path and the name in it, and removes no ".." from
// either. The folder ends in a separator, unless it is empty.
func split(path string) (dir, name string) {
	volume := len(filepath.VolumeName(path))
	for len(path) > volume+1 && os.IsPathSeparator(path[len(path)-1]) {
		path = path[:len(path)-1]
	}
	return filepath.Split(path)
}

// simplify returns an absolute path without what has no effect. Windows removes each
// ".." with what is before it.
func simplify(full string) string {
	if runtime.GOOS == "windows" {
		return filepath.Clean(full)
	}
	var kept []string
	for part := range strings.SplitSeq(full, "/") {
		switch {
		case part == "" || part == ".":
		case part == ".." && len(kept) == 0:
		case part == ".." && isPlainFolder(kept):
			kept = kept[:len(kept)-1]
		default:
			kept = append(kept, part)
		}
	}
	return "/" + strings.Join(kept, "/")
}

// isPlainFolder reports whether the parent of what the parts lead to is the parts
// without the last one.
func isPlainFolder(parts []string) bool {
	if parts[len(parts)-1] == ".." {
		return false
	}
	info, err := os.Lstat("/" + strings.Join(parts, "/"))
	return err == nil && info.IsDir()
}

// withoutDots resolves what is before the "..", from left to right.
func withoutDots(full string) (string, error) {
	for {
		if runtime.GOOS == "windows" {
			return full, nil
		}
		parts := strings.Split(full[1:], "/")
		i := slices.Index(parts, "..")
		if i < 0 {
			return full, nil
		}
		before := "/" + strings.Join(parts[:i], "/")
		real, err := filepath.EvalSymlinks(before)
		if err != nil {
			return "", err
		}
		if info, err := os.Stat(real); err != nil || !info.IsDir() {
			return "", pathError("open", before, syscall.ENOTDIR)
		}
		full = simplify(filepath.Dir(real) + "/" + strings.Join(parts[i+1:], "/"))
	}
}

// LeadsOut reports whether path leads out of the folder dir, by its name or through a
// symbolic link, which may lead to what does not exist yet. Both are clean and absolute, as
// [Resolve] returns them.
func LeadsOut(dir, path string) bool {
	if !isBeneath(dir, path) {
		return true
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return true
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil && LinkedOut(dir, path) != "" {
		return true
	}
	for err != nil { // a file that does not exist yet is judged by the folder above it
		parent := filepath.Dir(path)
		if parent == path {
			return true
		}
		path = parent
		real, err = filepath.EvalSymlinks(path)
	}
	return !isBeneath(root, real)
}

// LinkedOut returns to which path outside of the folder dir the symbolic links in it lead
// that are on the way to path, "" if none does. Links out there are not looked at: volumes
// of Kubernetes exchange theirs. Both paths are clean and absolute. The result has a ".." if
// that is behind a link out there.
func LinkedOut(dir, path string) string {
	const separator = string(filepath.Separator)
	inside, dots := path, []string(nil) // the path up to its first "..", and the rest
	for n := 0; ; n++ {
		rel, err := filepath.Rel(dir, inside)
		switch {
		case err != nil || !filepath.IsLocal(rel):
			if n == 0 {
				return ""
			}
			return path
		case n == maxLinks:
			return ""
		}
		at, link, rest := dir, "", strings.Split(rel, separator)
		for len(rest) > 0 && link == "" {
			at, rest = filepath.Join(at, rest[0]), rest[1:]
			link, _ = os.Readlink(at)
		}
		if link == "" {
			return "" // also before a "..": such a path leads nowhere
		}
		if !filepath.IsAbs(link) {
			link = filepath.Dir(at) + separator + link
		}
		path = simplify(strings.Join(slices.Concat([]string{link}, rest, dots), separator))
		inside, dots = path, nil
		if parts := strings.Split(path, separator); slices.Contains(parts, "..") {
			i := slices.Index(parts, "..")
			inside, dots = strings.Join(parts[:i], separator), parts[i:]
		}
	}
}

// isBeneath compares the names alone.
func isBeneath(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
