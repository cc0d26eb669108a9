package config

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	goruntime "runtime"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
)

func check(a *app.App) *cli.Command {
	return &cli.Command{
		Name:   "check",
		Usage:  "check the configuration, its modules and their grants, without running modules",
		Action: a.Action(runCheck),
	}
}

func runCheck(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	c, err := a.Load(cmd)
	if err != nil {
		return err
	}
	return a.WithConfig(ctx, c, func(_ context.Context, s app.Session) error {
		for _, p := range c.Options.Providers {
			if path, covered := app.FileRead(c.Options.Dir, p); path != "" && !covered {
				a.Warn("provider %q cannot read its file: %s", p.Name, app.NotGranted(c.Options.Dir, p, app.QuotePath))
			}
			if why := ungranted(p); why != "" {
				a.Warn("provider %q can read nothing: %s", p.Name, why)
			}
			warnLinks(a, c, p)
			if !app.HasPolicy(c) {
				warnMissing(a, c, []string{p.Name})
			}
		}
		if c.Path == "" {
			a.Warn("no configuration was found: the settings are defaults, variables and flags")
		}
		name := c.Path
		if name == "" {
			name = "no file" + overridden(c)
		}
		_, err := fmt.Fprintf(a.Out, "%s: ok, %s\n", app.Clean(name), app.Count(len(s.Providers()), "provider"))
		return err
	})
}

// ungranted says that no grant of a provider of the module env covers a variable with its
// prefix, "" if one may. On Windows, where case does not count, it does not look.
func ungranted(p runtime.ProviderOptions) string {
	prefix := p.Config["prefix"]
	if p.Module != "env" || prefix == "" || goruntime.GOOS == "windows" {
		return ""
	}
	for _, granted := range p.Grant.Env {
		begin, wild := strings.CutSuffix(granted, "*")
		if strings.HasPrefix(begin, prefix) && (wild || len(begin) > len(prefix)) || wild && strings.HasPrefix(prefix, begin) {
			return ""
		}
	}
	return fmt.Sprintf("its prefix is %q, granted: %s", prefix, strings.Join(p.Grant.Env, ", "))
}

// warnLinks warns of symbolic links that a provider is configured to use, and cannot: to
// read what they lead to, or to write.
func warnLinks(a *app.App, c *config.Config, p runtime.ProviderOptions) {
	if app.LeadsOut(c.Options.Dir, p) {
		a.Warn("provider %q cannot read its file: a symbolic link leads out of the granted folder; to allow that, grant the path of the link itself: %s",
			p.Name, app.QuotePath(p.Config["path"]))
	}
	for _, g := range p.Grant.Files {
		path := grantPath(c, g)
		if info, err := os.Lstat(path); !g.Write || err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		if to, err := os.Stat(path); err == nil && !to.IsDir() {
			a.Warn("%s cannot be written by the provider %q: it is a symbolic link; grant the file that it leads to", app.QuotePath(path), p.Name)
		}
	}
}
