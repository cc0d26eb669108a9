package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/steering"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// plan says which variables and files the command gets.
type plan struct {
	sel     values.Selection
	allowed []string // variables that steer programs and that --allow-env allows
	strict  bool
	granted []string // the variables, as patterns, that modules other than env may read

	inherited []envVar       // variables of our environment that are not references
	written   []redact.Entry // the values in the files of --env-file, also of what is replaced later
	items     []*variable    // variables that were named, in the order of naming
	byName    map[string]*variable
}

// envVar is a variable of our environment.
type envVar struct{ name, value string }

// variable is a variable that the command gets.
type variable struct {
	name   string
	origin string // where it was named, for errors
	listed bool   // it was not named: it is set because the chain lists its key
	flag   bool   // it was named by --env or --file
	typed  bool   // its name was typed, and not made of that of a key
	ref    values.Reference
	plain  bool          // it is not a reference; value is set at once
	file   bool          // the variable gets the path of a file with the value
	value  secret.Secret // of a reference once it is fetched
}

// newPlan reads the command line, the environment and the files of --env-file. It
// fetches no value.
func newPlan(ctx context.Context, a *app.App, cmd *cli.Command) (*plan, error) {
	p := &plan{allowed: cmd.StringSlice("allow-env"), strict: cmd.Bool("strict"), byName: map[string]*variable{}}
	if !cmd.Args().Present() {
		return nil, app.UsageError(cmd, "missing command; want "+cmd.ArgsUsage)
	}
	err := cmp.Or(app.Choice(cmd, "mask", "auto", "on", "off"), app.Choice(cmd, "error-format", "text", "json"),
		app.Choice(cmd, "file-via", filePlaces()...))
	if err != nil {
		return nil, err
	}
	if p.sel, err = values.ParseSelection(cmd); err != nil {
		return nil, err
	}
	if err := p.addEnvironment(a, cmd.Bool("pristine")); err != nil {
		return nil, err
	}
	for i, path := range cmd.StringSlice("env-file") {
		if app.IsStdin(path) && slices.ContainsFunc(cmd.StringSlice("env-file")[:i], app.IsStdin) {
			return nil, app.UsageError(cmd, "--env-file "+path+" is given twice, and standard input is read once")
		}
		if err := p.addFile(ctx, a, path); err != nil {
			return nil, err
		}
	}
	if err := p.addFlags(cmd); err != nil {
		return nil, err
	}
	p.warnNames(a)
	return p, nil
}

// warnNames warns of variables named by --env and --file that no shell can read.
func (p *plan) warnNames(a *app.App) {
	for _, item := range p.items {
		if item.flag && !values.IsVariable(item.name) {
			a.Warn("a shell cannot read the variable %q; want letters, digits and _, not beginning with a digit", item.name)
		}
	}
}

// addFlags adds the variables of --env and --file. They replace variables of the
// same name from the environment and from files.
func (p *plan) addFlags(cmd *cli.Command) error {
	for _, flag := range []string{"env", "file"} {
		for _, text := range cmd.StringSlice(flag) {
			name, source, named := strings.Cut(text, "=")
			if !named || strings.HasPrefix(text, values.Scheme) {
				name, source, named = "", text, false
			}
			ref, err := values.ParseReference(source)
			switch {
			case err != nil && values.Translate(source) != "":
				return fmt.Errorf("--%s %q: %w", flag, text, err)
			case err != nil:
				return fmt.Errorf("--%s %s (the reference is not shown, because it may have a value): %w", flag, name, hideReference(err))
			}
			if !named {
				name = values.VariableName(ref.Key)
			}
			typed := named || name == string(ref.Key)
			item := &variable{name: name, origin: "--" + flag, flag: true, typed: typed, ref: ref, file: flag == "file"}
			if old := p.byName[name]; old != nil && old.flag {
				return app.UsageError(cmd, fmt.Sprintf("the variable %q is set twice, by %s and %s", name, old.origin, item.origin))
			}
			if err := p.add(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// hideReference returns the error of a reference without the reference: who writes
// NAME=VALUE has put a value there, and a default is one.
func hideReference(err error) error {
	var e *secret.Error
	if !errors.As(err, &e) {
		return errors.New("invalid reference")
	}
	return &secret.Error{Code: e.Code, Op: e.Op, Detail: e.Detail}
}

// add adds an item or replaces the older one of the same name. It rejects variables that
// steer programs, if nobody typed their names: those of --env KEY, and those that run code
// in the files of --env-file and among references.
func (p *plan) add(item *variable) error {
	switch {
	case item.name == "" || strings.ContainsAny(item.name, "=\x00"):
		return &app.Failure{Exit: app.ExitUsage, Text: fmt.Sprintf("%s: invalid environment variable name %q", item.origin, item.name), Hint: "postern help run"}
	case item.steers() && !slices.Contains(p.allowed, item.name):
		text := fmt.Sprintf("%s: the variable %q changes how programs behave; use --allow-env %s to allow it", item.origin, item.name, item.name)
		return &app.Failure{Exit: app.ExitUsage, Text: text, Hint: "postern help run"}
	}
	if old := p.byName[item.name]; old != nil {
		p.items = slices.DeleteFunc(p.items, func(i *variable) bool { return i == old })
	}
	p.items, p.byName[item.name] = append(p.items, item), item
	return nil
}

// steers reports whether the name of a variable must be allowed.
func (i *variable) steers() bool {
	if !i.flag {
		return steering.Runs(i.name)
	}
	_, found := steering.Find(i.name)
	return found && !i.typed
}

// addEnvironment adds the variables of our own environment: those that are
// references, and the others unless pristine is set. It leaves out the variables of
// postern itself.
func (p *plan) addEnvironment(a *app.App, pristine bool) error {
	seen := map[string]bool{}
	for _, entry := range a.Environ {
		name, _, ok := strings.Cut(entry, "=")
		if !ok || name == "" || seen[name] || strings.HasPrefix(name, "POSTERN_") {
			continue
		}
		seen[name] = true
		value := a.Getenv(name) // the last of several
		if !strings.HasPrefix(value, values.Scheme) {
			if !pristine {
				p.inherited = append(p.inherited, envVar{name, value})
			}
			continue
		}
		if err := p.addReference(name, value, "the environment"); err != nil {
			return err
		}
	}
	return nil
}

// addReference adds a variable whose value is a reference. By convention a variable
// NAME_FILE holds the path of a file with the value of NAME.
func (p *plan) addReference(name, text, origin string) error {
	ref, err := values.ParseReference(text)
	if err != nil {
		return fmt.Errorf("%s: the variable %q: %w", origin, name, err)
	}
	return p.add(&variable{name: name, origin: origin, ref: ref, file: strings.HasSuffix(name, "_FILE")})
}

// withhold removes the variables that a grant names from those that the command
// inherits: what a module needs to log in to its backend is not for the command.
func (p *plan) withhold(grant []string) {
	p.granted = append(p.granted, grant...)
	p.inherited = slices.DeleteFunc(p.inherited, func(v envVar) bool { return p.withholds(v.name) })
}

// withholds reports whether the command must not inherit a variable: it is granted to a
// module other than env, or belongs to postern. A grant of all variables withholds none.
func (p *plan) withholds(name string) bool {
	return strings.HasPrefix(name, "POSTERN_") || slices.ContainsFunc(p.granted, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return pattern == name || open && prefix != "" && strings.HasPrefix(name, prefix)
	})
}

// inherits reports whether the command gets a variable from our environment.
func (p *plan) inherits(name string) bool {
	return slices.ContainsFunc(p.inherited, func(v envVar) bool { return v.name == name })
}
