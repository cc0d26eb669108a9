package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// Grant is one file, or one folder with everything beneath it.
type Grant struct {
	Path  string // absolute, or relative to [capability.Options].Dir
	Write bool   // may also be written and removed
	Owned bool   // is refused if anyone but root and the user can change it

	// Confined refuses what lies outside of [capability.Options].Dir, wherever links lead.
	Confined bool

	// FollowLinks also reads and lists what has a second name in the folder: symbolic
	// links, and files with more than one hard link.
	FollowLinks bool
}

// grantedPath is the path of a grant: a file, or a folder with everything beneath
// it. Which of the two it is shows when it is used.
type grantedPath struct {
	path   string // absolute and clean
	given  string // as the operator gave it, absolute
	write  bool
	follow bool // links
	owned  bool
	within string // the folder in which all of it lies, wherever links lead; "" for any
}

// spelling is a path as the operator gave it, and where it leads.
type spelling struct{ given, path string }

// spellings returns the grants and the setting "path" as the operator gave them, the
// longest first.
func (f *Files) spellings() []spelling {
	var all []spelling
	for _, g := range f.granted {
		all = append(all, spelling{g.given, g.path})
	}
	if f.opt.Path != "" {
		if path, err := safefile.Resolve(f.opt.Dir, filepath.FromSlash(f.opt.Path)); err == nil {
			all = append(all, spelling{spelled(f.opt.Dir, f.opt.Path), path})
		}
	}
	slices.SortStableFunc(all, func(a, b spelling) int { return len(b.given) - len(a.given) })
	return all
}

func parseGrants(o *capability.Options, grants []Grant) ([]grantedPath, error) {
	var paths []grantedPath
	for _, g := range grants {
		if g.Path == "" || !utf8.ValidString(g.Path) || strings.ContainsRune(g.Path, 0) {
			return nil, o.LoadError(fmt.Sprintf("grant files: invalid path %q", g.Path))
		}
		if part := safefile.Unexpanded(g.Path); part != "" {
			return nil, o.LoadError(fmt.Sprintf("grant files: %q: %s is not expanded here; want the whole path, or ./%[2]s for a file of that name", g.Path, part))
		}
		path, err := safefile.Resolve(o.Dir, filepath.FromSlash(g.Path))
		if err != nil {
			return nil, o.LoadError(fmt.Sprintf("grant files: %q: what is before .. in it is not a folder: %s", g.Path, safefile.Reason(err)))
		}
		p := grantedPath{path: path, given: spelled(o.Dir, g.Path), write: g.Write, owned: g.Owned, follow: g.FollowLinks}
		if g.Confined {
			p.within = o.Dir
		}
		if err := p.check(); err != nil {
			return nil, o.LoadError(fmt.Sprintf("grant files: %q %v", g.Path, err))
		}
		paths = append(paths, p)
	}
	// The longest path that covers a file decides; of two equal paths, the one that
	// may be written.
	slices.SortStableFunc(paths, func(a, b grantedPath) int {
		switch {
		case len(a.path) != len(b.path):
			return len(b.path) - len(a.path)
		case a.write == b.write:
			return 0
		case a.write:
			return -1
		}
		return 1
	})
	return paths, nil
}

// spelled returns path, taken from dir if it is relative, without needless parts. It
// keeps each "..": what that leads to depends on what is there.
func spelled(dir, path string) string {
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		path = dir + separator + path
	}
	if !hasDots(path) {
		return filepath.Clean(path)
	}
	volume := len(filepath.VolumeName(path))
	clean := make([]byte, 0, len(path)+1)
	clean = append(clean, path[:volume]...)
	for rest := path[volume:]; rest != ""; {
		var part string
		if part, rest = cutPart(rest); part != "" && part != "." {
			clean = append(append(clean, filepath.Separator), part...)
		}
	}
	if len(clean) == volume {
		clean = append(clean, filepath.Separator)
	}
	return string(clean)
}

const separator = string(filepath.Separator)

