package values

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// Variable is a key and the environment variable that gets its value.
type Variable struct {
	Name     string
	Provider string // that is asked; "" for the chain
	Key      secret.Key
}

// missing returns the variables for which the selected keys of env providers stand and
// which inherits does not know, in the order of the chain and then of the keys. They
// need not be set: the value may come from the file that NAME_FILE names. They are what
// [Inventory.Select], whose result is selected, leaves out and the reader of the values does
// not have either. With --only there are none. A setting "inject" that does not have a key leaves it out, unless
// the values are for a document, which has all.
func (v *Inventory) missing(ctx context.Context, sel Selection, selected []secret.Key, inherits func(name string) bool, document bool) ([]Variable, error) {
	if len(sel.only) > 0 {
		return nil, nil
	}
	var missing []Variable
	for i := range v.all {
		h := &v.all[i]
		if !FromEnvironment(h.ProviderInfo) {
			continue
		}
		listed, set := v.inject(h)
		readable, err := v.readable(ctx, h, sel)
		if err != nil {
			return nil, err
		}
		for _, key := range readable {
			if err := app.Ended(ctx); err != nil {
				return nil, err
			}
			if set && !document && !listed.Match(string(key)) {
				continue
			}
			if name := h.variable(key); !inherits(name) {
				if _, found := slices.BinarySearch(selected, key); !found {
					missing = append(missing, Variable{name, h.Name, key})
				}
			}
		}
	}
	return missing, nil
}

// variable returns the variable that a key of an env provider stands for.
func (h *held) variable(key secret.Key) string {
	name := string(key)
	if h.options.Config["names"] == "path" {
		name = strings.ReplaceAll(strings.ToUpper(name), "/", "__")
	}
	return h.options.Config["prefix"] + name
}

// MayReadFile reports whether an env provider may read a key from the file that a
// variable names, whose name is name with _FILE.
func (v *Inventory) MayReadFile(key secret.Key, name string) bool {
	return slices.ContainsFunc(v.all, func(h held) bool {
		return FromEnvironment(h.ProviderInfo) && len(h.options.Grant.Files) > 0 && h.variable(key) == name
	})
}

// listFiles is list for the whole environment, of which only the keys count that come
// from files: those are secrets, and no variable has their values.
func (v *Inventory) listFiles(ctx context.Context, h *held) error {
	h.unknown = true
	if len(h.options.Grant.Files) == 0 {
		return nil
	}
	if err := v.list(ctx, h); err != nil {
		return err
	}
	h.keys = slices.DeleteFunc(h.keys, func(key secret.Key) bool {
		_, set := v.a.LookupEnv(h.variable(key))
		return set
	})
	return nil
}

// FetchVariables reads the keys of variables from their providers, those of the chain in
// one request. It leaves out a key that was removed since it was listed, unless --only
// names it.
func FetchVariables(ctx context.Context, a *app.App, s app.Session, variables []Variable, sel Selection) ([]format.Entry, error) {
	refs := make([]Reference, len(variables))
	for i, v := range variables {
		refs[i] = v.Reference()
	}
	var entries []format.Entry
	named := sel.named()
	for i, r := range ResolveAll(ctx, a, s, refs) {
		if errors.Is(r.Err, secret.ErrNotFound) && !slices.Contains(named, variables[i].Key) {
			continue
		}
		if r.Err != nil {
			return nil, r.Err
		}
		entries = append(entries, format.Entry{Key: variables[i].Key, Name: variables[i].Name, Value: r.Value})
	}
	return entries, nil
}

// Reference names the value of the variable.
func (v Variable) Reference() Reference { return Reference{Key: v.Key, Provider: v.Provider} }

// FromEnvironment reports whether a provider reads environment variables. A
// child process, or the next step of a CI job, has those already.
func FromEnvironment(p runtime.ProviderInfo) bool { return p.Module == "env" }

// wholeEnvironment reports whether a provider lists every environment variable,
// so that being listed does not make a variable a secret.
func (h *held) wholeEnvironment() bool {
	return FromEnvironment(h.ProviderInfo) && h.options.Config["prefix"] == "" && slices.Contains(h.options.Grant.Env, "*")
}
