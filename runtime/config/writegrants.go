package config

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/postern-project/postern/runtime/internal/decisive"
	"github.com/postern-project/postern/runtime/suggest"
)

// checkWriteGrants refuses a grant that lets a module write what decides about it or
// proves what it did, and a decision log without a file of its own. [runtime.Open]
// does the same for the files that it knows.
func (c *Config) checkWriteGrants(env environment) error {
	o := &c.Options
	s := decisive.Setup{Dir: o.Dir, Log: o.DecisionLog.Path}
	add := func(what, path string) {
		if path != "" {
			s.Files = append(s.Files, decisive.File{What: what, Path: path})
		}
	}
	add("the configuration", c.Path)
	if c.Path != "" {
		add("the lock", filepath.Join(o.Dir, LockName))
	}
	add("the policy", o.PolicyFile.Path)
	for _, name := range slices.Sorted(maps.Keys(o.PolicyFile.Libs)) {
		add("a library of the policy", o.PolicyFile.Libs[name])
	}
	add("the trust store", storePath(env))
	add("the compile cache", o.CompileCache)
	for _, path := range c.Modules() {
		add("the module", path)
	}
	for _, p := range o.Providers {
		reach := decisive.Provider{Name: p.Name, Settings: p.Config}
		for _, g := range p.Grant.Files {
			reach.Grants = append(reach.Grants, decisive.Grant{Path: g.Path, Write: g.Write})
		}
		s.Providers = append(s.Providers, reach)
	}
	refused, _ := s.Check() // Open logs the warnings
	if refused != "" {
		return errorf("%s: %s", c.source(), refused).Wrap(suggest.Hint("postern help config"))
	}
	return nil
}
