package values

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

// Variable is a key of an env provider and the variable that it stands for. The
// variable need not be set: the value may come from the file that NAME_FILE names.
type Variable struct {
	Name     string
	Provider string
	Key      secret.Key
}

// Missing returns the variables of the selected keys of env providers that inherits
// does not know, in the order of the chain and then of the keys. They are what
// [Inventory.Select] leaves out and the reader of the values does not have either. With
// --only there are none.
func (v *Inventory) Missing(sel Selection, inherits func(name string) bool) []Variable {
	if len(sel.only) > 0 {
		return nil
	}
	selected := v.Select(sel)
	var missing []Variable
	for i := range v.all {
		h := &v.all[i]
		if !FromEnvironment(h.ProviderInfo) {
			continue
		}
		for _, key := range v.readable(h, sel) {
			if name := h.variable(key); !inherits(name) && !slices.Contains(selected, key) {
				missing = append(missing, Variable{name, h.Name, key})
			}
		}
	}
	return missing
}

// variable returns the variable that a key of an env provider stands for.
func (h *held) variable(key secret.Key) string {
	name := string(key)
	if h.options.Config["names"] == "path" {
		name = strings.ReplaceAll(strings.ToUpper(name), "/", "__")
	}
	return h.options.Config["prefix"] + name
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

// FetchVariables reads the keys of variables from their providers. It leaves out a key
// that was removed since it was listed.
func FetchVariables(ctx context.Context, a *app.App, s app.Session, variables []Variable) ([]format.Entry, error) {
	refs := make([]Reference, len(variables))
	for i, v := range variables {
		refs[i] = v.Reference()
	}
	var entries []format.Entry
	for i, r := range ResolveAll(ctx, a, s, refs) {
		if errors.Is(r.Err, secret.ErrNotFound) {
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
