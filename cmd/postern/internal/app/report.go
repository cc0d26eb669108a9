package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/module/check"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Report prints err and returns the exit code that goes with it.
func (a *App) Report(ctx context.Context, err error) int {
	var cause Interrupted
	if errors.As(context.Cause(ctx), &cause) {
		a.Say("error", cause.Error())
		return InterruptedExit(ctx)
	}
	exit, text, hint := a.Classify(err)
	a.SayError(err, Message{Text: text, Exit: exit, Hint: hint})
	return exit
}

// InterruptedExit returns the exit code of a command whose context ended early.
func InterruptedExit(ctx context.Context) int {
	var cause Interrupted
	if !errors.As(context.Cause(ctx), &cause) {
		return ExitTemporary
	}
	switch n, _ := cause.Signal.(syscall.Signal); {
	case cause.Signal == os.Interrupt:
		return ExitInterrupt
	case n == syscall.SIGTERM || n == 0:
		return ExitTemporary
	default:
		return 128 + int(n)
	}
}

// WithGlobals repeats the global flags of this command line in a hint, and its
// --provider if the command of the hint has that flag, so that the hint is about the
// same configuration, the same caller and the same provider. Every hint that is
// shown goes through it.
func (a *App) WithGlobals(hint string) string {
	rest, ok := strings.CutPrefix(hint, "postern ")
	if !ok || strings.HasPrefix(rest, "help") {
		return hint
	}
	options := ""
	if more, ok := strings.CutPrefix(rest, longer); ok {
		options, rest = longer, more
	}
	command, arguments, _ := strings.Cut(rest, " ")
	if a.takesProvider(command) && !strings.Contains(" "+arguments, " --provider ") {
		command = strings.Join(append([]string{command}, a.provider...), " ")
	}
	rest = strings.TrimSpace(options + command + " " + arguments)
	globals := a.globals
	if command == "trust" {
		globals = globals[:min(2, len(globals))] // it asks only which configuration
		if len(globals) > 0 && globals[0] != "-c" {
			globals = nil
		}
	}
	if len(globals) > 0 && command != "-c" {
		rest = strings.Join(globals, " ") + " " + rest
	}
	return "postern " + rest
}

// takesProvider reports whether there is a provider to repeat, and a command of the root
// has a flag for it.
func (a *App) takesProvider(command string) bool {
	if a.Command == nil || len(a.provider) == 0 {
		return false
	}
	cmd := a.Command(command)
	return cmd != nil && slices.ContainsFunc(cmd.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), "provider") })
}

// Classify returns the exit code of an error, its text and a hint, which is never
// the command that failed.
func (a *App) Classify(err error) (exit int, text, hint string) {
	exit, text, hint = a.classify(err)
	if a.circular(hint) {
		hint = otherHint(err, strings.Join(a.command, " "))
	}
	return exit, text, hint
}

func (a *App) classify(err error) (exit int, text, hint string) {
	var f *Failure
	var m *module.Error
	var coded *secret.Error
	var flag config.InvalidFlag
	switch {
	case errors.As(err, &f):
		return f.Exit, f.Text, f.Hint
	case errors.As(err, &flag) && errors.As(err, &coded):
		return ExitUsage, coded.Detail, "postern help"
	case errors.As(err, &coded), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return secret.CodeOf(err).ExitCode(), err.Error(), hintOf(err)
	case errors.As(err, &m):
		return ExitConfig, err.Error(), helpWith(m)
	case !a.parsed:
		return ExitUsage, err.Error(), "postern help"
	}
	return secret.CodeOf(err).ExitCode(), err.Error(), hintOf(err)
}

// moduleHint is the hint for a module that is refused, when it is inspected or when it is
// loaded for a provider.
const moduleHint = "postern help module"

// helpWith returns the help with the refusal of a module or of its manifest.
func helpWith(m *module.Error) string {
	switch m.Reason {
	case module.BadManifest, module.Undeclared:
		return "postern help module pack"
	}
	return moduleHint
}

// hintOf returns the command that helps most with err.
func hintOf(err error) string {
	var hint suggest.Hint
	if errors.As(err, &hint) {
		return string(hint)
	}
	if owner := (*safefile.OwnerError)(nil); errors.As(err, &owner) {
		return owner.Fix()
	}
	if broken := (*policy.LoadError)(nil); errors.As(err, &broken) {
		return "postern policy check"
	}
	if refused := (*check.Error)(nil); errors.As(err, &refused) {
		switch refused.Reason {
		case "memory_too_large", "data_too_large", "too_costly":
			return "postern config show" // limits.memory_pages, limits.module
		}
		return moduleHint
	}
	if m := (*module.Error)(nil); errors.As(err, &m) {
		switch m.Reason {
		case module.BadManifest, module.Undeclared, module.ABIVersion:
			return helpWith(m)
		}
	}
	var e *secret.Error
	if errors.As(err, &e) {
		for _, lack := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EMFILE, syscall.ENOMEM} {
			if strings.HasSuffix(e.Detail, ": "+lack.Error()) { // of a file of a module, which has no other cause
				return WriteHint(lack, "")
			}
		}
		return hintFor(e)
	}
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return WriteHint(err, filepath.Dir(path.Path))
	}
	return hintFor(&secret.Error{Code: secret.CodeOf(err)})
}
