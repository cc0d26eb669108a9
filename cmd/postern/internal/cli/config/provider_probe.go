package config

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

func testProviders(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "check that each provider answers",
		ArgsUsage: "[NAME...]",
		Description: `If the policy lets you neither get nor list any key of a provider, it is not
asked, and its state is denied.`,
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runProviderTest),
	}
}

// testedProvider is one entry of provider test --json.
type testedProvider struct {
	Name      string   `json:"name"`
	OK        bool     `json:"ok"`
	Code      string   `json:"code"`             // "" when ok
	Error     string   `json:"error"`            // "" when ok
	Module    string   `json:"module,omitempty"` // what the module said about it
	LatencyMS float64  `json:"latency_ms"`
	Verbs     []string `json:"verbs"`
}

// runProviderTest probes all providers. Its error is that of the first one that
// failed.
func runProviderTest(ctx context.Context, a *app.App, cmd *cli.Command) error {
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		names := cmd.Args().Slice()
		for _, name := range names {
			if err := app.CheckProvider(s, name); err != nil {
				return err
			}
		}
		if len(names) == 0 {
			for _, p := range s.Providers() {
				names = append(names, p.Name)
			}
		}
		list := []testedProvider{}
		rows := [][]string{{"NAME", "STATE", "TIME", "VERBS"}}
		var failed error    // of the first that failed
		var absent []string // of those that were asked: not everybody may know of the others
		for _, name := range names {
			p := s.Probe(ctx, name)
			entry := testedOf(p)
			if entry.Code == string(secret.ErrNotConfigured) {
				absent = append(absent, name)
			}
			if p.Err != nil && !entry.OK && failed == nil {
				failed = p.Err
			}
			list = append(list, entry)
			state := "ok"
			if entry.Code != "" {
				state = entry.Code
			}
			rows = append(rows, []string{name, state, p.Latency.Round(10 * time.Microsecond).String(), strings.Join(entry.Verbs, " ")})
		}
		show := func() error { return a.PrintTable(rows) }
		if cmd.Bool("json") {
			show = func() error { return a.PrintJSON(list) }
		}
		if err := show(); err != nil {
			return err
		}
		warnMountPoints(a, s.Config(), names)
		warnMissing(a, s.Config(), absent)
		warnSaid(a, list, failed)
		return failed
	})
}

// warnMissing warns of files that providers are configured to read, and that are not there.
func warnMissing(a *app.App, c *config.Config, names []string) {
	for _, p := range c.Options.Providers {
		if file := app.Missing(c, p); file != "" && slices.Contains(names, p.Name) {
			a.Warn("provider %q has nothing to read: %s is not there", p.Name, file)
		}
	}
}

// warnSaid warns of what modules said about their failures, except the one that is
// the error of the command.
func warnSaid(a *app.App, list []testedProvider, failed error) {
	for _, t := range list {
		switch {
		case !t.OK && failed != nil:
			failed = nil
		case t.Module != "":
			a.Warn("provider %q: %s; module: %q", t.Name, t.Code, t.Module)
		}
	}
}

// warnMountPoints warns of granted files that providers may write to, but cannot.
func warnMountPoints(a *app.App, c *config.Config, names []string) {
	for _, p := range c.Options.Providers {
		if !slices.Contains(names, p.Name) {
			continue
		}
		for _, g := range p.Grant.Files {
			if path := grantPath(c, g); g.Write && safefile.IsMountPoint(path) {
				a.Warn("%s cannot be written by the provider %q: %s", path, p.Name, safefile.ErrMountPoint)
			}
		}
	}
}

// testedOf describes a probe. A provider that is not configured counts as ok:
// the chain skips it.
func testedOf(p runtime.Probe) testedProvider {
	t := testedProvider{Name: p.Provider, OK: p.Err == nil, LatencyMS: float64(p.Latency.Microseconds()) / 1000, Verbs: app.ToStrings(p.Verbs)}
	if p.Err != nil {
		code := secret.CodeOf(p.Err)
		t.Code, t.Error, t.OK = string(code), app.Clean(p.Err.Error()), code == secret.ErrNotConfigured
		t.Module = app.ModuleText(p.Err)
	}
	return t
}
