package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
)

// plan is what a command is to be given.
type plan struct {
	sel     values.Selection
	allowed []string // dangerous variables that may be set
	strict  bool

	inherited []envVar    // of our environment, the references not among them
	items     []*variable // what was asked for by name, in the order of asking
	byName    map[string]*variable
}

// envVar is a variable as it stands.
type envVar struct{ name, value string }

// variable is one variable of the command.
type variable struct {
	name   string
	origin string // who asked for it, for errors
	rule   bool   // nobody asked for it by name
	flag   bool   // who asked is --env or --file
	ref    values.Reference
	plain  *string // the value itself, when it is no reference
	file   bool    // the variable is the path of a file with the value
	value  secret.Secret
}

// newPlan reads the command line and the environment. It fetches nothing.
func newPlan(a *app.App, cmd *cli.Command) (*plan, error) {
	p := &plan{allowed: cmd.StringSlice("allow-env"), strict: cmd.Bool("strict"), byName: map[string]*variable{}}
	if !cmd.Args().Present() {
		return nil, app.UsageError(cmd, "the command is missing: "+cmd.ArgsUsage)
	}
	for name, words := range map[string][]string{
		"mask": {"auto", "on", "off"}, "error-format": {"text", "json"}, "file-via": filePlaces(),
	} {
		if !slices.Contains(words, cmd.String(name)) {
			return nil, app.UsageError(cmd, fmt.Sprintf("--%s is one of %s", name, strings.Join(words, ", ")))
		}
	}
	var err error
	if p.sel, err = values.ParseSelection(cmd); err != nil {
		return nil, err
	}
	if err := p.addEnvironment(a, cmd.Bool("pristine")); err != nil {
		return nil, err
	}
	for _, path := range cmd.StringSlice("env-file") {
		if err := p.addFile(path); err != nil {
			return nil, err
		}
	}
	return p, p.addFlags(cmd)
}

// addFlags adds what --env and --file ask for, in place of what the environment
// and files say of the same names.
func (p *plan) addFlags(cmd *cli.Command) error {
	for _, flag := range []string{"env", "file"} {
		for _, text := range cmd.StringSlice(flag) {
			name, source, named := strings.Cut(text, "=")
			if !named || strings.HasPrefix(text, values.Scheme) {
				name, source, named = "", text, false
			}
			ref, err := values.ParseReference(source)
			if err != nil {
				return err
			}
			if !named {
				name = values.VariableName(ref.Key)
			}
			item := &variable{name: name, origin: "--" + flag, flag: true, ref: ref, file: flag == "file"}
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

// add adds an item or puts it in the place of an older one. Nobody may set what
// changes what programs do without saying so.
func (p *plan) add(item *variable) error {
	switch {
	case item.name == "" || strings.ContainsAny(item.name, "=\x00"):
		return &app.Failure{Exit: app.ExitUsage, Text: fmt.Sprintf("%s: %q is no name of a variable", item.origin, item.name), Hint: "postern help run"}
	case values.Dangerous(strings.ToUpper(item.name)) && !slices.Contains(p.allowed, item.name):
		text := fmt.Sprintf("%s: the variable %q changes what programs do; --allow-env %s allows it", item.origin, item.name, item.name)
		return &app.Failure{Exit: app.ExitUsage, Text: text, Hint: "postern help run"}
	}
	if old := p.byName[item.name]; old != nil {
		p.items = slices.DeleteFunc(p.items, func(i *variable) bool { return i == old })
	}
	p.items, p.byName[item.name] = append(p.items, item), item
	return nil
}

// addEnvironment takes over our own variables: references to be resolved, the
// others as they are unless the command wants none. Those of postern itself are
// for postern alone.
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
			if ref := values.Translate(value); ref != "" {
				if err := p.foreign(a, name, ref); err != nil {
					return err
				}
			}
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

// foreign is about a reference that only another tool understands.
func (p *plan) foreign(a *app.App, name, ref string) error {
	text := fmt.Sprintf("the variable %q holds a reference of another tool", name)
	command := fmt.Sprintf("postern run --env '%s=%s' -- COMMAND", name, ref)
	if p.strict {
		return &app.Failure{Exit: app.ExitUsage, Text: text, Hint: command}
	}
	a.Warn("%s, which is passed on as it is: use %s", text, command)
	return nil
}

// addReference adds a variable whose value is a reference. By custom the
// variable NAME_FILE is the path of a file with the value of NAME.
func (p *plan) addReference(name, text, origin string) error {
	ref, err := values.ParseReference(text)
	if err != nil {
		return fmt.Errorf("%s: the variable %q: %w", origin, name, err)
	}
	return p.add(&variable{name: name, origin: origin, ref: ref, file: strings.HasSuffix(name, "_FILE")})
}

// withhold takes variables away that a grant names: what a module may read to
// log in somewhere is not for the command. A grant of everything names nothing.
func (p *plan) withhold(grant []string) {
	p.inherited = slices.DeleteFunc(p.inherited, func(v envVar) bool {
		return slices.ContainsFunc(grant, func(pattern string) bool {
			prefix, open := strings.CutSuffix(pattern, "*")
			return pattern == v.name || open && prefix != "" && strings.HasPrefix(v.name, prefix)
		})
	})
}
