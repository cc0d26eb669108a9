package app

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
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
		if !a.longTimeoutGiven {
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
	hint := hintsFor(e.Code).other(e)
	if hint == "postern "+command {
		return "postern help exit-codes"
	}
	return hint
}

// hintFor returns the hint for e.
func hintFor(e *secret.Error) string { return hintsFor(e.Code).first(e) }

func hintsFor(code secret.Code) hints {
	if h, ok := hintTable[code]; ok {
		return h
	}
	return hints{doctor, showConfig}
}

// hints are the commands that help with an error of one code: first, and other if the first
// one is the command that failed.
type hints struct {
	first, other func(*secret.Error) string
}

// hintTable has a row for every code, also where the first hint is that of an unknown code.
var hintTable = map[secret.Code]hints{
	secret.ErrNotFound:         {listKeys, showConfig},
	secret.ErrNotConfigured:    {doctor, showConfig},
	secret.ErrInvalidKey:       {fixKey, showConfig},
	secret.ErrInvalidValue:     {fixValue, showConfig},
	secret.ErrTooLarge:         {showConfig, showConfig},
	secret.ErrDenied:           {explainDenial, showConfig},
	secret.ErrPolicyFault:      {explainDenial, showConfig},
	secret.ErrUnauthenticated:  {testProvider, showConfig},
	secret.ErrForbidden:        {testProvider, showConfig},
	secret.ErrUnavailable:      {testProvider, showConfig},
	secret.ErrCircuitOpen:      {testProvider, showConfig},
	secret.ErrThrottled:        {retryCommand, testNamed},
	secret.ErrTimeout:          {retryLonger, showConfig},
	secret.ErrCanceled:         {retryLonger, showConfig},
	secret.ErrModuleCrashed:    {testProvider, showConfig},
	secret.ErrModuleProtocol:   {testProvider, showConfig},
	secret.ErrCapability:       {showConfig, showConfig},
	secret.ErrIntegrity:        {verifyModules, showConfig},
	secret.ErrLoad:             {fixLoad, helpConfig},
	secret.ErrConflict:         {readConflict, showConfig},
	secret.ErrShadowed:         {explainOp, showConfig},
	secret.ErrReadOnly:         {listProviders, showConfig},
	secret.ErrUnsupported:      {listProviders, showConfig},
	secret.ErrOutcomeUnknown:   {readKey, showConfig},
	secret.ErrStale:            {retryCommand, testNamed},
	secret.ErrAuditUnavailable: {doctor, showConfig},
	secret.ErrOverloaded:       {retryCommand, testNamed},
	secret.ErrLocked:           {doctor, showConfig},
	secret.ErrClosed:           {doctor, showConfig},
	secret.ErrInternal:         {doctor, helpConfig},
}

func listKeys(*secret.Error) string      { return "postern keys" }
func doctor(*secret.Error) string        { return "postern doctor" }
func showConfig(*secret.Error) string    { return "postern config show" }
func helpConfig(*secret.Error) string    { return "postern help config" }
func verifyModules(*secret.Error) string { return "postern module verify" }
func listProviders(*secret.Error) string { return "postern provider list" }

// testProvider returns a command that tests the provider of e, or all of them.
func testProvider(e *secret.Error) string {
	return strings.TrimSpace("postern provider test " + e.Provider)
}

// testNamed is testProvider if e names a provider.
func testNamed(e *secret.Error) string {
	if e.Provider == "" {
		return "postern help exit-codes"
	}
	return testProvider(e)
}

func fixKey(e *secret.Error) string {
	switch {
	case e.Provider != "" && e.Key.Check() == nil: // the place that it leads to is wrong
		return showConfig(e)
	case e.Op == secret.OpKeys:
		return "postern help keys"
	}
	return "postern help get"
}

func fixValue(e *secret.Error) string {
	switch {
	case e.Key == "" && e.Provider != "": // a provider refuses what it was given to read, or its settings
		return showConfig(e)
	case e.Op == secret.OpSet:
		return "postern help set"
	case e.Provider != "": // it has no value that it could give
		return testProvider(e)
	}
	return forKey(e.Key, "get", "--format", "base64")
}

func fixLoad(e *secret.Error) string {
	if strings.Contains(e.Detail, "limits.kv") {
		return showConfig(e)
	}
	return doctor(e)
}

func explainDenial(e *secret.Error) string {
	var flags []string
	if e.Op != "" && e.Op != secret.OpGet {
		flags = append(flags, "--op", string(e.Op))
	}
	if e.Provider != "" { // the request named it: others may be allowed
		flags = append(flags, "--provider", e.Provider)
	}
	return forKey(e.Key, "explain", flags...)
}

func explainOp(e *secret.Error) string { return forKey(e.Key, "explain", "--op", string(e.Op)) }

func readKey(e *secret.Error) string { return forKey(e.Key, "get") }

func readConflict(e *secret.Error) string {
	if e.Provider == "" { // the caller may not get the key
		return explainOp(e)
	}
	return readKey(e)
}

// retryLonger is retryCommand with more time.
func retryLonger(e *secret.Error) string {
	if strings.Contains(e.Detail, "limits.call") { // more time for the command would not help
		return showConfig(e)
	}
	return strings.Replace(retryCommand(e), "postern ", "postern "+longer, 1)
}

// retryCommand returns a command that makes the request of e again.
func retryCommand(e *secret.Error) string {
	switch e.Op {
	case secret.OpKeys:
		return "postern keys"
	case secret.OpOpen:
		return "postern config check"
	case secret.OpSet, secret.OpDelete:
		return forKey(e.Key, string(e.Op))
	}
	return forKey(e.Key, "get")
}

// forKey returns a command for a key, or the help of that command if an error has
// no valid key.
func forKey(key secret.Key, command string, flags ...string) string {
	words := []string{"postern", command}
	switch {
	case key.Check() != nil:
		words = []string{"postern", "help", command}
	case strings.HasPrefix(string(key), "-"): // else it would be taken for a flag
		words = append(append(words, flags...), "--", string(key))
	default:
		words = append(append(words, string(key)), flags...)
	}
	return string(suggest.Command(words...))
}
