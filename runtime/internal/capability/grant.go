package capability

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Grant is what the operator granted one provider. The zero Grant grants
// nothing: nil, empty and absent mean none.
type Grant struct {
	Env   []string // patterns of variables: NAME, PREFIX_* or *
	Files []FileGrant
}

// FileGrant is one file, or one folder with everything beneath it.
type FileGrant struct {
	Path  string // absolute, or relative to [Options].Dir
	Write bool
}

// patterns is a list of variable names, each of which may end in one star.
type patterns []string

func parsePatterns(provider string, list []string) (patterns, error) {
	for _, p := range list {
		name, _ := strings.CutSuffix(p, "*")
		bad := func(r rune) bool { return r == '*' || r == '=' || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
		if p == "" || !utf8.ValidString(p) || strings.IndexFunc(name, bad) >= 0 {
			return nil, loadError(provider, fmt.Sprintf("grant env %q is none of NAME, PREFIX_* and *", p))
		}
	}
	return slices.Clone(list), nil
}

// match reports whether a pattern covers name.
func (ps patterns) match(name string) bool {
	return slices.ContainsFunc(ps, func(p string) bool {
		if prefix, star := strings.CutSuffix(p, "*"); star {
			return strings.HasPrefix(name, prefix)
		}
		return p == name
	})
}

// root is a granted path: a file, or a folder with everything beneath it. Which
// of the two is found out when it is used.
type root struct {
	path  string // absolute and clean
	write bool
}

func parseRoots(o Options) ([]root, error) {
	var roots []root
	for _, g := range o.Grant.Files {
		if g.Path == "" || !utf8.ValidString(g.Path) || strings.ContainsRune(g.Path, 0) {
			return nil, loadError(o.Provider, fmt.Sprintf("grant files: %q is no path", g.Path))
		}
		r := root{path: absolute(o.Dir, g.Path), write: g.Write}
		if err := r.refuse(); err != nil {
			return nil, loadError(o.Provider, fmt.Sprintf("grant files: %q %v", g.Path, err))
		}
		roots = append(roots, r)
	}
	// The longest path that covers a file decides; of two equal ones, the one
	// that may write.
	slices.SortStableFunc(roots, func(a, b root) int {
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
	return roots, nil
}

// absolute returns path, taken from dir when it is relative, without dots.
func absolute(dir, path string) string {
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return filepath.Clean(path)
}

// refuse returns an error when r, or what it links to, is a place where files
// are no files: the whole disk, processes, kernel and devices.
func (r root) refuse() error {
	paths := []string{r.path}
	if real, err := filepath.EvalSymlinks(r.path); err == nil {
		paths = append(paths, real)
	}
	for _, p := range paths {
		if p == filepath.VolumeName(p)+string(filepath.Separator) {
			return errors.New("is the whole file system")
		}
		if goruntime.GOOS == "windows" {
			continue
		}
		for _, kernel := range []string{"/proc", "/sys", "/dev"} {
			// Shared memory is a file system like any other, and a good place for
			// secrets.
			if beneath(kernel, p) && !beneath("/dev/shm/", p) {
				return fmt.Errorf("belongs to the kernel (%s)", kernel)
			}
		}
	}
	return nil
}

// covers reports whether r covers path, which is absolute and clean.
func (r root) covers(path string) bool { return beneath(r.path, path) }

// beneath reports whether path is dir or lies in it. With a separator at the end
// of dir, dir itself does not count.
func beneath(dir, path string) bool {
	if len(dir) > 0 && os.IsPathSeparator(dir[len(dir)-1]) {
		return strings.HasPrefix(path, dir)
	}
	return path == dir || strings.HasPrefix(path, dir) && os.IsPathSeparator(path[len(dir)])
}

// find returns the root that decides about path.
func (s *Set) find(path string) (root, bool) {
	i := slices.IndexFunc(s.files, func(r root) bool { return r.covers(path) })
	if i < 0 {
		return root{}, false
	}
	return s.files[i], true
}
