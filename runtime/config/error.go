package config

import (
	"fmt"
	"strconv"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// errorf returns a load_failed error. The detail must not contain the content of
// a file, which may be secret.
func errorf(format string, args ...any) *secret.Error {
	return &secret.Error{Code: secret.ErrLoad, Detail: fmt.Sprintf(format, args...)}
}

// InvalidFlag is wrapped by an error about one of [Overrides]. It is the flag by
// which users of the command set it, such as "--timeout".
type InvalidFlag string

// Error returns the flag.
func (f InvalidFlag) Error() string { return string(f) }

// source is how errors name the configuration.
func (c *Config) source() string {
	if c.Path == "" {
		return "settings"
	}
	return quote(c.Path)
}

// maxQuoted is how many bytes of a foreign name an error repeats.
const maxQuoted = 200

// quote prepares a name from outside for an error.
func quote(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "..."
	}
	return strconv.Quote(s)
}

// didYouMean is the end of an error about an unknown name, "" if no candidate is
// close to it.
func didYouMean(name string, candidates []string) string {
	if c := suggest.Closest(name, candidates); c != "" {
		return " (did you mean " + quote(c) + "?)"
	}
	return ""
}
