package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

// fetchRun fills in every value of the plan. One that is missing is an error,
// and all that are missing are named.
func (a *app) fetchRun(ctx context.Context, s *session, p *runPlan) error {
	for _, o := range s.config.Options.Providers {
		if o.Module != "env" {
			p.withhold(o.Grant.Env)
		}
	}
	if err := a.addByRule(ctx, s, p); err != nil {
		return err
	}
	var refs []reference
	var asked []*runItem
	for _, item := range p.items {
		if item.plain == nil {
			refs, asked = append(refs, item.ref), append(asked, item)
		}
	}
	var failed []error
	for i, answer := range a.resolveAll(ctx, s, refs) {
		item := asked[i]
		switch {
		case answer.err != nil:
			failed = append(failed, fmt.Errorf("%s: the variable %q: %w", item.origin, item.name, answer.err))
			continue
		case p.strict && item.rule && p.replaces(item.name, answer.value):
			failed = append(failed, &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: item.ref.key,
				Detail: fmt.Sprintf("its variable %q has another value in the environment, and --strict replaces none", item.name)})
			continue
		case p.strict && len(answer.value.Degraded()) > 0:
			failed = append(failed, &secret.Error{Code: secret.ErrUnavailable, Op: secret.OpGet, Key: item.ref.key, Provider: answer.value.Degraded()[0],
				Detail: "skipped because it failed, which --strict does not allow"})
			continue
		}
		item.value = answer.value
		a.warnDegraded(item.ref.key, item.value)
		if err := item.fits(); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// replaces reports whether a value would take the place of another one that the
// command would inherit.
func (p *runPlan) replaces(name string, v secret.Secret) bool {
	i := slices.IndexFunc(p.inherited, func(have variableText) bool { return have.name == name })
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

// addByRule adds the keys that nobody named.
func (a *app) addByRule(ctx context.Context, s *session, p *runPlan) error {
	keys, err := a.listed(ctx, s, p.sel, environment)
	if err != nil {
		return err
	}
	var entries []format.Entry
	for _, key := range keys {
		named := slices.ContainsFunc(p.items, func(i *runItem) bool { return i.plain == nil && i.ref.key == key })
		other := p.byName[variableName(key)]
		if other != nil && !named && p.strict {
			return &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: key,
				Detail: fmt.Sprintf("its variable %q is set by %s, which --strict does not allow", other.name, other.origin)}
		}
		if !named && other == nil {
			entries = append(entries, format.Entry{Key: key})
		}
	}
	if err := nameEntries(entries, p.allowed); err != nil {
		return err
	}
	for _, e := range entries {
		item := &runItem{name: e.Name, origin: "the chain", rule: true, ref: reference{key: e.Key}}
		p.items, p.byName[e.Name] = append(p.items, item), item
	}
	return nil
}

// fits is an error when the value cannot be that of a variable.
func (i *runItem) fits() error {
	if i.file {
		return nil
	}
	return i.value.Expose(func(b []byte) error {
		if bytes.IndexByte(b, 0) < 0 {
			return nil
		}
		return &secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpGet, Key: i.ref.key,
			Detail: fmt.Sprintf("the value holds a NUL byte, which no variable can; --file %s=%s gives it as a file", i.name, i.ref.key)}
	})
}
