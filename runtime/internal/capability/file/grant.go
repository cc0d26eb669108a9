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
)

// Grant is one file, or one folder with everything beneath it.
type Grant struct {
	Path  string // absolute, or relative to [capability.Options].Dir
	Write bool   // may also be written and removed
	Owned bool   // is refused if anyone but root and the user can change it

	// FollowLinks also reads and lists what has a second name in the folder: symbolic
	// links, and files with more than one hard link.
	FollowLinks bool
}

// grantedPath is the path of a grant: a file, or a folder with everything beneath
// it. Which of the two it is shows when it is used.
type grantedPath struct {
	path   string // absolute and clean
	write  bool
	follow bool // links
	owned  bool
}

func parseGrants(o *capability.Options, grants []Grant) ([]grantedPath, error) {
	var paths []grantedPath
	for _, g := range grants {
		if g.Path == "" || !utf8.ValidString(g.Path) || strings.ContainsRune(g.Path, 0) {
			return nil, o.LoadError(fmt.Sprintf("grant files: invalid path %q", g.Path))
		}
		if g.Path == "~" || strings.HasPrefix(g.Path, "~/") {
			return nil, o.LoadError(fmt.Sprintf("grant files: %q: ~ is not expanded here; want the whole path of the home folder, or ./~ for a file of that name", g.Path))
		}
		p := grantedPath{path: absolute(o.Dir, g.Path), write: g.Write, owned: g.Owned, follow: g.FollowLinks}
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

// absolute returns path, taken from dir if it is relative, without dots.
func absolute(dir, path string) string {
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return filepath.Clean(path)
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

// Covers returns path as an absolute one, and whether a grant covers it.
func (f *Files) Covers(path string) (full string, ok bool) {
	full = absolute(f.opt.Dir, path)
	_, ok = f.find(full)
	return full, ok && path != ""
}
