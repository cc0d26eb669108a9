package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Set returns the command set.
func Set(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "set",
		Aliases:   []string{"write", "put"},
		Usage:     "store a value",
		ArgsUsage: "KEY [VALUE|-]",
		Description: `Without VALUE, or with "-", the value is read from standard input, unchanged.
On a terminal postern asks for it and does not show what is typed; several lines
can be pasted if the terminal supports bracketed paste. A VALUE on the command line is visible to other users in the process list and stays in
your shell history.

A value that is empty is an error unless --empty is given or VALUE is "": a
command that failed and wrote nothing must not erase a secret. So is one with a
mask of postern in it, such as [REDACTED:KEY], unless --masked is given: the output of
run and redact is masked in pipes too.

The value goes to the provider that --provider names; else to the writable
provider of the chain that has the key; else to the first writable one. If an
earlier provider of the chain has the key, so that "get" would not return the
new value, nothing is written and the error is shadowed (exit code 73). A provider
that fails and has on_unavailable: continue counts as one that does not have the
key. The check and the write are not atomic: another program may write in between.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from-file", Usage: "read the value from `FILE`"},
			&cli.StringFlag{Name: "provider", Usage: "store the value in the provider `NAME`"},
			&cli.BoolFlag{Name: "no-newline", Aliases: []string{"n"}, Usage: "remove one line break, LF or CRLF, from the end of the value"},
			&cli.BoolFlag{Name: "empty", Usage: "allow standard input or FILE to be empty"},
			&cli.BoolFlag{Name: "masked", Usage: "allow a mask, such as [REDACTED:KEY], in the value"},
		},
		OnUsageError: setUsageError,
		Action:       a.Action(runSet),
	}
}

// setUsageError does not repeat the command line: what looked like a flag may be
// the value.
func setUsageError(_ context.Context, cmd *cli.Command, err error, _ bool) error {
	if f := (*app.Failure)(nil); errors.As(err, &f) { // it has no word of the command line
		return f
	}
	return setUsage(cmd, `invalid option; it is not shown because it may be the value; put "--" before a value that begins with "-"`)
}

func setUsage(cmd *cli.Command, text string) error { return app.UsageError(cmd, text) }

func runSet(ctx context.Context, a *app.App, cmd *cli.Command) error {
	args := cmd.Args().Slice()
	switch {
	case len(args) == 0:
		return setUsage(cmd, "missing argument; want "+cmd.ArgsUsage)
	case len(args) > 2:
		return setUsage(cmd, fmt.Sprintf("too many arguments (%d); want %s (quote a value with spaces)", len(args), cmd.ArgsUsage))
	case len(args) == 2 && cmd.IsSet("from-file"):
		return setUsage(cmd, "use either VALUE or --from-file")
	}
	key, err := secret.ParseKey(args[0])
	if err != nil {
		return hideKey(err)
	}
	value, err := valueFor(ctx, a, cmd, key, args[1:])
	if err != nil {
		return err
	}
	defer value.Destroy()
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		to, err := s.At(cmd.String("provider"))
		if err != nil {
			return err
		}
		if err := keeps(ctx, s, to, secret.OpSet, key); err != nil {
			return err
		}
		return to.Set(ctx, key, value)
	})
}

// hideKey returns the error for an invalid key without the key itself: if the
// arguments were swapped, it is the value.
func hideKey(error) error {
	return &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpSet,
		Detail: `the first argument is not a valid key; it is not shown because it may be the value`}
}

// valueFor reads the value from the file, the arguments, the terminal or standard
// input.
func valueFor(ctx context.Context, a *app.App, cmd *cli.Command, key secret.Key, args []string) (secret.Secret, error) {
	var b []byte
	var err error
	from := "standard input"
	switch {
	case cmd.IsSet("from-file") && !app.IsStdin(cmd.String("from-file")):
		from = fmt.Sprintf("the file %q", cmd.String("from-file"))
		b, err = readValueFile(ctx, cmd.String("from-file"))
	case len(args) == 1 && args[0] != "-":
		a.Warn("other users can see a value in the arguments, and it stays in the history of the shell")
		from, b = "the argument", []byte(args[0])
		if len(b) == 0 {
			return secret.FromBytes(b) // "" is meant
		}
	case app.IsTerminal(a.Stdin):
		from = "what was typed"
		b, err = a.Prompt(ctx, fmt.Sprintf("value of %s: ", key))
	default:
		b, err = app.Interruptible(ctx, func() ([]byte, error) { return readValue(a.Stdin, "standard input") })
	}
	if err != nil {
		return secret.Secret{}, err
	}
	if cmd.Bool("no-newline") {
		b = safefile.CutLineEnd(b)
	} else if bytes.IndexByte(b, '\n') == len(b)-1 && len(b) > 0 {
		a.Warn("the value ends with a newline; use -n to remove it")
	}
	if len(b) == 0 && !cmd.Bool("empty") {
		return secret.Secret{}, &app.Failure{Exit: app.ExitNoInput, Text: fmt.Sprintf("set %q: %s is empty; use --empty to store an empty value", string(key), from),
			Hint: string(suggest.Command("postern", "set", "--empty", "--", string(key)))}
	}
	if values.HasMask(b) && !cmd.Bool("masked") {
		return secret.Secret{}, &app.Failure{Exit: app.ExitData, Text: fmt.Sprintf("set %q: %s has a mask of postern in it, so that the value itself is lost; --masked stores it as it is", string(key), from),
			Hint: string(suggest.Command("postern", "help", "set"))}
	}
	return secret.FromBytes(b)
}

// readValue reads a value up to the largest size that one may have. from names r
// in errors.
func readValue(r io.Reader, from string) ([]byte, error) {
	b, err := safefile.ReadStream(r, from, secret.MaxValueLen)
	switch {
	case errors.Is(err, safefile.ErrTooLarge):
		return nil, tooLarge(from)
	case err != nil:
		return nil, &app.Failure{Exit: app.ExitIO, Text: from + ": " + safefile.Reason(err), Hint: "postern help set"}
	}
	return b, nil
}

func tooLarge(from string) error {
	return &secret.Error{Code: secret.ErrTooLarge, Op: secret.OpSet, Detail: fmt.Sprintf("%s has more than %d bytes", from, secret.MaxValueLen)}
}

func readValueFile(ctx context.Context, path string) ([]byte, error) {
	b, err := app.ReadStream(ctx, path, secret.MaxValueLen, app.ExitData)
	if errors.Is(err, secret.ErrTooLarge) {
		return nil, tooLarge(fmt.Sprintf("the file %q", path))
	}
	return b, err
}
