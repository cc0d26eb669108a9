package values

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/secret"
)

// Selection picks the keys that match any pattern of only, or all keys if only
// is empty, except those that match any pattern of except.
type Selection struct{ only, except glob.List }

// SelectionFlags are --only and --except; see [ParseSelection].
func SelectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "only", Usage: "take only keys that match `GLOB`, repeatable; a key that is named in full must exist"},
		&cli.StringSliceFlag{Name: "except", Usage: "leave out keys that match `GLOB`, repeatable"},
	}
}

// ParseSelection returns the selection of --only and --except.
func ParseSelection(cmd *cli.Command) (Selection, error) {
	var s Selection
	for name, to := range map[string]*glob.List{"only": &s.only, "except": &s.except} {
		for _, pattern := range cmd.StringSlice(name) {
			g, err := glob.ParseKey(pattern)
			if err != nil {
				return s, app.UsageError(cmd, fmt.Sprintf("--%s: %v", name, err))
			}
			*to = append(*to, g)
		}
	}
	return s, nil
}

// named returns the keys that --only names in full.
func (s Selection) named() []secret.Key {
	var keys []secret.Key
	for _, g := range s.only {
		if key := secret.Key(g.String()); g.Literal() && s.has(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Names reports whether --only names a key in full.
func (s Selection) Names(key secret.Key) bool { return slices.Contains(s.named(), key) }

func (s Selection) has(key secret.Key) bool {
	return (len(s.only) == 0 || s.only.Match(string(key))) && !s.except.Match(string(key))
}
