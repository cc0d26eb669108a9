package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Policy is the policy that a command works on: a file or a preset.
type Policy struct {
	Path, Preset string
	Default      bool // nobody named it: it is the preset of a configuration without a policy
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
// providers and chain are those of the configuration, and so are its library files, except
// where path has one of its own: see libsBeside. The configuration need not be trusted,
// unless the policy or a library is outside its folder: no provider is opened. Without a
// configuration file a policy may name any provider. The same holds for the policy in a file
// if the configuration was found, not named, and cannot be used; Policy then prints a warning.
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
	if err := c.CheckPolicyTrust(); err != nil {
		return Policy{}, err
	}
	f := c.Options.PolicyFile
	p := Policy{Path: path, Options: policy.Options{LibFiles: f.Libs}}
	if path == "" {
		p.Path, p.Preset = f.Path, f.Preset
		p.Default = !HasPolicy(c)
	} else {
		p.Options.LibFiles = libsBeside(path, f)
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

// HasPolicy reports whether a policy is configured, so that not everybody may know all.
func HasPolicy(c *config.Config) bool {
	return slices.ContainsFunc(c.Settings, func(s config.Setting) bool {
		return (s.Key == "policy" || strings.HasPrefix(s.Key, "policy.")) && s.Origin != "default"
	})
}

// libsBeside returns the library files, by name, of the policy in the file at path. A file
// in another folder than that of the configured policy f may have libraries of its own, such
// as an older version of all in a folder: where one lies beside it as the configured one does
// beside f, it counts.
func libsBeside(path string, f runtime.PolicyFile) map[string]string {
	dir, _ := filepath.Split(path) // not cleaned: a folder before ".." may be a symbolic link
	dir, err := filepath.EvalSymlinks(cmp.Or(dir, "."))
	if err != nil {
		return f.Libs // and path cannot be read
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return f.Libs
	}
	home := filepath.Dir(f.Path)
	here, err := os.Stat(dir)
	if there, homeErr := os.Stat(home); err != nil || homeErr == nil && os.SameFile(here, there) {
		return f.Libs
	}
	libs := maps.Clone(f.Libs)
	for name, file := range libs {
		rel, err := filepath.Rel(home, file)
		if err != nil {
			continue // on another volume
		}
		own := filepath.Join(dir, rel)
		if _, err := os.Lstat(own); err == nil || errors.Is(err, fs.ErrPermission) {
			libs[name] = own
		}
	}
	return libs
}

// Requires reports whether the policy, which loads, does not load without the library.
func (s Policy) Requires(lib string) bool {
	s.Options.LibFiles = maps.Clone(s.Options.LibFiles)
	delete(s.Options.LibFiles, lib)
	_, err := s.Load()
	return err != nil
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

// Check looks for mistakes. The report names the file as the command line does, and libraries
// by their files.
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
		} else if file, ok := s.Options.LibFiles[d.File]; ok {
			r.Diagnostics[i].File = s.nameOf(file)
		}
	}
	return r
}

// nameOf returns the path of a library: relative if that of the policy is, and the library is in
// the current folder or beneath it.
func (s Policy) nameOf(lib string) string {
	dir, err := filepath.Abs(".")
	if err != nil || filepath.IsAbs(s.Path) {
		return lib
	}
	if rel, err := filepath.Rel(dir, lib); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return lib
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
