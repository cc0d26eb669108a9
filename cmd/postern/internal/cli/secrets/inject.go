package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// maxTemplate is the largest template in bytes. The template stays in memory while
// values are fetched.
const maxTemplate = 64 << 20

// Inject returns the command inject.
func Inject(a *app.App) *cli.Command {
	return &cli.Command{
		Name:    "inject",
		Aliases: []string{"template"},
		Usage:   "replace the placeholders in a template with values",
		Description: `A placeholder has one of two forms and does not span lines:

    {{ postern://KEY?provider=NAME&default=TEXT#/json/pointer }}
    {{ secret "KEY" }}

Everything else is copied unchanged, including other braces. What begins like
a placeholder and is not one, such as {{ secret KEY }} or {{ postern:KEY }}, is
an error, and so is a call of secret in another expression, such as
{{ with secret "KEY" }} or {{ print (secret "KEY") }}. A template without any
placeholder comes with a warning. Values are not searched for placeholders. To write a literal
"{{ secret", write "{{{{ secret".

All values are fetched before anything is written; if one is missing, nothing
is written. A new FILE gets mode 0600. One that exists keeps its owner, its
group and its mode, except permissions for others. A file of another
user is not replaced where others can create files, as in /tmp. With --in-place,
a file that changes meanwhile is not replaced; that is a conflict.`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "in", Aliases: []string{"i"}, Usage: "read the template from `FILE`; - means standard input"},
			&cli.BoolFlag{Name: "in-place", Usage: "replace the file of --in with the result"},
		}, slices.Concat(values.InventoryFlags("fail if a provider was skipped"), app.OutputFlags("the result"))...),
		Action: a.Action(runInject),
	}
}

func runInject(ctx context.Context, a *app.App, cmd *cli.Command) error {
	a.Out.WantReader()
	from, path, err := filterPaths(cmd)
	if err != nil {
		return err
	}
	in, err := a.OpenInput(cmd, from, path)
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
		return templateFailure(err)
	}
	if !slices.ContainsFunc(pieces, func(p piece) bool { return p.ref != nil }) {
		what := "the template has no placeholder"
		if len(pieces) == 1 { // an escape begins another one
			what += "; it is copied unchanged"
		}
		a.Warn("%s: %s", app.Clean(in.Name), what)
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		if err := app.CheckResult(s, path); err != nil {
			return err
		}
		var d format.Document
		defer d.Wipe()
		if err := fill(ctx, a, s, cmd, app.Clean(in.Name), pieces, &d); err != nil {
			return err
		}
		if path == "" && app.IsTerminal(a.Stdout) && !app.Harmless(d.Bytes()) {
			return &app.Failure{Exit: app.ExitData, Text: "the result contains control characters; use --out to write it to a file", Hint: "postern help inject"}
		}
		var replaced *app.Input
		if cmd.Bool("in-place") {
			replaced = in
		}
		return a.WriteResult(ctx, path, cmd.String("mode"), d.Bytes(), replaced)
	})
}

// filterPaths returns the files that --in, --out and --in-place name. "" means a
// standard stream.
func filterPaths(cmd *cli.Command) (from, to string, err error) {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return "", "", err
	}
	from, to = cmd.String("in"), app.OutputPath(cmd)
	if cmd.Bool("in-place") {
		if from == "" || from == "-" || to != "" {
			return "", "", app.UsageError(cmd, "--in-place needs --in FILE and does not work with --out")
		}
		if !app.IsReplaceable(from) {
			return "", "", app.UsageError(cmd, fmt.Sprintf("--in-place works only with a regular file, and %q is none", from))
		}
		to = from
	}
	if cmd.IsSet("mode") && to == "" {
		return "", "", app.UsageError(cmd, "--mode works only with --out FILE")
	}
	return from, to, nil
}

func readTemplate(in *app.Input) ([]byte, error) {
	b, err := safefile.ReadStream(in, in.Name, maxTemplate)
	switch {
	case errors.Is(err, safefile.ErrTooLarge):
		return nil, &secret.Error{Code: secret.ErrTooLarge, Detail: fmt.Sprintf("the template has more than %d bytes", maxTemplate)}
	case err != nil:
		return nil, &app.Failure{Exit: app.ExitIO, Text: in.Name + ": " + safefile.Reason(err), Hint: "postern help inject"}
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return nil, &app.Failure{Exit: app.ExitData, Text: in.Name + ": the template is in UTF-16, in which no placeholder is found; want UTF-8", Hint: "iconv -f UTF-16 -t UTF-8"}
	}
	return b, nil
}

// fill writes the pieces with their values to d. The error names every
// placeholder that has no value.
func fill(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, name string, pieces []piece, d *format.Document) error {
	var refs []values.Reference
	for _, p := range pieces {
		if p.ref != nil {
			refs = append(refs, *p.ref)
		}
	}
	answers := values.ResolveAll(ctx, a, s, refs)
	if err := values.CheckPresent(ctx, a, s, cmd, answers); err != nil {
		return err
	}
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
			err = values.Degraded(a, cmd, p.ref.Key, v.Value)
		}
		if err == nil {
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
