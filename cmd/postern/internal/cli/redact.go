package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/redact"
)

func (a *app) redactCommand() *cli.Command {
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
		}, selectionFlags()...), outputFlags("the result")...),
		Action: a.action(a.redact),
	}
}

func (a *app) redact(ctx context.Context, cmd *cli.Command) error {
	from, path, err := filterPaths(cmd)
	if err != nil {
		return err
	}
	sel, err := selectionOf(cmd)
	if err != nil {
		return err
	}
	in, err := a.openInput(from, path, cmd.Bool("in-place"))
	if err != nil {
		return err
	}
	defer in.close()
	// The runtime registers what it releases here, before anybody has it.
	a.values = redact.New(redact.Options{JSONLeaves: true})
	// The time limit is for fetching the values. A stream may last for days.
	return a.with(ctx, cmd, func(limited context.Context, s *session) error {
		keys, err := a.listed(limited, s, sel, s.wholeEnvironment)
		if err != nil {
			return err
		}
		entries, err := s.fetch(limited, keys)
		if err != nil {
			return err
		}
		a.ready(len(entries))
		if path == "" {
			return a.mask(ctx, in, a.out, 0)
		}
		return a.maskTo(ctx, in, path, cmd.String("mode"))
	})
}

// ready makes the registry of n values quick to search and warns of those that
// it does not look for.
func (a *app) ready(n int) {
	a.values.Compact()
	if n == 0 {
		a.warn("there is no value to mask")
	}
	unsearched := a.values.Status().Unsearched
	for i, u := range unsearched {
		if i == maxFaults {
			a.warn("%d more keys are not masked", len(unsearched)-i)
			break
		}
		a.warn("%q is not masked: its value is %s", u.Key, u.Reason)
	}
}

// maskTo masks into a file. Nobody watches it grow, so nothing shows early.
func (a *app) maskTo(ctx context.Context, in *input, path, mode string) error {
	r, err := replaceFile(path, mode)
	if err != nil {
		return err
	}
	if err := a.mask(ctx, in, fileWriter{r}, -1); err != nil {
		r.abandon()
		return err
	}
	return r.commit()
}

// fileWriter names the file in its errors.
type fileWriter struct{ *replacement }

func (w fileWriter) Write(b []byte) (int, error) {
	n, err := w.replacement.Write(b)
	if err != nil {
		err = cannotWrite(w.path, err)
	}
	return n, err
}

// chunk is what is read at a time: as much as a pipe holds.
const chunk = 64 << 10

// mask copies in to out until in ends or ctx does. What is held back then is
// written masked or as it is, so that nothing is lost.
func (a *app) mask(ctx context.Context, in *input, out io.Writer, idle time.Duration) error {
	w := a.values.Writer(out, redact.WriterOptions{Idle: idle})
	_, err := interruptible(ctx, func() ([]byte, error) { return nil, pump(w, in) })
	if e := w.Close(); err == nil {
		err = e
	}
	return err
}

func pump(w io.Writer, in *input) error {
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
			return &failure{exit: exitIO, text: in.name + ": " + reason(err), hint: "postern help redact"}
		}
	}
}
