package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/secret"
)

// selection picks keys by patterns: those that any of only matches, all if there
// is none, without those that any of except matches.
type selection struct{ only, except []*regexp.Regexp }

func selectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "only", Usage: "take keys that match `GLOB` alone, repeatable"},
		&cli.StringSliceFlag{Name: "except", Usage: "leave out keys that match `GLOB`, repeatable"},
	}
}

func selectionOf(cmd *cli.Command) (selection, error) {
	var s selection
	for name, to := range map[string]*[]*regexp.Regexp{"only": &s.only, "except": &s.except} {
		for _, pattern := range cmd.StringSlice(name) {
			glob, err := compileGlob(pattern)
			if err != nil {
				return s, usageOf(cmd, fmt.Sprintf("--%s: %v", name, err))
			}
			*to = append(*to, glob)
		}
	}
	return s, nil
}

// compileGlob reads a pattern as policies write it: "*" is any run of characters
// in one segment, "**" as a segment any number of segments, at the end at least
// one.
func compileGlob(pattern string) (*regexp.Regexp, error) {
	if pattern == "" || len(pattern) > secret.MaxKeyLen {
		return nil, fmt.Errorf("a pattern has 1 to %d bytes", secret.MaxKeyLen)
	}
	segments := strings.Split(pattern, "/")
	var b strings.Builder
	b.WriteString(`\A`)
	for i, s := range segments {
		last := i == len(segments)-1
		switch {
		case s == "**" && last:
			b.WriteString(`.+`)
		case s == "**":
			b.WriteString(`(?:[^/]+/)*`)
			continue
		case strings.Contains(s, "**"):
			return nil, fmt.Errorf(`%q: "**" must be a whole segment`, pattern)
		case secret.Key(strings.ReplaceAll(s, "*", "x")).Check() != nil:
			return nil, fmt.Errorf(`%q: no key has a segment like %q (wildcards are "*" and "**")`, pattern, s)
		case s == "*":
			b.WriteString(`[^/]+`)
		default:
			b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(s), `\*`, `[^/]*`))
		}
		if !last {
			b.WriteByte('/')
		}
	}
	return regexp.Compile(b.String() + `\z`)
}

func (s selection) has(key secret.Key) bool {
	matches := func(glob *regexp.Regexp) bool { return glob.MatchString(string(key)) }
	return (len(s.only) == 0 || slices.ContainsFunc(s.only, matches)) && !slices.ContainsFunc(s.except, matches)
}
