package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
)

// fetch fills in the values of the plan. Its error names every missing value.
func fetch(ctx context.Context, a *app.App, s app.Session, p *plan) error {
	for _, o := range s.Config().Options.Providers {
		if o.Module != "env" {
			p.withhold(o.Grant.Env)
		}
	}
	if err := addByRule(ctx, a, s, p); err != nil {
		return err
	}
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
		switch {
		case result.Err != nil:
			failed = append(failed, fmt.Errorf("%s: the variable %q: %w", item.origin, item.name, result.Err))
			continue
		case p.strict && item.rule && p.replaces(item.name, result.Value):
			failed = append(failed, &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: item.ref.Key,
				Detail: fmt.Sprintf("the environment has another value for its variable %q, which --strict does not replace", item.name)})
			continue
		case p.strict && len(result.Value.Degraded()) > 0:
			failed = append(failed, &secret.Error{Code: secret.ErrUnavailable, Op: secret.OpGet, Key: item.ref.Key, Provider: result.Value.Degraded()[0],
				Detail: "skipped because it failed, which --strict does not allow"})
			continue
		}
		item.value = result.Value
		values.WarnDegraded(a, item.ref.Key, item.value)
		if err := item.fits(); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
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

// addByRule adds the selected keys that no flag or reference names.
func addByRule(ctx context.Context, a *app.App, s app.Session, p *plan) error {
	keys, err := values.List(ctx, a, s, p.sel, values.FromEnvironment)
	if err != nil {
		return err
	}
	var entries []format.Entry
	for _, key := range keys {
		named := slices.ContainsFunc(p.items, func(i *variable) bool { return i.plain == nil && i.ref.Key == key })
		other := p.byName[values.VariableName(key)]
		if other != nil && !named && p.strict {
			return &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: key,
				Detail: fmt.Sprintf("its variable %q is set by %s, which --strict does not allow", other.name, other.origin)}
		}
		if !named && other == nil {
			entries = append(entries, format.Entry{Key: key})
		}
	}
	if err := values.NameEntries(entries, p.allowed); err != nil {
		return err
	}
	for _, e := range entries {
		item := &variable{name: e.Name, origin: "the chain", rule: true, ref: values.Reference{Key: e.Key}}
		p.items, p.byName[e.Name] = append(p.items, item), item
	}
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
