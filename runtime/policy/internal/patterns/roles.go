package patterns

import (
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/glob"
)

// Roles are the conditions of a rule on roles beyond a list of names.
type Roles struct {
	Any  glob.List // together with the names: one role must match one of them
	All  glob.List // each must match a role
	None glob.List // none may match a role
}

// Match reports whether the roles that a caller has fulfil g and names.
func (g *Roles) Match(names, have []string) bool {
	if len(names)+len(g.Any) > 0 && !hasAny(names, have) && !slices.ContainsFunc(have, g.Any.Match) {
		return false
	}
	for _, want := range g.All {
		if !slices.ContainsFunc(have, want.Match) {
			return false
		}
	}
	return len(g.None) == 0 || !slices.ContainsFunc(have, g.None.Match)
}

// Missing says which role of g and names is missing, or is one too many. g may be nil.
func (g *Roles) Missing(names, have []string) string {
	if g == nil {
		g = &Roles{}
	}
	named := slices.Clone(names)
	for i := range g.Any {
		named = append(named, g.Any[i].String())
	}
	if len(named) > 0 && !hasAny(names, have) && !slices.ContainsFunc(have, g.Any.Match) {
		note := ""
		for _, role := range have {
			for _, want := range named {
				if note == "" && differsInCase(want, role) {
					note = fmt.Sprintf(", %.64q differs only in case", role)
				}
			}
		}
		return fmt.Sprintf("roles (needs one of %v)%s", named, note)
	}
	for _, want := range g.All {
		if !slices.ContainsFunc(have, want.Match) {
			return fmt.Sprintf("roles (needs %s)", want)
		}
	}
	for _, role := range have {
		if g.None.Match(role) {
			return fmt.Sprintf("roles (must not have %.64s)", role)
		}
	}
	return "roles"
}

func hasAny(roles, have []string) bool {
	return slices.ContainsFunc(roles, func(want string) bool { return slices.Contains(have, want) })
}
