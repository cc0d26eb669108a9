package env

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/capability"
)

// patterns is a list of variable names, each of which may end in one star.
type patterns []string

func (ps patterns) check(o *capability.Options) error {
	for _, p := range ps {
		name, _ := strings.CutSuffix(p, "*")
		bad := func(r rune) bool { return r == '*' || r == '=' || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
		if p == "" || !utf8.ValidString(p) || strings.IndexFunc(name, bad) >= 0 {
			return o.LoadError(fmt.Sprintf("grant env: invalid pattern %q; want NAME, PREFIX_* or *", p))
		}
	}
	return nil
}

// match reports whether a pattern covers name.
func (ps patterns) match(name string) bool {
	return slices.ContainsFunc(ps, func(p string) bool {
		if prefix, star := strings.CutSuffix(p, "*"); star {
			return strings.HasPrefix(name, prefix)
		}
		return p == name
	})
}
