package cli

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// subject is the policy that a command is about: a file or a preset.
type subject struct {
	path, preset string
	opts         policy.Options
}

// name is what people call it.
func (s subject) name() string {
	if s.preset != "" {
		return "the preset " + s.preset
	}
	return s.path
}

// subject returns the policy of a file, or the configured one when path is "".
// What surrounds it comes from the configuration, which need not be trusted:
// nothing of it is opened. Without a configuration a policy may name any
// provider.
func (a *app) subject(cmd *cli.Command, path string) (subject, error) {
	s, err := a.sources(cmd)
	if err != nil {
		return subject{}, err
	}
	c, err := config.Inspect(s)
	if err != nil {
		return subject{}, err
	}
	f := c.Options.PolicyFile
	about := subject{path: path, opts: policy.Options{LibFiles: f.Libs}}
	if path == "" {
		about.path, about.preset = f.Path, f.Preset
	}
	for _, p := range c.Options.Providers {
		about.opts.Providers = append(about.opts.Providers, p.Name)
	}
	about.opts.Chain = about.opts.Providers
	if len(c.Options.Chain) > 0 {
		about.opts.Chain = nil
		for _, l := range c.Options.Chain {
			about.opts.Chain = append(about.opts.Chain, l.Name)
		}
	}
	if c.Path == "" {
		about.opts.Providers = nil
	}
	return about, nil
}

// load compiles the policy.
func (s subject) load() (*policy.Policy, error) {
	var p *policy.Policy
	var err error
	if s.preset == "" {
		p, err = policy.Load(s.path, s.opts)
	} else if src, ok := policies.Source(s.preset); ok {
		p, err = policy.Parse(s.preset+".lua", src, s.opts)
	} else {
		err = fmt.Errorf("no preset is named %q", s.preset)
	}
	if err != nil {
		return nil, unloadable(err, s.path)
	}
	return p, nil
}

// check looks for mistakes, under the name by which the file was called.
func (s subject) check() policy.Report {
	if s.preset != "" {
		src, _ := policies.Source(s.preset)
		return policy.CheckSource(s.preset+".lua", src, s.opts)
	}
	r := policy.Check(s.path, s.opts)
	r.File = s.path
	for i, d := range r.Diagnostics {
		if d.File == filepath.Base(s.path) {
			r.Diagnostics[i].File = s.path
		}
	}
	return r
}

// unloadable is the error of a policy that cannot be used.
func unloadable(err error, path string) error {
	hint := "postern policy check"
	if path != "" {
		hint += " " + clean(path)
	}
	return (&secret.Error{Code: secret.ErrLoad, Detail: "policy: " + err.Error()}).Wrap(config.Hint(hint))
}
