package secrets

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// maxTemplate bounds a template, in bytes: it is held while values are fetched.
const maxTemplate = 64 << 20

func Inject(a *app.App) *cli.Command {
	return &cli.Command{
		Name:    "inject",
		Aliases: []string{"template"},
		Usage:   "fill references in a text with values",
		Description: `Two forms are filled, each on one line:

    {{ postern://KEY?provider=NAME&default=TEXT#/json/pointer }}
    {{ secret "KEY" }}

Every other byte stays as it is, other braces too, and a value is not searched
for references. Two more braces in front make a form plain text: "{{{{ secret"
is written as "{{ secret". All values are fetched before anything is written; if
one is missing nothing is. FILE gets the permissions 0600, or those it has if
they are narrower.`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "in", Aliases: []string{"i"}, Usage: "read the template from `FILE`; - is standard input"},
			&cli.BoolFlag{Name: "in-place", Usage: "write the result over the file of --in"},
		}, app.OutputFlags("the result")...),
		Action: a.Action(runInject),
	}
}

func runInject(ctx context.Context, a *app.App, cmd *cli.Command) error {
	from, path, err := filterPaths(cmd)
	if err != nil {
		return err
	}
	in, err := a.OpenInput(from, path, cmd.Bool("in-place"))
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := app.Interruptible(ctx, func() ([]byte, error) { return readTemplate(in) })
	if err != nil {
		return err
	}
	pieces, err := parseTemplate(app.Clean(in.Name), text)
	if err != nil {
		return err
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		var d format.Document
		defer d.Wipe()
		if err := fill(ctx, a, s, app.Clean(in.Name), pieces, &d); err != nil {
			return err
		}
		if path == "" && app.IsTerminal(a.Stdout) && !app.Harmless(d.Bytes()) {
			return &app.Failure{Exit: app.ExitData, Text: "the result holds bytes that a terminal would obey; --out writes it to a file", Hint: "postern help inject"}
		}
		return a.WriteResult(ctx, path, cmd.String("mode"), d.Bytes())
	})
}

// filterPaths returns what --in, --out and --in-place say. "" is a standard
// stream.
func filterPaths(cmd *cli.Command) (from, to string, err error) {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return "", "", err
	}
	from, to = cmd.String("in"), app.OutputPath(cmd)
	if cmd.Bool("in-place") {
		if from == "" || from == "-" || to != "" {
			return "", "", app.UsageError(cmd, "--in-place goes with --in FILE and without --out")
		}
		to = from
	}
	if cmd.IsSet("mode") && to == "" {
		return "", "", app.UsageError(cmd, "--mode goes with --out FILE")
	}
	return from, to, nil
}

func readTemplate(in *app.Input) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(in, maxTemplate+1))
	switch {
	case err != nil:
		return nil, &app.Failure{Exit: app.ExitIO, Text: in.Name + ": " + safefile.Reason(err), Hint: "postern help inject"}
	case len(b) > maxTemplate:
		return nil, &secret.Error{Code: secret.ErrTooLarge, Detail: fmt.Sprintf("a template has %d bytes at most", maxTemplate)}
	}
	return b, nil
}

// fill writes the pieces with their values to d. The error names every place
// whose value there is not.
func fill(ctx context.Context, a *app.App, s app.Session, name string, pieces []piece, d *format.Document) error {
	var refs []values.Reference
	for _, p := range pieces {
		if p.ref != nil {
			refs = append(refs, *p.ref)
		}
	}
	answers := values.ResolveAll(ctx, a, s, refs)
	var faults []error
	for _, p := range pieces {
		d.Append(p.literal...)
		if p.ref == nil {
			continue
		}
		v := answers[0]
		answers = answers[1:]
		err := v.Err
		if err == nil {
			values.WarnDegraded(a, p.ref.Key, v.Value)
			err = v.Value.Expose(func(b []byte) error {
				d.Append(b...)
				return nil
			})
		}
		if err != nil && len(faults) < app.MaxListed {
			faults = append(faults, placed(name, p.line, p.column, err))
		}
	}
	return errors.Join(faults...)
}
