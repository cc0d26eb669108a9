package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// fetch fills in the values of the plan. Its error names every missing value; of those that
// only a provider lists, the first ones. With mask it also registers for masking what else
// the providers hold.
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
	left, err := addByRule(ctx, a, held, p)
	if err != nil {
		return err
	}
	got, err := resolve(ctx, a, s, cmd, p, held, &left)
	if err != nil {
		return err
	}
	if err := left.Report(a, values.Command{Start: "postern run", End: " -- COMMAND", Env: true}, p.strict); err != nil {
		return err
	}
	if err := held.CheckInject(ctx, cmd, len(p.items) > 0); err != nil {
		return err
	}
	if len(got) == 0 && !slices.ContainsFunc(p.items, func(i *variable) bool { return i.plain }) {
		err := held.Applies(cmd)
		if err == nil && len(p.items) == 0 {
			err = held.Gives(ctx, cmd)
		}
		if err != nil {
			return err
		}
	}
	if err := p.checkStandIns(ctx, a); err != nil {
		return err
	}
	if mask {
		if err := maskPlain(a, p); err != nil {
			return err
		}
		if _, err := held.MaskAll(ctx, p.sel, true, got); err != nil {
			return fmt.Errorf("a value to mask cannot be read (--mask off does without): %w", err)
		}
		var keys []secret.Key
		for _, g := range got {
			keys = append(keys, g.Key)
		}
		for _, e := range p.written {
			keys = append(keys, secret.Key(e.Key))
		}
		return held.WarnShown(ctx, keys...)
	}
	return nil
}

// maskPlain registers for masking what the files of --env-file have as values, used or
// not: the command can read them.
func maskPlain(a *app.App, p *plan) error { return a.Values.AddAll(p.written) }

// resolve fills in the values of the plan that are references. It returns which of
// them are from providers. It moves to left what nobody named and a provider answers that
// may not choose variables, since it is before the one that listed the key, and what nobody
// named and a program would run.
func resolve(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, p *plan, held *values.Inventory, left *values.LeftOut) (got []values.Got, err error) {
	var refs []values.Reference
	var asked []*variable
	for _, item := range p.items {
		if !item.plain {
			refs, asked = append(refs, item.ref), append(asked, item)
		}
	}
	var failed failures
	dropped := map[*variable]bool{}
	defer p.drop(dropped)
	results := values.ResolveAll(ctx, a, s, refs)
	for i, result := range results {
		if err := app.Ended(ctx); err != nil { // one error stands for all that are the same
			if n := slices.IndexFunc(results, func(r values.Result) bool { return r.Err != nil }); n >= 0 {
				err = fmt.Errorf("%s: the variable %q: %w", asked[n].origin, asked[n].name, results[n].Err)
			}
			return nil, err
		}
		item := asked[i]
		if result.Err != nil {
			failed.add(item, fmt.Errorf("%s: the variable %q: %w", item.origin, item.name, result.Err))
			continue
		}
		from := result.Value.Provider()
		if item.listed && !held.Injects(from, item.ref.Key) {
			left.Add(values.Variable{Name: item.name, Key: item.ref.Key}, from)
			dropped[item] = true
			continue
		}
		if item.listed && !slices.Contains(p.allowed, item.name) {
			reason, err := values.Runs(ctx, a, result.Value)
			if err != nil {
				return nil, err
			}
			if reason != "" {
				left.AddRunning(values.Variable{Name: item.name, Key: item.ref.Key}, reason)
				dropped[item] = true
				continue
			}
		}
		if values.IsPostern(item.name) && held.Foreign(from) {
			failed.add(item, &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: item.ref.Key, Provider: from,
				Detail: fmt.Sprintf("%s: the variable %q configures postern, and a module that is not built in must not set it", item.origin, item.name)})
			continue
		}
		if p.strict && item.listed && p.replaces(item.name, result.Value) {
			failed.add(item, &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: item.ref.Key,
				Detail: fmt.Sprintf("the environment has another value for its variable %q, which --strict does not replace", item.name)})
			continue
		}
		item.value = result.Value
		if from != "" {
			got = append(got, values.Got{Provider: from, Key: item.ref.Key})
		}
		if err := errors.Join(values.Degraded(a, cmd, item.ref.Key, item.value), item.fits()); err != nil {
			failed.add(item, err)
		}
	}
	return got, failed.join()
}

