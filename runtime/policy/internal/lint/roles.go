package lint

import (
	"errors"
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/glob"
)

// Roles returns an error if no set of roles fulfills a rule: a role for one of names
// or anyOf, and one for each pattern of all, must be possible beside none.
func Roles(names []string, anyOf, all, none glob.List) error {
	for _, g := range all {
		if !possibleRole(g, none) {
			return fmt.Errorf(`"all" requires %.64q, but "none" excludes it`, g)
		}
	}
	if len(names)+len(anyOf) == 0 {
		return nil
	}
	if slices.ContainsFunc(names, func(role string) bool { return !none.Match(role) }) ||
		slices.ContainsFunc(anyOf, func(g *glob.Glob) bool { return possibleRole(g, none) }) {
		return nil
	}
	return errors.New(`"none" excludes every role that the rule accepts`)
}

// roleBudget bounds the search for a role that fulfills one pattern.
const roleBudget = 20_000

// possibleRole reports whether a role may match g and no pattern of none. If that
// takes too long to find out, it may.
func possibleRole(g *glob.Glob, none glob.List) bool {
	switch {
	case len(none) == 0:
		return true
	case g.Literal():
		return !none.Match(g.String())
	case emptySegment(g.String()): // the search knows no empty segments
		return !none.Covers(glob.List{g})
	}
	b := glob.Budget(roleBudget)
	exists, decided := b.Exists(glob.List{g}, none, "")
	return exists || !decided
}
