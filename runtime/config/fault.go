package config

import (
	"fmt"
	"strconv"

	"github.com/postern-project/postern/runtime/secret"
)

// Hint is a command that mends the error in whose tree it is. Find it with
// errors.As.
type Hint string

// Error returns the command.
func (h Hint) Error() string { return string(h) }

// fault is a load_failed error whose detail this package wrote.
func fault(format string, args ...any) *secret.Error {
	return &secret.Error{Code: secret.ErrLoad, Detail: fmt.Sprintf(format, args...)}
}

func (c *Config) name() string {
	if c.Path == "" {
		return "settings"
	}
	return quoted(c.Path)
}

// quoted prepares a name from outside for an error: quoted and bounded.
func quoted(s string) string {
	if len(s) > maxNamed {
		s = s[:maxNamed] + "..."
	}
	return strconv.Quote(s)
}

// maxNamed is how many bytes of an outside name an error repeats.
const maxNamed = 200
