// Package protectedfiles finds grants that reach the files which decide what modules may
// do, or prove what they did.
package protectedfiles

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// File is a file or folder that no module may write.
type File struct {
	What string // such as "the policy"
	Path string
}

// Provider is what one provider may reach.
type Provider struct {
	Name     string
	Grants   []Grant
	Settings map[string]string // of its module, which are paths if a grant covers them
	Named    []string          // paths of files in variables that it may follow
}

// Grant is a file, or a folder with all in it, that a provider may read.
type Grant struct {
	Path  string
	Write bool // and write
}

// Setup is what belongs together. Relative paths are taken from Dir.
type Setup struct {
	Dir       string
	Log       string // the decision log, "" for none
	Files     []File // other files
	Providers []Provider
}

// Check returns why a setup is refused, or "": no provider may write what decides or
// proves, and the log has a file of its own. Warnings are about providers that may read
// the log. Paths are compared by their names and by the files that they lead to.
func (s Setup) Check() (refused string, warnings []string) {
	var log place // not looked up without need: that takes many calls of the system
	files := s.files()
	places := make([]place, len(files))
	if s.Log != "" || s.writes() {
		for i, f := range files {
			places[i] = s.place(f.Path)
		}
		if s.Log != "" {
			log = places[len(files)-1]
		}
	}
	for i, f := range s.Files {
		if at := places[i]; s.Log != "" && (same(log, at) || covers(at, log)) {
			return fmt.Sprintf("the decision log %q is, or lies in, %s %q; want a file of its own", s.Log, f.What, f.Path), nil
		}
	}
	for _, p := range s.Providers {
		for _, g := range p.Grants {
			if !g.Write {
				continue
			}
			grant := s.place(g.Path)
			for i, f := range files {
				if overlap(grant, places[i]) {
					return fmt.Sprintf("provider %s may write %q, which covers %s %q; want a grant for the file or folder of secrets alone",
						p.Name, g.Path, f.What, f.Path), nil
				}
			}
		}
		if s.Log == "" {
			continue
		}
		if reason, warning := s.checkReads(p, log); reason != "" {
			return reason, nil
		} else if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return "", warnings
}

// Use returns what an absolute path leads to, such as "the policy", or "" if the setup
// does not use it: what decides or proves, or the store of a provider. A folder with all
// in it counts if a setting names it, and not if only a grant covers it.
func (s Setup) Use(path string) string {
	at := s.place(path)
	for _, f := range s.files() {
		if same(at, s.place(f.Path)) {
			return f.What
		}
	}
	for _, p := range s.Providers {
		for _, g := range p.Grants {
			if same(at, s.place(g.Path)) {
				return "what provider " + p.Name + " reads"
			}
		}
		for _, value := range p.Settings {
			if store, ok := s.store(p, value); ok && (same(at, store) || store.info != nil && covers(store, at)) {
				return "what provider " + p.Name + " reads"
			}
		}
		for _, path := range p.Named {
			if store, ok := s.store(p, path); ok && same(at, store) {
				return "what provider " + p.Name + " reads"
			}
		}
	}
	return ""
}

// store returns where a text leads if it is a path that a provider may read: without a
// grant that covers it, it is a word that may also be the name of a file.
func (s Setup) store(p Provider, text string) (place, bool) {
	if text == "" {
		return place{}, false
	}
	at := s.place(text)
	return at, slices.ContainsFunc(p.Grants, func(g Grant) bool {
		grant := s.place(g.Path)
		return same(grant, at) || covers(grant, at)
	})
}

// writes reports whether a provider may write anything.
func (s Setup) writes() bool {
	return slices.ContainsFunc(s.Providers, func(p Provider) bool {
		return slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.Write })
	})
}

// files returns what no module may write, the log, if there is one, as the last.
func (s Setup) files() []File {
	if s.Log == "" {
		return s.Files
	}
	return append(slices.Clone(s.Files), File{"the decision log", s.Log})
}

// checkReads checks what a provider reads against the log.
func (s Setup) checkReads(p Provider, log place) (refused, warning string) {
	for _, value := range p.Settings {
		if store, ok := s.store(p, value); ok && same(log, store) {
			return fmt.Sprintf("provider %s reads the decision log %q as its file; want another file for the log", p.Name, s.Log), ""
		}
	}
	for _, g := range p.Grants {
		switch grant := s.place(g.Path); {
		case same(log, grant):
			return fmt.Sprintf("provider %s may read %q, which is the decision log; want another file for the log", p.Name, g.Path), ""
		case overlap(grant, log):
			warning = fmt.Sprintf("provider %s may read %q, which covers the decision log %q; want the log in a folder that no provider reads",
				p.Name, g.Path, s.Log)
		}
	}
	return "", warning
}

// place is where a path leads: the spellings of it, absolute and without dots, and the
// file or folder that is there.
type place struct {
	spellings []string
	info      os.FileInfo // nil if nothing is there
}

func (s Setup) place(path string) place {
	clean, raw := filepath.FromSlash(path), filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		dir, err := filepath.Abs(s.Dir)
		if err != nil {
			dir = s.Dir
		}
		clean, raw = filepath.Join(dir, clean), dir+string(filepath.Separator)+raw
	}
	// Behind a link, two dots lead elsewhere for the system than by the names.
	p := place{spellings: []string{filepath.Clean(clean)}}
	for _, path := range slices.Compact([]string{clean, raw}) {
		if real := resolved(path); !slices.Contains(p.spellings, real) {
			p.spellings = append(p.spellings, real)
		}
	}
	p.info, _ = os.Stat(raw)
	return p
}

// resolved returns where a path leads. Of one that does not exist yet, the folders that
// exist are resolved.
func resolved(path string) string {
	for at, rest := path, ""; ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		parent, name := filepath.Split(at)
		parent = trimSeparators(parent)
		if parent == at || name == "" && parent == "" {
			return filepath.Clean(path)
		}
		at, rest = parent, filepath.Join(name, rest)
	}
}

// trimSeparators removes separators at the end, unless the path is a root.
func trimSeparators(path string) string {
	volume := len(filepath.VolumeName(path))
	for len(path) > volume+1 && os.IsPathSeparator(path[len(path)-1]) {
		path = path[:len(path)-1]
	}
	return path
}

// same reports whether two paths lead to one file.
func same(a, b place) bool {
	if a.info != nil && b.info != nil && os.SameFile(a.info, b.info) {
		return true
	}
	return slices.ContainsFunc(a.spellings, func(path string) bool { return slices.Contains(b.spellings, path) })
}

// overlap reports whether one of two paths is the other, or lies in it.
func overlap(a, b place) bool { return same(a, b) || covers(a, b) || covers(b, a) }

// covers reports whether a path lies in the folder dir, by its names or, in a file
// system that ignores case and the like, by the folders that they lead to.
func covers(dir, path place) bool {
	for _, target := range path.spellings {
		for _, d := range dir.spellings {
			if rel, err := filepath.Rel(d, target); err == nil && filepath.IsLocal(rel) {
				return true
			}
		}
		for at := filepath.Dir(target); dir.info != nil && dir.info.IsDir(); at = filepath.Dir(at) {
			if info, err := os.Stat(at); err == nil && os.SameFile(info, dir.info) {
				return true
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return false
}
