package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/config"
)

// exportFormats are the names of --format, in the order of the help.
func exportFormats() []string { return []string{"dotenv", "shell", "json", "yaml", "k8s", "github"} }

func (a *app) exportCommand() *cli.Command {
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
		}, selectionFlags()...), outputFlags("the result")...),
		Action: a.action(a.export),
	}
}

func (a *app) export(ctx context.Context, cmd *cli.Command) error {
	sel, err := checkExport(cmd)
	if err != nil {
		return err
	}
	if cmd.String("format") == "github" && a.environ["GITHUB_ENV"] == "" {
		return &failure{exit: exitConfig, text: "GITHUB_ENV is not set: this is no step of GitHub Actions", hint: "postern help export"}
	}
	return a.with(ctx, cmd, func(ctx context.Context, s *session) error {
		keys, err := a.listed(ctx, s, sel, environment)
		if err != nil {
			return err
		}
		entries, err := s.fetch(ctx, keys)
		if err != nil {
			return err
		}
		for _, e := range entries {
			a.warnDegraded(e.Key, e.Value)
		}
		return a.writeExport(ctx, cmd, entries)
	})
}

// checkExport finds what is wrong with the command line before anything is
// fetched.
func checkExport(cmd *cli.Command) (selection, error) {
	if err := wantArgs(cmd, 0, 0); err != nil {
		return selection{}, err
	}
	name := cmd.String("format")
	switch {
	case name == "":
		return selection{}, usageOf(cmd, "--format is missing: "+strings.Join(exportFormats(), ", "))
	case !slices.Contains(exportFormats(), name):
		text := "--format is one of " + strings.Join(exportFormats(), ", ")
		if near := config.Closest(name, exportFormats()); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return selection{}, usageOf(cmd, text)
	case name == "github" && outputPath(cmd) != "":
		return selection{}, usageOf(cmd, "--format github writes to the file of GITHUB_ENV, not to --out")
	case name != "k8s" && (cmd.IsSet("name") || cmd.IsSet("namespace")):
		return selection{}, usageOf(cmd, "--name and --namespace go with --format k8s")
	case cmd.IsSet("mode") && outputPath(cmd) == "":
		return selection{}, usageOf(cmd, "--mode goes with --out FILE")
	}
	if err := exportObject(cmd).Check(); name == "k8s" && err != nil {
		return selection{}, usageOf(cmd, err.Error())
	}
	return selectionOf(cmd)
}

func exportObject(cmd *cli.Command) format.Object {
	return format.Object{Name: cmd.String("name"), Namespace: cmd.String("namespace")}
}

func (a *app) writeExport(ctx context.Context, cmd *cli.Command, entries []format.Entry) error {
	name := cmd.String("format")
	if name == "dotenv" || name == "shell" || name == "github" {
		if err := nameEntries(entries, cmd.StringSlice("allow-env")); err != nil {
			return err
		}
	}
	if name == "github" {
		return a.exportGitHub(entries)
	}
	var d format.Document
	defer d.Wipe()
	if err := exportAs(name, &d, exportObject(cmd), entries); err != nil {
		return err
	}
	if path := outputPath(cmd); path != "" {
		return a.put(ctx, path, cmd.String("mode"), d.Bytes())
	}
	if isTerminal(a.out.w) {
		if !harmless(d.Bytes()) {
			return &failure{exit: exitData, text: "the result holds bytes that a terminal would obey; --out writes it to a file", hint: "postern help export"}
		}
		a.warn("values are shown on this terminal and stay in what it scrolls back to; --out writes a file")
	}
	return a.put(ctx, "", "", d.Bytes())
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
func (a *app) exportGitHub(entries []format.Entry) error {
	var masks, env format.Document
	defer masks.Wipe()
	defer env.Wipe()
	if err := format.GitHubMasks(&masks, entries); err != nil {
		return err
	}
	if err := format.GitHubEnv(&env, rand.Reader, entries); err != nil {
		return err
	}
	if _, err := a.out.Write(masks.Bytes()); err != nil {
		return err
	}
	return appendTo(a.environ["GITHUB_ENV"], env.Bytes())
}

// appendTo adds lines to a file, on a line of their own.
func appendTo(path string, lines []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, privateMode)
	if err != nil {
		return cannotWrite(path, err)
	}
	defer func() { _ = f.Close() }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return cannotWrite(path, err)
	}
	last := []byte{'\n'}
	if end > 0 {
		if _, err := f.ReadAt(last, end-1); err != nil {
			return cannotWrite(path, err)
		}
	}
	if last[0] != '\n' {
		if _, err := f.Write([]byte("\n")); err != nil {
			return cannotWrite(path, err)
		}
	}
	if _, err := f.Write(lines); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}
