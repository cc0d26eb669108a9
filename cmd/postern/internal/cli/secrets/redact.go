package secrets

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/safefile"
)

func Redact(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "redact",
		Usage: "copy a stream and mask every known value in it",
		Description: `Masks the values of all keys that the chain lists and the policy lets you read,
as [REDACTED:KEY], in the forms in which programs print them: base64, hex,
quoted, escaped, line by line and more. Every other byte passes as it is, at
once unless it may begin a value. Variables of an env provider that grants the
whole environment are no secrets here unless --only names them. Values that
ordinary text is full of (short, digits, everyday words) are not masked, and a
warning says which. If a value cannot be fetched nothing is copied.`,
		Flags: append(append([]cli.Flag{
			&cli.StringFlag{Name: "in", Aliases: []string{"i"}, Usage: "read `FILE`; - is standard input"},
			&cli.BoolFlag{Name: "in-place", Usage: "write the result over the file of --in"},
		}, values.SelectionFlags()...), app.OutputFlags("the result")...),
		Action: a.Action(runRedact),
	}
}

func runRedact(ctx context.Context, a *app.App, cmd *cli.Command) error {
	from, path, err := filterPaths(cmd)
	if err != nil {
		return err
	}
	sel, err := values.ParseSelection(cmd)
	if err != nil {
		return err
	}
	in, err := a.OpenInput(from, path, cmd.Bool("in-place"))
	if err != nil {
		return err
	}
	defer in.Close()
	// The runtime registers what it releases here, before anybody has it.
	a.Values = redact.New(redact.Options{JSONLeaves: true})
	// The time limit is for fetching the values. A stream may last for days.
	return a.With(ctx, cmd, func(limited context.Context, s app.Session) error {
		keys, err := values.List(limited, a, s, sel, func(p runtime.ProviderInfo) bool { return wholeEnvironment(s, p) })
		if err != nil {
			return err
		}
		entries, err := values.Fetch(limited, s, keys)
		if err != nil {
			return err
		}
		ready(a, len(entries))
		if path == "" {
			return copyMasked(ctx, a, in, a.Out, 0)
		}
		return maskToFile(ctx, a, in, path, cmd.String("mode"))
	})
}

// wholeEnvironment reports whether a provider lists every environment variable,
// so that being listed does not make a variable a secret.
func wholeEnvironment(s app.Session, p runtime.ProviderInfo) bool {
	return values.FromEnvironment(p) && slices.ContainsFunc(s.Config().Options.Providers, func(o runtime.ProviderOptions) bool {
		return o.Name == p.Name && o.Config["prefix"] == "" && slices.Contains(o.Grant.Env, "*")
	})
}

// ready makes the registry of n values quick to search and warns of those that
// it does not look for.
func ready(a *app.App, n int) {
	a.Values.Compact()
	if n == 0 {
		a.Warn("there is no value to mask")
	}
	unsearched := a.Values.Status().Unsearched
	for i, u := range unsearched {
		if i == app.MaxListed {
			a.Warn("%d more keys are not masked", len(unsearched)-i)
			break
		}
		a.Warn("%q is not masked: its value is %s", u.Key, u.Reason)
	}
}

// maskToFile masks into a file. Nobody watches it grow, so nothing shows early.
func maskToFile(ctx context.Context, a *app.App, in *app.Input, path, mode string) error {
	r, err := app.ReplaceFile(path, mode)
	if err != nil {
		return err
	}
	if err := copyMasked(ctx, a, in, r, -1); err != nil {
		r.Abandon()
		return err
	}
	return r.Commit()
}

// chunk is what is read at a time: as much as a pipe holds.
const chunk = 64 << 10

// copyMasked copies in to out until in ends or ctx does. What is held back then is
// written masked or as it is, so that nothing is lost.
func copyMasked(ctx context.Context, a *app.App, in *app.Input, out io.Writer, idle time.Duration) error {
	w := a.Values.Writer(out, redact.WriterOptions{Idle: idle})
	_, err := app.Interruptible(ctx, func() ([]byte, error) { return nil, pump(w, in) })
	if e := w.Close(); err == nil {
		err = e
	}
	return err
}

func pump(w io.Writer, in *app.Input) error {
	buffer := make([]byte, chunk)
	defer clear(buffer)
	for {
		n, err := in.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &app.Failure{Exit: app.ExitIO, Text: in.Name + ": " + safefile.Reason(err), Hint: "postern help redact"}
		}
	}
}
