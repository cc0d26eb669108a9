package secrets

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// exportFormats returns the values of --format, in the order of the help.
func exportFormats() []string { return []string{"dotenv", "shell", "json", "yaml", "k8s", "github"} }

// Export returns the command export.
func Export(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write values as dotenv, shell, JSON, YAML, Kubernetes or CI variables",
		Description: `Writes every key that the chain lists and the policy allows. If there is
nothing to write, that is an error unless --allow-empty is given or --except
leaves all out.

Keys that are left out:
Without --only, the keys of an env provider that may read the whole
environment are left out, except values that come from NAME_FILE files.
shell and github also leave out the keys of other env providers whose
variables are set: the reader of the output inherits those anyway.

As with "postern run", dotenv, shell and github leave out variables that
steer programs, such as PATH or LD_PRELOAD, or whose values programs would
run or load, unless --allow-env allows them, those of postern, and the keys
of modules that are not built in, unless their provider has inject: true or
a list of keys. A warning names them; with --strict they are an error. json,
yaml and k8s write all keys.

Formats:
    dotenv   NAME=value lines that shells and dotenv libraries read alike
    shell    export statements, for: eval "$(postern export -f shell)"
             in sh, bash, dash, zsh, ksh, mksh and fish
    json     one object with the keys as names
    yaml     one mapping with the keys as names; values that are not UTF-8
             are !!binary
    k8s      the manifest of a Kubernetes Secret; "/", ":", "@" and "+" in
             keys become "."
    github   for a step of GitHub Actions: masks the values in the log,
             except values so common that masking them would garble it,
             and sets the variables of the following steps ($GITHUB_ENV)

Names of variables:
The name of a variable is the key in upper case, with "_" in place of
everything but letters and digits; without --only, that of a key that only
env providers have is the variable that it is read from. Two keys that map
to the same variable name are an error. So is a name that shells reserve,
such as UID or RANDOM, in dotenv and shell, and a value that the format
cannot represent. Names that only zsh, mksh, ksh or fish reserve, such as
USERNAME, are an error in shell and a warning in dotenv.

In a GLOB, as in policies, "*" matches within one segment of a key and "**"
matches any number of segments.`,
		Flags: append(append([]cli.Flag{
			&cli.StringFlag{Name: "format", Aliases: []string{"f"}, Usage: "write in `FORMAT`: " + strings.Join(exportFormats(), ", ")},
			&cli.StringSliceFlag{Name: "allow-env", Usage: "allow setting `NAME` even if it steers programs, as PATH does, repeatable"},
			&cli.StringFlag{Name: "name", Usage: "the `NAME` of the Kubernetes Secret", Value: "postern"},
			&cli.StringFlag{Name: "namespace", Usage: "the `NAMESPACE` of the Kubernetes Secret"},
		}, slices.Concat(values.SelectionFlags(), values.InventoryFlags("fail if a variable would be left out, a name in a provider is not a valid key or is a leftover such as .NAME.swp, a provider cannot list its keys or was skipped, a GLOB matches no key, or a value is another tool's reference (such as op://...) or encrypted"))...), app.OutputFlags("the result")...),
		Action: a.Action(runExport),
	}
}

func runExport(ctx context.Context, a *app.App, cmd *cli.Command) error {
	a.Out.WantReader()
	sel, err := checkExport(cmd)
	if err != nil {
		return err
	}
	if cmd.String("format") == "github" && a.Getenv("GITHUB_ENV") == "" {
		return &app.Failure{Exit: app.ExitConfig, Text: "GITHUB_ENV is not set; --format github works only in a step of GitHub Actions", Hint: "postern help export"}
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		if err := app.CheckResult(s, app.OutputPath(cmd)); err != nil {
			return err
		}
		held, err := values.TakeInventory(ctx, a, s, cmd, sel)
		if err != nil {
			return err
		}
		entries, err := exported(ctx, a, s, cmd, held, sel)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := values.Degraded(a, cmd, e.Key, e.Value); err != nil {
				return err
			}
		}
		if err := checkStandIns(ctx, a, entries, cmd.Bool("strict")); err != nil {
			return err
		}
		return writeExport(ctx, a, cmd, entries)
	})
}

