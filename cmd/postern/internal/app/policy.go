package app

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Policy is the policy that a command works on: a file or a preset.
type Policy struct {
	Path, Preset string
	Options      policy.Options
}

// Name returns the name for messages.
func (s Policy) Name() string {
	if s.Preset != "" {
		return "the preset " + s.Preset
	}
	return s.Path
}

// Policy returns the policy in a file, or the configured one if path is "". Its
// providers, chain and library files are those of the configuration, which need
// not be trusted: the policy may name providers, but none is opened. Without a
// configuration file a policy may name any provider.
func (a *App) Policy(cmd *cli.Command, path string) (Policy, error) {
	s, err := a.Sources(cmd)
	if err != nil {
		return Policy{}, err
	}
	c, err := config.Inspect(s)
	if err != nil {
		return Policy{}, err
	}
	f := c.Options.PolicyFile
	about := Policy{Path: path, Options: policy.Options{LibFiles: f.Libs}}
	if path == "" {
		about.Path, about.Preset = f.Path, f.Preset
	}
	for _, p := range c.Options.Providers {
		about.Options.Providers = append(about.Options.Providers, p.Name)
	}
	about.Options.Chain = about.Options.Providers
	if len(c.Options.Chain) > 0 {
		about.Options.Chain = nil
		for _, l := range c.Options.Chain {
			about.Options.Chain = append(about.Options.Chain, l.Name)
		}
	}
	if c.Path == "" {
		about.Options.Providers = nil
	}
	return about, nil
}

// Load compiles the policy. The code of its error is load_failed.
func (s Policy) Load() (*policy.Policy, error) {
	var p *policy.Policy
	var err error
	if s.Preset == "" {
		p, err = policy.Load(s.Path, s.Options)
	} else if src, ok := policies.Source(s.Preset); ok {
		p, err = policy.Parse(s.Preset+".lua", src, s.Options)
	} else {
		err = fmt.Errorf("no preset is named %q", s.Preset)
	}
	if err != nil {
		return nil, unloadable(err, s.Path)
	}
	return p, nil
}

// Check looks for mistakes. The report names the file as the command line does.
func (s Policy) Check() policy.Report {
	if s.Preset != "" {
		src, _ := policies.Source(s.Preset)
		return policy.CheckSource(s.Preset+".lua", src, s.Options)
	}
	r := policy.Check(s.Path, s.Options)
	r.File = s.Path
	for i, d := range r.Diagnostics {
		if d.File == filepath.Base(s.Path) {
			r.Diagnostics[i].File = s.Path
		}
	}
	return r
}

// unloadable is the error of a policy that does not load.
func unloadable(err error, path string) error {
	hint := "postern policy check"
	if path != "" {
		hint += " " + QuotePath(path)
	}
	return (&secret.Error{Code: secret.ErrLoad, Detail: "policy: " + err.Error()}).Wrap(suggest.Hint(hint))
}
