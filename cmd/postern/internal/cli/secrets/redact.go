package secrets

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/safefile"
)

// Redact returns the command redact.
func Redact(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "redact",
		Usage: "copy a stream and mask the values in it",
		Description: `Replaces the values of all keys that the chain lists and the policy lets you
read with [REDACTED:KEY]. It also finds values that a program printed in
base64, in hex, quoted, escaped or line by line. Everything else is copied
unchanged and without delay, except bytes that may be the beginning of a
value.

A redact rule of the policy with mode = "none" leaves a value as it is, such
as the name of a folder or of a time zone.

Values that are common in ordinary text (short values, digits, everyday
words) are not masked; a warning names their keys. Variables of an env
provider that grants the whole environment are not masked unless --only is
given. A key that you may get but not list is masked if --only names it. If a
value cannot be fetched, nothing is copied. The same holds if there is no value
to mask, unless --allow-empty is given.

With --in-place, a file that changes meanwhile is not replaced; that is a
conflict. A service that has its log open keeps writing to the old file, which
is deleted: stop the service, let it open its log again, or pipe its output
through "postern redact" instead.`,
		Flags: append(append([]cli.Flag{
			&cli.StringFlag{Name: "in", Aliases: []string{"i"}, Usage: "read `FILE`; - means standard input"},
			&cli.BoolFlag{Name: "in-place", Usage: "replace the file of --in with the result"},
		}, slices.Concat(values.SelectionFlags(), values.InventoryFlags("fail if a provider cannot list its keys or was skipped, if a name in it is not a valid key, a link, or a leftover such as .NAME.swp, so that its value is not masked, or if a GLOB matches no key"))...), app.OutputFlags("the result")...),
		Action: a.Action(runRedact),
	}
}

func runRedact(ctx context.Context, a *app.App, cmd *cli.Command) error {
	a.Out.WantReader()
	from, path, err := filterPaths(cmd)
	if err != nil {
		return err
	}
	sel, err := values.ParseSelection(cmd)
	if err != nil {
		return err
	}
	in, err := a.OpenInput(cmd, from, path)
	if err != nil {
		return err
	}
	defer in.Close()
	// The time limit applies to fetching the values; a stream may last for days.
	return a.With(ctx, cmd, func(limited context.Context, s app.Session) error {
		if err := app.CheckResult(s, path); err != nil {
			return err
		}
		n, err := maskHeld(limited, a, s, cmd, sel)
		if err != nil {
			return err
		}
		show := values.Unmasked(s)
		if err := ready(limited, a, n, show); err != nil {
			return err
		}
		if path == "" {
			return copyMasked(ctx, a, in, a.Out, redact.WriterOptions{Show: show})
		}
		return maskToFile(ctx, a, cmd, in, path, show)
	})
}

// maskHeld registers the selected values that the providers hold and returns their
// number.
func maskHeld(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, sel values.Selection) (int, error) {
	held, err := values.TakeInventory(ctx, a, s, cmd, sel)
	if err != nil {
		return 0, err
	}
	n, err := held.MaskAll(ctx, sel, false, nil)
	if shown := held.WarnShown(ctx); err == nil {
		err = shown
	}
	if err != nil || n > 0 {
		return n, err
	}
	return 0, held.Gives(ctx, cmd)
}

// ready prepares the registry of n values for searching and warns of the values
// that it does not mask, except those that the policy shows.
func ready(ctx context.Context, a *app.App, n int, show func(key string) bool) error {
	a.Values.Compact()
	if n == 0 {
		a.Warn("there are no values to mask")
	}
	var unsearched []redact.Unsearched
	for _, u := range a.Values.Status().Unsearched {
		if err := app.Ended(ctx); err != nil {
			return err
		}
		if !show(u.Key) {
			unsearched = append(unsearched, u)
		}
	}
	for i, u := range unsearched {
		if i == app.MaxListed {
			a.Warn("%d more keys are not masked", len(unsearched)-i)
			break
		}
		if u.Reason == redact.ReasonParts {
			a.Warn("%q is %s", u.Key, u.Reason)
			continue
		}
		a.Warn("%q is not masked: its value is %s", u.Key, u.Reason)
	}
	return nil
}

// maskToFile writes the masked stream to a file. Nobody reads the file before it is
// complete, so held back bytes never have to be flushed early.
func maskToFile(ctx context.Context, a *app.App, cmd *cli.Command, in *app.Input, path string, show func(key string) bool) error {
	r, err := a.ReplaceFile(path, cmd.String("mode"), app.KeepAll)
	if err != nil {
		return err
	}
	if cmd.Bool("in-place") {
		r.KeepInput(in)
	}
	if err := copyMasked(ctx, a, in, r, redact.WriterOptions{Idle: -1, Show: show}); err != nil {
		r.Abandon()
		return err
	}
	return r.Commit()
}

// chunk is how many bytes are read at a time: the capacity of a pipe.
const chunk = 64 << 10

// copyMasked copies in to out until in ends or ctx does. Then it writes the bytes
// that it held back, masked where they are a value.
func copyMasked(ctx context.Context, a *app.App, in *app.Input, out io.Writer, o redact.WriterOptions) error {
	w := a.Values.Writer(out, o)
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