// checkStandIns warns of values that stand for others: see [values.FindStandIn]. If
// strict is set, it returns an error instead.
func checkStandIns(ctx context.Context, a *app.App, entries []format.Entry, strict bool) error {
	var all []values.StandIn
	for _, e := range entries {
		if err := app.Ended(ctx); err != nil {
			return err
		}
		what, err := values.FindStandInSecret(e.Value)
		if err != nil {
			return err
		}
		if what != "" {
			all = append(all, values.StandIn{Name: e.Name, Where: fmt.Sprintf("the key %q", e.Key), What: what})
		}
	}
	return values.ReportStandIns(a, all, strict, "postern help export")
}

// inherits returns what the reader of a format has of our environment: the next command
// of this shell or the next step of this job has all, who reads a file has nothing.
func inherits(a *app.App, name string) func(variable string) bool {
	return func(variable string) bool {
		_, set := a.LookupEnv(variable)
		return set && (name == "shell" || name == "github")
	}
}

// exported returns what is written. A document has all selected keys, since its reader
// chooses what to do with them; variables are chosen as those of run are.
func exported(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, held *values.Inventory, sel values.Selection) ([]format.Entry, error) {
	variables, err := held.Candidates(ctx, sel, inherits(a, cmd.String("format")), !hasVariables(cmd))
	if err != nil {
		return nil, err
	}
	if len(variables) == 0 {
		return nil, held.Exports(ctx, cmd, sel)
	}
	if !hasVariables(cmd) {
		return values.FetchVariables(ctx, a, s, variables, sel)
	}
	given, left, err := held.ByRule(ctx, variables, sel, cmd.StringSlice("allow-env"))
	if err != nil {
		return nil, err
	}
	if err := values.CheckNames(ctx, "export", given); err != nil {
		return nil, err
	}
	entries, err := values.FetchVariables(ctx, a, s, given, sel)
	if err != nil {
		return nil, err
	}
	if entries, err = chosen(ctx, a, held, entries, &left, cmd.StringSlice("allow-env")); err != nil {
		return nil, err
	}
	if err := left.Report(a, values.Command{Start: "postern export -f " + cmd.String("format")}, cmd.Bool("strict")); err != nil {
		return nil, err
	}
	if err := held.CheckInject(ctx, cmd, len(entries) > 0); err != nil {
		return nil, err
	}
	if len(entries) == 0 && !cmd.Bool("allow-empty") {
		return nil, &app.Failure{Exit: app.ExitConfig, Code: secret.ErrNotConfigured, Hint: "postern help export",
			Text: "there are no values to write: all of them were left out; --allow-empty accepts that"}
	}
	return entries, nil
}

// chosen returns the entries that become variables, and moves the others to left.
func chosen(ctx context.Context, a *app.App, held *values.Inventory, entries []format.Entry, left *values.LeftOut, allowed []string) (kept []format.Entry, err error) {
	for _, e := range entries {
		if err := app.Ended(ctx); err != nil {
			return nil, err
		}
		v, reason := values.Variable{Name: e.Name, Key: e.Key}, ""
		if from := e.Value.Provider(); !held.Injects(from, e.Key) {
			left.Add(v, from)
			continue
		}
		if !slices.Contains(allowed, e.Name) {
			if reason, err = values.Runs(ctx, a, e.Value); err != nil {
				return nil, err
			}
		}
		if reason != "" {
			left.AddRunning(v, reason)
			continue
		}
		kept = append(kept, e)
	}
	return kept, nil
}

// hasVariables reports whether the format is one of environment variables.
func hasVariables(cmd *cli.Command) bool {
	return slices.Contains([]string{"dotenv", "shell", "github"}, cmd.String("format"))
}

