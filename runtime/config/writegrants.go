package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/internal/protectedfiles"
	"github.com/postern-project/postern/runtime/suggest"
)

// checkWriteGrants refuses a grant that lets a module write a file that controls it, such
// as the configuration, the policy or the lock, or write the decision log. It also refuses
// a decision log that shares its file. [runtime.Open] does the same for the files that it
// knows.
func (c *Config) checkWriteGrants(env environment) error {
	c.uses = c.setup(env)
	refused, _ := c.uses.Check() // Open logs the warnings
	if refused != "" {
		return errorf("%s: %s", c.source(), refused).Wrap(suggest.Hint("postern help config"))
	}
	return nil
}

// Use returns what the configuration uses an absolute path for, such as "the policy" or
// "what provider app reads", or "" if it does not use it. A result that is written there
// would destroy it.
func (c *Config) Use(path string) string { return c.uses.Use(path) }

// setup lists the protected files, and the files that modules can reach.
func (c *Config) setup(env environment) protectedfiles.Setup {
	o := &c.Options
	s := protectedfiles.Setup{Dir: o.Dir, Log: o.DecisionLog.Path}
	add := func(what, path string) {
		if path != "" {
			s.Files = append(s.Files, protectedfiles.File{What: what, Path: path})
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
		reach := protectedfiles.Provider{Name: p.Name, Settings: p.Config, Named: env.named(p.Grant.Env)}
		for _, g := range p.Grant.Files {
			reach.Grants = append(reach.Grants, protectedfiles.Grant{Path: g.Path, Write: g.Write})
		}
		s.Providers = append(s.Providers, reach)
	}
	return s
}

// named returns the values of the variables NAME_FILE whose NAME a grant covers. Each is
// the path of a file with the value of NAME.
func (env environment) named(grant []string) (paths []string) {
	for name, value := range env {
		base, isFile := strings.CutSuffix(name, "_FILE")
		if isFile && slices.ContainsFunc(grant, func(pattern string) bool {
			prefix, star := strings.CutSuffix(pattern, "*")
			return base == pattern || star && strings.HasPrefix(base, prefix)
		}) {
			paths = append(paths, value)
		}
	}
	return paths
}
