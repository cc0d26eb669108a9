package config

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/suggest"
)

// decisive is a file or folder that decides what modules may do.
type decisive struct {
	what string
	path string // absolute
}

// decisives returns the files and folders that no module may write.
func (c *Config) decisives(env environment) []decisive {
	var all []decisive
	add := func(what, path string) {
		if path != "" {
			all = append(all, decisive{what, c.abs(path)})
		}
	}
	add("the configuration", c.Path)
	if c.Path != "" {
		add("the lock", filepath.Join(c.Options.Dir, LockName))
	}
	f := c.Options.PolicyFile
	add("the policy", f.Path)
	for _, name := range slices.Sorted(maps.Keys(f.Libs)) {
		add("a library of the policy", f.Libs[name])
	}
	add("the trust store", storePath(env))
	add("the compile cache", c.Options.CompileCache)
	return all
}

// checkWriteGrants refuses a grant that lets a module write what decides about it.
func (c *Config) checkWriteGrants(env environment) error {
	all := c.decisives(env)
	for _, p := range c.Options.Providers {
		for _, g := range p.Grant.Files {
			if !g.Write {
				continue
			}
			for _, d := range all {
				if c.mayWrite(g, d.path) {
					return errorf("%s: provider %s may write %s, which covers %s %s; want a grant for the file or folder of secrets alone",
						c.source(), p.Name, quote(g.Path), d.what, quote(d.path)).
						Wrap(suggest.Hint("postern help config"))
				}
			}
		}
	}
	return nil
}

// mayWrite reports whether a grant covers a path, or lies in it if it is a folder,
// by their names or by the files that they lead to.
func (c *Config) mayWrite(g runtime.FileGrant, path string) bool {
	for _, grant := range spellings(c.abs(g.Path)) {
		for _, target := range spellings(path) {
			if isBeneath(grant, target) || isBeneath(target, grant) {
				return true
			}
		}
	}
	return false
}

// spellings returns an absolute path without dots, and where it leads to. Of a path
// that does not exist yet, the folders that exist are resolved.
func spellings(path string) []string {
	clean := filepath.Clean(path)
	for at, rest := clean, ""; ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return []string{clean, filepath.Join(real, rest)}
		}
		parent := filepath.Dir(at)
		if parent == at {
			return []string{clean}
		}
		at, rest = parent, filepath.Join(filepath.Base(at), rest)
	}
}
