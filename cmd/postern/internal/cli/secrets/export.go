package secrets

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
)

// exportFormats are the names of --format, in the order of the help.
func exportFormats() []string { return []string{"dotenv", "shell", "json", "yaml", "k8s", "github"} }

func Export(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write many values in a format of others",
		Description: `Writes every key that the chain lists and the policy allows, those of env
providers excepted unless --only names them:

    dotenv   NAME=value lines
    shell    export statements, for: eval "$(postern export -f shell)"
    json     one object, keys as they are
    yaml     one mapping, keys as they are; what is not UTF-8 as !!binary
    k8s      the manifest of a Secret, values in base64; "/" in keys becomes "."
    github   in a step of GitHub Actions: masks the values in the log and sets
             them for the steps that follow ($GITHUB_ENV)

A variable's name is its key in upper case with "_" for what is neither letter
nor digit. Two keys with one name are an error, and so are names like PATH or
LD_PRELOAD that change what programs do, unless --allow-env names them. A value
that a format cannot hold is an error that names the key. GLOB is as in policies:
"*" within a segment of a key, "**" for any number of segments.`,
		Flags: append(append([]cli.Flag{
			&cli.StringFlag{Name: "format", Aliases: []string{"f"}, Usage: "write as `FORMAT`: " + strings.Join(exportFormats(), ", ")},
			&cli.StringSliceFlag{Name: "allow-env", Usage: "take the variable `NAME` although it changes what programs do, repeatable"},
			&cli.StringFlag{Name: "name", Usage: "call the Secret of k8s `NAME`", Value: "postern"},
			&cli.StringFlag{Name: "namespace", Usage: "put the Secret of k8s into `NAMESPACE`"},
		}, values.SelectionFlags()...), app.OutputFlags("the result")...),
		Action: a.Action(runExport),
	}
}

func runExport(ctx context.Context, a *app.App, cmd *cli.Command) error {
	sel, err := checkExport(cmd)
	if err != nil {
		return err
	}
	if cmd.String("format") == "github" && a.Getenv("GITHUB_ENV") == "" {
		return &app.Failure{Exit: app.ExitConfig, Text: "GITHUB_ENV is not set: this is no step of GitHub Actions", Hint: "postern help export"}
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		keys, err := values.List(ctx, a, s, sel, values.FromEnvironment)
		if err != nil {
			return err
		}
		entries, err := values.Fetch(ctx, s, keys)
		if err != nil {
			return err
		}
		for _, e := range entries {
			values.WarnDegraded(a, e.Key, e.Value)
		}
		return writeExport(ctx, a, cmd, entries)
	})
}

// checkExport finds what is wrong with the command line before anything is
// fetched.
func checkExport(cmd *cli.Command) (values.Selection, error) {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return values.Selection{}, err
	}
	name := cmd.String("format")
	switch {
	case name == "":
		return values.Selection{}, app.UsageError(cmd, "--format is missing: "+strings.Join(exportFormats(), ", "))
	case !slices.Contains(exportFormats(), name):
		text := "--format is one of " + strings.Join(exportFormats(), ", ") + app.DidYouMean(name, exportFormats())
		return values.Selection{}, app.UsageError(cmd, text)
	case name == "github" && app.OutputPath(cmd) != "":
		return values.Selection{}, app.UsageError(cmd, "--format github writes to the file of GITHUB_ENV, not to --out")
	case name != "k8s" && (cmd.IsSet("name") || cmd.IsSet("namespace")):
		return values.Selection{}, app.UsageError(cmd, "--name and --namespace go with --format k8s")
	case cmd.IsSet("mode") && app.OutputPath(cmd) == "":
		return values.Selection{}, app.UsageError(cmd, "--mode goes with --out FILE")
	}
	if err := exportObject(cmd).Check(); name == "k8s" && err != nil {
		return values.Selection{}, app.UsageError(cmd, err.Error())
	}
	return values.ParseSelection(cmd)
}

func exportObject(cmd *cli.Command) format.Object {
	return format.Object{Name: cmd.String("name"), Namespace: cmd.String("namespace")}
}

func writeExport(ctx context.Context, a *app.App, cmd *cli.Command, entries []format.Entry) error {
	name := cmd.String("format")
	if name == "dotenv" || name == "shell" || name == "github" {
		if err := values.NameEntries(entries, cmd.StringSlice("allow-env")); err != nil {
			return err
		}
	}
	if name == "github" {
		return exportGitHub(a, entries)
	}
	var d format.Document
	defer d.Wipe()
	if err := exportAs(name, &d, exportObject(cmd), entries); err != nil {
		return err
	}
	if path := app.OutputPath(cmd); path != "" {
		return a.WriteResult(ctx, path, cmd.String("mode"), d.Bytes())
	}
	if app.IsTerminal(a.Stdout) {
		if !app.Harmless(d.Bytes()) {
			return &app.Failure{Exit: app.ExitData, Text: "the result holds bytes that a terminal would obey; --out writes it to a file", Hint: "postern help export"}
		}
		a.Warn("values are shown on this terminal and stay in what it scrolls back to; --out writes a file")
	}
	return a.WriteResult(ctx, "", "", d.Bytes())
}

func exportAs(name string, d *format.Document, o format.Object, entries []format.Entry) error {
	switch name {
	case "dotenv":
		return format.Dotenv(d, entries)
	case "shell":
		return format.Shell(d, entries)
	case "json":
		return format.JSON(d, entries)
	case "yaml":
		return format.YAML(d, entries)
	}
	return format.Kubernetes(d, o, entries)
}

// exportGitHub masks the values in the step's log first and hands them to the
// steps that follow then: a value whose mask was not written must not be there.
func exportGitHub(a *app.App, entries []format.Entry) error {
	var masks, env format.Document
	defer masks.Wipe()
	defer env.Wipe()
	if err := format.GitHubMasks(&masks, entries); err != nil {
		return err
	}
	if err := format.GitHubEnv(&env, rand.Reader, entries); err != nil {
		return err
	}
	if _, err := a.Out.Write(masks.Bytes()); err != nil {
		return err
	}
	return appendTo(a.Getenv("GITHUB_ENV"), env.Bytes())
}

// appendTo adds lines to a file, on a line of their own.
func appendTo(path string, lines []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, app.PrivateMode)
	if err != nil {
		return app.CannotWrite(path, err)
	}
	defer func() { _ = f.Close() }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return app.CannotWrite(path, err)
	}
	last := []byte{'\n'}
	if end > 0 {
		if _, err := f.ReadAt(last, end-1); err != nil {
			return app.CannotWrite(path, err)
		}
	}
	if last[0] != '\n' {
		if _, err := f.Write([]byte("\n")); err != nil {
			return app.CannotWrite(path, err)
		}
	}
	if _, err := f.Write(lines); err != nil {
		return app.CannotWrite(path, err)
	}
	return nil
}
