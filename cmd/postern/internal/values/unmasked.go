package values

import (
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

// WarnShown warns of values that output may show because of a policy that was found and
// not trusted: somebody else may have written it, to see what is masked otherwise. Not
// even --quiet silences that.
func (v *Inventory) WarnShown() {
	c := v.s.Config()
	if !c.Found || c.Trusted || c.Options.PolicyFile.Path == "" {
		return
	}
	show := Unmasked(v.s)
	var shown []string
	for i := range v.all {
		for _, key := range v.all[i].keys {
			if name := string(key); show(name) && !slices.Contains(shown, name) {
				shown = append(shown, name)
			}
		}
	}
	if len(shown) > 0 {
		v.a.Say("warning", "not masked, because the policy in this folder, which you need not have trusted, shows them: "+listed(shown[:min(len(shown), app.MaxListed)], len(shown)))
	}
}
