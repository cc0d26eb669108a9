package config

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/safefile"
)

func (x *examination) config(cmd *cli.Command) *config.Config {
	s, err := x.app.Sources(cmd)
	if err != nil {
		x.fail("config", err)
		return nil
	}
	c, err := config.Load(s)
	if err != nil {
		x.fail("config", err)
		return nil
	}
	x.app.AllowUnpinned(cmd, c)
	for _, w := range c.Warnings {
		x.warn("config", "postern config show", "%s", w)
	}
	switch {
	case c.Path == "":
		x.ok("config", "no file%s", overridden(c))
	case c.Trusted:
		x.ok("config", "%s was found and is trusted as it is%s", c.Path, overridden(c))
	case c.Found:
		x.ok("config", "%s was found and needs no trust%s", c.Path, overridden(c))
	case cmd.String("config") != "":
		x.ok("config", "%s was named by --config%s", c.Path, overridden(c))
	default:
		x.ok("config", "%s was named by POSTERN_CONFIG%s", c.Path, overridden(c))
	}
	x.ok("chain", "%s", describeChain(c))
	return c
}

// overridden says what set settings besides the file and the defaults.
func overridden(c *config.Config) string {
	var names []string
	for _, s := range c.Settings {
		if s.Origin != "file" && s.Origin != "default" && !slices.Contains(names, s.Origin) {
			names = append(names, s.Origin)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "; settings come from " + strings.Join(names, ", ")
}

// describeChain names the providers of the chain in order, with the files that they
// are granted and what set either, unless it is the file or the defaults. A path that is
// configured and not granted is named too.
func describeChain(c *config.Config) string {
	var parts []string
	for _, name := range chainOf(c) {
		for _, p := range c.Options.Providers {
			if p.Name == name {
				parts = append(parts, p.Name+describeFiles(c, p))
			}
		}
	}
	return strings.Join(parts, ", ") + by(c, "chain")
}

// chainOf returns the names of the chain; without one, it is all providers in
// their order.
func chainOf(c *config.Config) []string {
	var names []string
	for _, l := range c.Options.Chain {
		names = append(names, l.Name)
	}
	if len(names) == 0 {
		for _, p := range c.Options.Providers {
			names = append(names, p.Name)
		}
	}
	return names
}

func describeFiles(c *config.Config, p runtime.ProviderOptions) string {
	set := by(c, "providers."+p.Name+".grant.files") + ")"
	if path, covered := app.FileRead(c.Options.Dir, p); path != "" && !covered {
		return " (" + app.NotGranted(c.Options.Dir, p, app.Clean) + set
	}
	if len(p.Grant.Files) == 0 {
		return ""
	}
	var paths []string
	for _, g := range p.Grant.Files {
		paths = append(paths, grantPath(c, g))
	}
	return " (granted: " + strings.Join(paths, ", ") + set
}

// by names the variable or flag that set a setting; "" for the file and the
// defaults.
func by(c *config.Config, key string) string {
	for _, s := range c.Settings {
		if s.Key == key && s.Origin != "file" && s.Origin != "default" {
			return ", set by " + s.Origin
		}
	}
	return ""
}

func grantPath(c *config.Config, g runtime.FileGrant) string {
	path, err := safefile.Abs(c.Options.Dir, g.Path)
	if err != nil {
		return g.Path
	}
	return path
}
