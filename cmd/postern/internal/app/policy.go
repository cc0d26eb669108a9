package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
		return fmt.Sprintf("the preset %q", s.Preset)
	}
	return s.Path
}

// Policy returns the policy in the file at path, or the configured one if path is "". Its
// providers, chain and library files are those of the configuration. That need not be
// trusted: no provider is opened. Without a configuration file a policy may name any
// provider. The same holds for the policy in a file if the configuration was found, not
// named, and cannot be used; Policy then prints a warning.
func (a *App) Policy(cmd *cli.Command, path string) (Policy, error) {
	s, err := a.Sources(cmd)
	if err != nil {
		return Policy{}, err
	}
	c, err := config.Inspect(s)
	if _, named := a.LookupEnv("POSTERN_CONFIG"); err != nil && path != "" && s.Path == "" && !named && !errors.As(err, new(config.InvalidFlag)) {
		a.Warn("%s is checked without a configuration: %s", path, err)
		return Policy{Path: path, Options: policy.Options{Chain: []string{"env", "file"}}}, nil // the chain without a file
	}
	if err != nil {
		return Policy{}, err
	}
	f := c.Options.PolicyFile
	p := Policy{Path: path, Options: policy.Options{LibFiles: f.Libs}}
	if path == "" {
		p.Path, p.Preset = f.Path, f.Preset
	}
	for _, provider := range c.Options.Providers {
		p.Options.Providers = append(p.Options.Providers, provider.Name)
	}
	p.Options.Chain = p.Options.Providers
	if len(c.Options.Chain) > 0 {
		p.Options.Chain = nil
		for _, l := range c.Options.Chain {
			p.Options.Chain = append(p.Options.Chain, l.Name)
		}
	}
	if c.Path == "" {
		p.Options.Providers = nil
	}
	return p, nil
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
		err = fmt.Errorf("unknown preset %q; want %s", s.Preset, strings.Join(policies.Names(), " or "))
	}
	if err != nil {
		return nil, loadError(err, s.Path)
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

// loadError wraps err, the reason why the policy at path does not load.
func loadError(err error, path string) error {
	hint := "postern policy check"
	if path != "" {
		hint += " " + QuotePath(path)
		if _, absent := os.Stat(path); absent != nil {
			hint = LookHint(path)
		}
	}
	return (&secret.Error{Code: secret.ErrLoad, Detail: "policy: " + err.Error()}).Wrap(suggest.Hint(hint))
}