// cutPart cuts a path after its first part.
func cutPart(path string) (part, rest string) {
	for i := range len(path) {
		if os.IsPathSeparator(path[i]) {
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

// hasDots reports whether a part of path is "..".
func hasDots(path string) bool {
	for from := 0; ; {
		i := strings.Index(path[from:], "..")
		if i < 0 {
			return false
		}
		i += from
		from = i + 2
		if (i == 0 || os.IsPathSeparator(path[i-1])) && (from == len(path) || os.IsPathSeparator(path[from])) {
			return true
		}
	}
}

// resolve returns the path that a guest named as an absolute one without "..", which means
// the same file as for the system. A path that begins as a grant or the setting "path" is
// spelled leads where that led when the provider was opened. A ".." directly after the
// folder of relative paths leads above it. Any other ".." must be after a folder, and no
// link, beneath a granted folder; nothing else is looked at, so that a guest learns nothing
// of what is not granted.
func (f *Files) resolve(c *capability.Call, name string) (path string, ok bool) {
	path = spelled(f.opt.Dir, name)
	if !hasDots(path) {
		return path, true
	}
	for _, g := range f.given {
		if rest, found := strings.CutPrefix(path, g.given); found && (rest == "" || os.IsPathSeparator(rest[0])) {
			path = filepath.Clean(g.path+separator) + rest
			break
		}
	}
	c.Charge(walkCost(f.opt.Dir))
	path, ok = f.aboveDir(path)
	if !ok {
		return "", false
	}
	for {
		before, rest, found := cutDots(path)
		if !found {
			return filepath.Clean(path), true
		}
		c.Charge(walkCost(before) + capability.Copied(len(path)))
		if !f.isPlainFolder(before) {
			return "", false
		}
		path = filepath.Dir(before) + rest
	}
}

// aboveDir replaces each ".." directly after the folder of relative paths by where it
// leads. The operator chose that folder.
func (f *Files) aboveDir(path string) (string, bool) {
	rest, n := strings.TrimPrefix(path, f.opt.Dir), 0
	if len(rest) == len(path) {
		return path, true
	}
	for {
		next, above := strings.CutPrefix(rest, separator+"..")
		if !above || next != "" && !os.IsPathSeparator(next[0]) {
			break
		}
		rest, n = next, n+1
	}
	if n == 0 {
		return path, true
	}
	dir, err := f.above(n)
	return dir + rest, err == nil
}

// above returns where as many ".." lead from the folder of relative paths.
func (f *Files) above(n int) (string, error) {
	if parts := strings.Count(f.opt.Dir, separator); n > parts { // to the root, unless links lead deeper
		deep, err := filepath.EvalSymlinks(f.opt.Dir)
		if err != nil {
			return "", err
		}
		n = min(n, max(parts, strings.Count(deep, separator)))
	}
	return safefile.Resolve("", f.opt.Dir+strings.Repeat(separator+"..", n))
}

// cutDots cuts a path around the first part that is "..".
func cutDots(path string) (before, rest string, found bool) {
	const dots = separator + ".."
	for from := 0; ; {
		i := strings.Index(path[from:], dots)
		if i < 0 {
			return path, "", false
		}
		i += from
		if from = i + len(dots); from == len(path) || os.IsPathSeparator(path[from]) {
			return path[:i], path[from:], true
		}
	}
}

// isPlainFolder reports whether path, without "..", is a folder beneath a granted one.
func (f *Files) isPlainFolder(path string) bool {
	for _, g := range f.granted {
		if path == g.path || !beneath(g.path, path) {
			continue
		}
		root, err := g.place(g.path).open()
		if err != nil {
			return false
		}
		defer root.Close()
		info, err := root.Lstat(strings.TrimLeft(path[len(g.path):], separator))
		return err == nil && info.IsDir()
	}
	return false
}

// check refuses a path that is, or links to, a place that does not hold ordinary
// files: the whole disk, processes, kernel and devices.
func (p grantedPath) check() error {
	paths := []string{p.path}
	if target, err := filepath.EvalSymlinks(p.path); err == nil {
		paths = append(paths, target)
	}
	for _, path := range paths {
		if path == filepath.VolumeName(path)+string(filepath.Separator) {
			return errors.New("is the whole file system")
		}
		if goruntime.GOOS == "windows" {
			continue
		}
		for _, kernel := range []string{"/proc", "/sys", "/dev"} {
			// Shared memory is an ordinary file system, and a good place for secrets.
			if beneath(kernel, path) && !beneath("/dev/shm/", path) {
				return fmt.Errorf("belongs to the kernel (%s)", kernel)
			}
		}
	}
	return nil
}

// beneath reports whether path, absolute and clean, is dir or lies in it. If dir
// ends in a separator, dir itself does not count.
func beneath(dir, path string) bool {
	if len(dir) > 0 && os.IsPathSeparator(dir[len(dir)-1]) {
		return strings.HasPrefix(path, dir)
	}
	return path == dir || strings.HasPrefix(path, dir) && os.IsPathSeparator(path[len(dir)])
}

// find returns the granted path that decides about path.
func (f *Files) find(path string) (grantedPath, bool) {
	i := slices.IndexFunc(f.granted, func(p grantedPath) bool { return beneath(p.path, path) })
	if i < 0 {
		return grantedPath{}, false
	}
	return f.granted[i], true
}

// Any reports whether any file is granted.
func (f *Files) Any() bool { return len(f.granted) > 0 }

// Covers returns path, which the operator gave, as an absolute one, and whether a
// grant covers it.
func (f *Files) Covers(path string) (full string, ok bool) {
	if path == "" {
		return "", false
	}
	full, err := safefile.Resolve(f.opt.Dir, filepath.FromSlash(path))
	if err != nil {
		// It leads to nothing, but may be meant to lead into a grant. Reading it fails.
		full = spelled(f.opt.Dir, path)
		_, ok = f.find(filepath.Clean(full))
		return full, ok
	}
	_, ok = f.find(full)
	return full, ok
}
