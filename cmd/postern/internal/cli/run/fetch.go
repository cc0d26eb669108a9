package run

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// fetch fills in the values of the plan. Its error names every missing value. With
// mask it also registers for masking what else the providers hold.
func fetch(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, p *plan, mask bool) error {
	for _, o := range s.Config().Options.Providers {
		if o.Module != "env" {
			p.withhold(o.Grant.Env)
		}
	}
	held, err := values.TakeInventory(ctx, a, s, cmd, p.sel)
	if err != nil {
		return err
	}
	if err := addByRule(a, held, p); err != nil {
		return err
	}
	got, err := resolve(ctx, a, s, cmd, p)
	if err != nil {
		return err
	}
	if len(got) == 0 && !slices.ContainsFunc(p.items, func(i *variable) bool { return i.plain != nil }) {
		err := held.Applies(cmd)
		if err == nil && len(p.items) == 0 {
			err = held.Gives(ctx, cmd)
		}
		if err != nil {
			return err
		}
	}
	if mask {
		if _, err := held.MaskAll(ctx, p.sel, true, got); err != nil {
			return fmt.Errorf("a value to mask cannot be read (--mask off does without): %w", err)
		}
	}
	return nil
}

// resolve fills in the values of the plan that are references. It returns which of
// them are from providers.
func resolve(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, p *plan) (got []values.Got, err error) {
	var refs []values.Reference
	var asked []*variable
	for _, item := range p.items {
		if item.plain == nil {
			refs, asked = append(refs, item.ref), append(asked, item)
		}
	}
	var failed []error
	for i, result := range values.ResolveAll(ctx, a, s, refs) {
		item := asked[i]
		if result.Err != nil {
			failed = append(failed, fmt.Errorf("%s: the variable %q: %w", item.origin, item.name, result.Err))
			continue
		}
		if p.strict && item.rule && p.replaces(item.name, result.Value) {
			failed = append(failed, &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: item.ref.Key,
				Detail: fmt.Sprintf("the environment has another value for its variable %q, which --strict does not replace", item.name)})
			continue
		}
		item.value = result.Value
		if from := item.value.Provider(); from != "" {
			got = append(got, values.Got{Provider: from, Key: item.ref.Key})
		}
		if err := errors.Join(values.Degraded(a, cmd, item.ref.Key, item.value), item.fits()); err != nil {
			failed = append(failed, err)
		}
	}
	return got, errors.Join(failed...)
}

// replaces reports whether a value differs from the one that the command would
// inherit under the same name.
func (p *plan) replaces(name string, v secret.Secret) bool {
	i := slices.IndexFunc(p.inherited, func(have envVar) bool { return have.name == name })
	if i < 0 {
		return false
	}
	same := false
	err := v.Expose(func(b []byte) error {
		same = string(b) == p.inherited[i].value
		return nil
	})
	return err != nil || !same
}

// addByRule adds the selected keys that no flag or reference names. Those of env
// providers are added as their variables, if the command does not inherit these.
func addByRule(a *app.App, held *values.Inventory, p *plan) error {
	var entries []format.Entry
	for _, key := range held.Select(p.sel) {
		entries = append(entries, format.Entry{Key: key})
	}
	from := map[string]string{} // the provider of a variable
	for _, v := range held.Missing(p.sel, p.inherits) {
		if !p.withholds(v.Name) {
			from[v.Name] = v.Provider
			entries = append(entries, format.Entry{Key: v.Key, Name: v.Name})
		} else if err := p.withheld(a, v); err != nil {
			return err
		}
	}
	entries, err := p.withoutNamed(entries)
	if err != nil {
		return err
	}
	if err := values.NameEntries(entries, p.allowed); err != nil {
		return err
	}
	for _, e := range entries {
		item := &variable{name: e.Name, origin: "the chain", rule: true, ref: values.Reference{Key: e.Key, Provider: from[e.Name]}}
		p.items, p.byName[e.Name] = append(p.items, item), item
		if item.ref.Provider != "" { // many programs refuse to start if they have both
			p.inherited = slices.DeleteFunc(p.inherited, func(v envVar) bool { return v.name == e.Name+"_FILE" })
		}
	}
	return nil
}

// withoutNamed leaves out the keys that flags and references name, and those whose
// variables have other values by them. With --strict the latter are an error.
func (p *plan) withoutNamed(entries []format.Entry) ([]format.Entry, error) {
	var rest []format.Entry
	for _, e := range entries {
		other := p.byName[cmp.Or(e.Name, values.VariableName(e.Key))]
		switch {
		case p.names(e.Key):
		case other == nil:
			rest = append(rest, e)
		case p.strict:
			return nil, &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: e.Key,
				Detail: fmt.Sprintf("its variable %q is set by %s, which --strict does not allow", other.name, other.origin)}
		}
	}
	return rest, nil
}

// names reports whether a flag or a reference names the key.
func (p *plan) names(key secret.Key) bool {
	return slices.ContainsFunc(p.items, func(i *variable) bool { return i.plain == nil && i.ref.Key == key })
}

// withheld warns of a key whose variable the command must not inherit and that is not
// set either. With --strict it returns an error instead.
func (p *plan) withheld(a *app.App, v values.Variable) error {
	if p.names(v.Key) || p.byName[v.Name] != nil {
		return nil
	}
	text := fmt.Sprintf("the key %q of the provider %q is not set: the command does not inherit its variable %q", v.Key, v.Provider, v.Name)
	command := "postern run --env " + suggest.Quote(v.Name+"="+string(v.Key)) + " -- COMMAND"
	if p.strict {
		return &app.Failure{Exit: app.ExitUsage, Text: text, Hint: command}
	}
	a.Warn("%s; to set it: %s", text, a.WithGlobals(command))
	return nil
}

// fits returns an error if the value cannot be the value of a variable.
func (i *variable) fits() error {
	if i.file {
		return nil
	}
	return i.value.Expose(func(b []byte) error {
		if bytes.IndexByte(b, 0) < 0 {
			return nil
		}
		return &secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpGet, Key: i.ref.Key,
			Detail: fmt.Sprintf("the value contains a NUL byte, which a variable cannot; use --file %s=%s", i.name, i.ref.Key)}
	})
}
