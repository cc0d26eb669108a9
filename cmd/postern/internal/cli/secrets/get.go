package secrets

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Get returns the command get.
func Get(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "get",
		Aliases:   []string{"read"},
		Usage:     "write the value of a key to standard output",
		ArgsUsage: "KEY|REFERENCE",
		Description: `A key has one or more segments of letters, digits and ._@:+- separated by
"/", and at most 512 bytes. A reference can say more:

    postern://KEY?provider=NAME&default=TEXT#/json/pointer

Only the named provider is asked. The default is used if there is no such
key. The pointer selects one value inside a value that is JSON.

The bytes of the value are written unchanged. On a terminal a newline
follows, and a value with control characters is refused unless --format is
given. --masked shows the part of the value that the redact rules of the
policy allow; without a rule it shows nothing of it.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "write the value in `FORMAT`: raw, json, base64", Value: "raw"},
			&cli.BoolFlag{Name: "masked", Usage: "show only what the redact rules of the policy allow"},
			&cli.BoolFlag{Name: "no-newline", Aliases: []string{"n"}, Usage: "write no newline, even on a terminal"},
		},
		Action: a.Action(runGet),
	}
}

func runGet(ctx context.Context, a *app.App, cmd *cli.Command) error {
	a.Out.WantReader()
	if err := app.WantArgs(cmd, 1, 1); err != nil {
		return err
	}
	if err := app.Choice(cmd, "format", "raw", "json", "base64"); err != nil {
		return err
	}
	if cmd.String("format") == "base64" && cmd.Bool("masked") {
		return app.UsageError(cmd, "--masked works only with --format raw or json")
	}
	ref, err := values.ParseReference(cmd.Args().First())
	if err != nil {
		return meantReference(err, cmd.Args().First())
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		v, err := values.Resolve(ctx, s, ref)
		if err != nil {
			return meantReference(err, cmd.Args().First())
		}
		for _, name := range v.Degraded() {
			a.Warn("provider %q was skipped because it failed; the value is from %q", name, v.Provider())
		}
		if cmd.Bool("masked") {
			if v, err = masked(s.Decide(secret.OpGet, ref.Key).Mask, v); err != nil {
				return err
			}
		}
		return v.Expose(func(b []byte) error { return printValue(a, cmd, ref.Key, v.Meta(), b) })
	})
}

// meantReference adds the reference that was probably meant to the error about a key that
// is nearly one.
func meantReference(err error, key string) error {
	code, meant := secret.CodeOf(err), values.NearlyReference(key)
	if e := (*secret.Error)(nil); meant != "" && (code == secret.ErrNotFound || code == secret.ErrInvalidKey) && errors.As(err, &e) {
		return e.Wrap(suggest.Command("postern", "get", meant))
	}
	return err
}

func printValue(a *app.App, cmd *cli.Command, key secret.Key, meta secret.Meta, value []byte) error {
	terminal := app.IsTerminal(a.Stdout)
	var d format.Document // wiped, unlike what an encoder of the standard library leaves
	defer d.Wipe()
	switch form := cmd.String("format"); {
	case form == "json":
		appendJSON(&d, key, meta, value, cmd.Bool("masked"))
		_, err := a.Out.Write(d.Bytes())
		return err
	case form == "base64":
		d.AppendBase64(value)
		if _, err := a.Out.Write(d.Bytes()); err != nil {
			return err
		}
	case terminal && !cmd.IsSet("format") && !app.Harmless(value):
		return &secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpGet, Key: key,
			Detail: "the value contains control characters; use --format raw to print it anyway"}
	default:
		if _, err := a.Out.Write(value); err != nil {
			return err
		}
	}
	if terminal && !cmd.Bool("no-newline") {
		_, err := a.Out.Write([]byte("\n"))
		return err
	}
	return nil
}

// appendJSON appends one object. Its "encoding" is "text", "base64" if the value is
// not UTF-8, or "masked".
func appendJSON(d *format.Document, key secret.Key, meta secret.Meta, value []byte, masked bool) {
	d.AppendString("{\n  \"key\": ")
	d.AppendQuoted([]byte(key))
	d.AppendString(",\n  \"value\": ")
	encoding := "text"
	if utf8.Valid(value) {
		d.AppendQuoted(value)
	} else {
		encoding = "base64"
		d.AppendString("\"")
		d.AppendBase64(value)
		d.AppendString("\"")
	}
	if masked {
		encoding = "masked"
	}
	for _, member := range []struct{ name, text string }{{"encoding", encoding}, {"provider", meta.Provider}, {"version", meta.Version}} {
		d.AppendString(",\n  \"" + member.name + "\": ")
		d.AppendQuoted([]byte(strings.ToValidUTF8(member.text, "\ufffd")))
	}
	d.AppendString(",\n  \"degraded\": [")
	for i, name := range meta.Degraded {
		if i > 0 {
			d.AppendString(",")
		}
		d.AppendString("\n    ")
		d.AppendQuoted([]byte(name))
	}
	if len(meta.Degraded) > 0 {
		d.AppendString("\n  ")
	}
	d.AppendString("]\n}\n")
}
