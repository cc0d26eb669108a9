package app

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// longTimeout is the time that a hint gives a command that timed out, and longer is
// that flag.
const (
	longTimeout = 2 * time.Minute
	longer      = "--timeout 2m "
)

// circular reports whether a hint names the command that is running, with the same
// arguments or with fewer or more providers to test. More time is another command,
// unless this one has it already.
func (a *App) circular(hint string) bool {
	rest, ok := strings.CutPrefix(hint, "postern ")
	if !ok || len(a.command) == 0 {
		return false
	}
	if command, ok := strings.CutPrefix(rest, longer); ok {
		if !a.patient {
			return false
		}
		rest = command
	}
	words := strings.Fields(rest)
	if len(a.command) > 1 && len(words) > 1 && a.command[0] == "provider" && slices.Equal(words[:2], a.command[:2]) {
		return true
	}
	return slices.Equal(words, a.command)
}

// otherHint returns a hint for err that does not name the command.
func otherHint(err error, command string) string {
	var e *secret.Error
	if !errors.As(err, &e) {
		e = &secret.Error{Code: secret.CodeOf(err)}
	}
	hint := "postern config show"
	switch e.Code {
	case secret.ErrLoad, secret.ErrInternal:
		hint = "postern help config"
	case secret.ErrThrottled, secret.ErrOverloaded, secret.ErrStale:
		if hint = "postern help exit-codes"; e.Provider != "" {
			hint = "postern provider test " + e.Provider
		}
	}
	if hint == "postern "+command {
		return "postern help exit-codes"
	}
	return hint
}
