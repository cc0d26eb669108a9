package values

import (
	"context"
	"slices"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/steering"
	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/secret"
)

// Candidates returns the variables for the selected keys, which nobody has named, with
// those that [LeftOut] will have. A variable that inherits knows is left to the reader of
// the values. A document has all keys.
func (v *Inventory) Candidates(ctx context.Context, sel Selection, inherits func(name string) bool, document bool) ([]Variable, error) {
	selected, err := v.Select(ctx, sel)
	if err != nil {
		return nil, err
	}
	var all []Variable
	for _, key := range selected {
		if err := app.Ended(ctx); err != nil {
			return nil, err
		}
		all = append(all, Variable{Name: VariableName(key), Key: key})
	}
	missing, err := v.missing(ctx, sel, selected, inherits, document)
	return append(all, missing...), err
}

// ByRule returns the candidates that are given although nobody named them: no module
// that is not built in has chosen them, unless its provider says so by "inject", and none
// steers programs unless it is among the allowed ones. The others are in left.
func (v *Inventory) ByRule(ctx context.Context, candidates []Variable, sel Selection, allowed []string) (given []Variable, left LeftOut, err error) {
	left.v = v
	named := sel.named()
	for _, c := range candidates {
		if err := app.Ended(ctx); err != nil {
			return nil, left, err
		}
		if c.Provider == "" && !v.chosen(c.Key) {
			left.foreign(c, named)
			continue
		}
		switch e, steers := steering.Find(c.Name); {
		case IsPostern(c.Name), steers && !slices.Contains(allowed, c.Name):
			left.steering = append(left.steering, steered{c, e.Reason})
		default:
			given = append(given, c)
		}
	}
	return given, left, nil
}

// IsPostern reports whether a variable configures postern, so that no rule and no module
// that is not built in may set it. Windows makes no difference between cases.
func IsPostern(name string) bool { return strings.HasPrefix(strings.ToUpper(name), "POSTERN_") }

// chosen reports whether a provider that has the key may choose variables.
func (v *Inventory) chosen(key secret.Key) bool {
	if i := slices.Index(v.named, key); i >= 0 && v.Injects(v.from[i], key) {
		return true
	}
	return slices.ContainsFunc(v.all, func(h held) bool { return h.has(key) && v.injects(&h, key) })
}

// Injects reports whether a key becomes a variable by rule if the provider has it. A
// default, which has no provider, is the word of the user.
func (v *Inventory) Injects(provider string, key secret.Key) bool {
	h := v.provider(provider)
	return h == nil || v.injects(h, key)
}

func (v *Inventory) injects(h *held, key secret.Key) bool {
	if keys, set := v.inject(h); set {
		return keys.Match(string(key))
	}
	return h.Builtin && (FromEnvironment(h.ProviderInfo) || len(h.options.Grant.Files) > 0)
}

// inject returns the setting "inject" of a provider, and whether it is set.
func (v *Inventory) inject(h *held) (keys glob.List, set bool) {
	keys, set = v.s.Config().Inject[h.Name]
	return keys, set
}

// Foreign reports whether the module of a provider is not built in.
func (v *Inventory) Foreign(provider string) bool {
	h := v.provider(provider)
	return h != nil && !h.Builtin
}

// provider returns a provider by its name, nil if there is none.
func (v *Inventory) provider(name string) *held {
	i := slices.IndexFunc(v.all, func(h held) bool { return h.Name == name })
	if i < 0 {
		return nil
	}
	return &v.all[i]
}