// failures are the errors of values: of each that somebody named, and of some of those that
// a provider listed, of which there may be any number.
type failures struct {
	all    []error
	listed int // how many of those there are
}

func (f *failures) add(item *variable, err error) {
	if item.listed {
		f.listed++
	}
	if !item.listed || f.listed <= app.MaxListed {
		f.all = append(f.all, err)
	}
}

func (f *failures) join() error {
	if more := f.listed - app.MaxListed; more > 0 {
		f.all = append(f.all, fmt.Errorf("and %d more of the listed keys", more))
	}
	return errors.Join(f.all...)
}

// drop removes items.
func (p *plan) drop(dropped map[*variable]bool) {
	p.items = slices.DeleteFunc(p.items, func(i *variable) bool { return dropped[i] })
	for item := range dropped {
		delete(p.byName, item.name)
	}
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

// addByRule adds the selected keys that no flag or reference names, and returns those
// that it leaves out. Keys of env providers are added as their variables, if the command
// does not inherit these.
func addByRule(ctx context.Context, a *app.App, held *values.Inventory, p *plan) (values.LeftOut, error) {
	all, err := held.Candidates(ctx, p.sel, p.inherits, false)
	if err != nil {
		return values.LeftOut{}, err
	}
	var candidates, replaced []values.Variable
	for _, v := range all {
		if err := app.Ended(ctx); err != nil {
			return values.LeftOut{}, err
		}
		switch {
		case v.Provider != "" && p.withholds(v.Name):
			if err := p.withheld(a, v); err != nil {
				return values.LeftOut{}, err
			}
		case p.instead(v):
		case p.byName[v.Name] != nil:
			replaced = append(replaced, v)
		default:
			candidates = append(candidates, v)
		}
	}
	given, left, err := held.ByRule(ctx, candidates, p.sel, p.allowed)
	if err != nil {
		return left, err
	}
	if err := p.checkReplaced(ctx, held, replaced); err != nil {
		return left, err
	}
	if err := values.CheckNames(ctx, "run", given); err != nil {
		return left, err
	}
	for _, v := range given {
		item := &variable{name: v.Name, origin: "the chain", listed: true, ref: v.Reference()}
		p.items, p.byName[v.Name] = append(p.items, item), item
	}
	for _, item := range p.items {
		if err := app.Ended(ctx); err != nil {
			return left, err
		}
		if !item.plain && held.MayReadFile(item.ref.Key, item.name) { // many programs refuse to start if they have both
			p.inherited = slices.DeleteFunc(p.inherited, func(have envVar) bool { return have.name == item.name+"_FILE" })
		}
	}
	return left, nil
}

// checkReplaced returns an error if the command is strict and a variable that was named
// has the name of one that would be given by rule.
func (p *plan) checkReplaced(ctx context.Context, held *values.Inventory, replaced []values.Variable) error {
	if !p.strict {
		return nil
	}
	given, _, err := held.ByRule(ctx, replaced, p.sel, p.allowed)
	if err != nil || len(given) == 0 {
		return err
	}
	other := p.byName[given[0].Name]
	return &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: given[0].Key,
		Detail: fmt.Sprintf("its variable %q is set by %s, which --strict does not allow", other.name, other.origin)}
}

// instead reports whether the key is given under the names of flags or references instead
// of its own. A reference does not stand for a key that --only names in full, nor where
// the command would inherit another value under its name.
func (p *plan) instead(v values.Variable) bool {
	flag := slices.ContainsFunc(p.items, func(i *variable) bool { return i.flag && i.ref.Key == v.Key })
	return flag || p.names(v.Key) && !p.sel.Names(v.Key) && !p.inherits(v.Name)
}

// names reports whether a flag or a reference names the key.
func (p *plan) names(key secret.Key) bool {
	return slices.ContainsFunc(p.items, func(i *variable) bool { return !i.plain && i.ref.Key == key })
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
