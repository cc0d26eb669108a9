package secrets

import (
	"context"
	"encoding/base64"
	"unicode/utf8"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
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
		return err
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		v, err := values.Resolve(ctx, s, ref)
		if err != nil {
			return err
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

// printedValue is the output of --format json.
type printedValue struct {
	Key      string   `json:"key"`
	Value    string   `json:"value"`
	Encoding string   `json:"encoding"` // "text", "base64" if the value is not UTF-8, or "masked"
	Provider string   `json:"provider"`
	Version  string   `json:"version"`
	Degraded []string `json:"degraded"`
}

func printValue(a *app.App, cmd *cli.Command, key secret.Key, meta secret.Meta, value []byte) error {
	terminal := app.IsTerminal(a.Stdout)
	switch format := cmd.String("format"); {
	case format == "json":
		p := printedValue{string(key), string(value), "text", meta.Provider, meta.Version, append([]string{}, meta.Degraded...)}
		if !utf8.Valid(value) {
			p.Value, p.Encoding = base64.StdEncoding.EncodeToString(value), "base64"
		}
		if cmd.Bool("masked") {
			p.Encoding = "masked"
		}
		return a.PrintJSON(p)
	case format == "base64":
		e := base64.NewEncoder(base64.StdEncoding, a.Out)
		if _, err := e.Write(value); err != nil {
			return err
		}
		if err := e.Close(); err != nil {
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