// checkExport checks the command line before any value is fetched.
func checkExport(cmd *cli.Command) (values.Selection, error) {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return values.Selection{}, err
	}
	name := cmd.String("format")
	if name == "" {
		return values.Selection{}, app.UsageError(cmd, "missing --format; want one of "+strings.Join(exportFormats(), ", "))
	}
	if err := app.Choice(cmd, "format", exportFormats()...); err != nil {
		return values.Selection{}, err
	}
	switch {
	case name == "github" && app.OutputPath(cmd) != "":
		return values.Selection{}, app.UsageError(cmd, "--format github does not work with --out; it writes to the file that GITHUB_ENV names")
	case name != "k8s" && (cmd.IsSet("name") || cmd.IsSet("namespace")):
		return values.Selection{}, app.UsageError(cmd, "--name and --namespace work only with --format k8s")
	case cmd.IsSet("mode") && app.OutputPath(cmd) == "":
		return values.Selection{}, app.UsageError(cmd, "--mode works only with --out FILE")
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
	slices.SortStableFunc(entries, func(x, y format.Entry) int { return cmp.Compare(x.Key, y.Key) })
	if !hasVariables(cmd) { // of two providers with the same key, the first of the chain has it
		entries = slices.CompactFunc(entries, func(x, y format.Entry) bool { return x.Key == y.Key })
	}
	if name == "github" {
		return exportGitHub(a, entries)
	}
	var d format.Document
	defer d.Wipe()
	if err := exportAs(name, &d, exportObject(cmd), entries); err != nil {
		if e := (*secret.Error)(nil); errors.Is(err, secret.ErrInvalidKey) && errors.As(err, &e) {
			return &app.Failure{Exit: secret.ErrInvalidKey.ExitCode(), Code: secret.ErrInvalidKey, Hint: "postern help export",
				Text: fmt.Sprintf("export: key %q: %s; the key itself is valid: leave it out with --except", e.Key, e.Detail)}
		}
		return err
	}
	if name == "dotenv" {
		warnOfShells(a, entries)
	}
	if path := app.OutputPath(cmd); path != "" {
		return a.WriteResult(ctx, path, cmd.String("mode"), d.Bytes(), nil)
	}
	if app.IsTerminal(a.Stdout) {
		if !app.Harmless(d.Bytes()) {
			return &app.Failure{Exit: app.ExitData, Text: "the result contains control characters; use --out to write it to a file", Hint: "postern help export"}
		}
		a.Warn("the values stay in the scrollback of this terminal; use --out to write a file")
	}
	return a.WriteResult(ctx, "", "", d.Bytes(), nil)
}

// warnOfShells warns of variables that some shells change when they read the file.
func warnOfShells(a *app.App, entries []format.Entry) {
	var names []string
	for _, e := range entries {
		if format.KeptByOthers(e.Name) {
			names = append(names, e.Name)
		}
	}
	if len(names) > 0 {
		a.Warn("zsh, mksh, ksh or fish keep %s for themselves: read the file with another program, or use --except", strings.Join(names, ", "))
	}
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

// exportGitHub first masks the values in the log of the step and then sets them
// for the following steps. If the masks cannot be written, it sets no value.
func exportGitHub(a *app.App, entries []format.Entry) error {
	var masks, env format.Document
	defer masks.Wipe()
	defer env.Wipe()
	common, err := format.GitHubMasks(&masks, entries)
	if err != nil {
		return err
	}
	if err := format.GitHubEnv(&env, rand.Reader, entries); err != nil {
		return err
	}
	a.WarnUnmasked(common)
	if _, err := a.Out.Write(masks.Bytes()); err != nil {
		return err
	}
	return appendTo(a.Getenv("GITHUB_ENV"), env.Bytes())
}

// appendTo adds lines to a file. It first ends a last line that has no newline.
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
	if err := mayGet(path, f); err != nil {
		return err
	}
	last := []byte{'\n'}
	if end > 0 {
		if _, err := f.ReadAt(last, end-1); err != nil {
			return app.CannotWrite(path, err)
		}
	}
	if last[0] != '\n' {
		lines = append([]byte("\n"), lines...)
		defer clear(lines)
	}
	n, err := f.Write(lines)
	if err == nil {
		return nil
	}
	// Without its last line a record would take in what others write after it.
	if info, e := f.Stat(); e == nil && info.Size() == end+int64(n) {
		_ = f.Truncate(end)
	}
	return app.CannotWrite(path, err)
}

// mayGet returns an error if another user owns the file, and anyone but that user and root
// could have put it at path to get what is written.
func mayGet(path string, f *os.File) error {
	info, err := f.Stat()
	if err == nil {
		_, err = safefile.CheckAppended(path, info)
	}
	var placed *safefile.OwnerError
	if errors.As(err, &placed) {
		return &app.Failure{Exit: app.ExitCantCreate, Hint: "ls -ld " + app.QuotePath(placed.Path) + " " + app.QuotePath(path),
			Text: fmt.Sprintf("cannot write %q: it belongs to another user, and others may have put it there: %s", path, placed.Text())}
	}
	if err != nil {
		return app.CannotWrite(path, err)
	}
	return nil
}
