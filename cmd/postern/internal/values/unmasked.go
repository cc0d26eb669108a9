package values

import (
	"context"
	"slices"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// Unmasked returns a function that reports whether output may show the value of a
// key: the policy lets the caller get it, and a redact rule leaves it as it is.
func Unmasked(s app.Session) func(key string) bool {
	return func(key string) bool {
		d := s.Decide(secret.OpGet, secret.Key(key))
		return d.Allow && d.Mask.Mode == policy.MaskNone
	}
}

// WarnShown warns of values that output may show because of a policy that was found:
// somebody else may have written it, to see what is masked otherwise. got are keys of
// values that were read besides those that are listed. Not even --quiet silences that.
func (v *Inventory) WarnShown(ctx context.Context, got ...secret.Key) error {
	if c := v.s.Config(); !c.Found || c.Options.PolicyFile.Path == "" {
		return nil
	}
	keys := slices.Concat(got, v.named)
	for i := range v.all {
		keys = append(keys, v.all[i].keys...)
	}
	slices.Sort(keys)
	show := Unmasked(v.s)
	var shown []string
	for _, key := range slices.Compact(keys) {
		if err := app.Ended(ctx); err != nil {
			return err
		}
		if show(string(key)) {
			shown = append(shown, string(key))
		}
	}
	if len(shown) > 0 {
		v.a.Say("warning", "not masked, because the policy in this folder shows them: "+listed(shown[:min(len(shown), app.MaxListed)], len(shown)))
	}
	return nil
}
