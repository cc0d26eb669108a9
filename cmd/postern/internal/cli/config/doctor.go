package config

import (
	"context"
	"fmt"
	goruntime "runtime"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// Doctor returns the command doctor.
func Doctor(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check the setup: memory, configuration, files, policy, providers",
		Description: `Each line is ok, warn or fail; warn and fail lines suggest a command.
The exit code is that of the first failure, or 0.

Every line reports what was checked on this system.

What to do where no command can help:

    memory      The limit on locked memory is shared with other programs and
                users: raise it, or encrypt the swap space.
    core files  Turn core dumps off.
    owners      Keep these files on a file system with owners and modes.
    compiler    A module file can exhaust the memory of the command that
                compiles it: use only files that you trust. On Linux a
                limited process compiles them, which needs /proc and a free
                process slot. Built-in modules are not affected.`,
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runDoctor),
	}
}

// finding is one line of the report, and one entry of --json.
type finding struct {
	Check string `json:"check"`
	Grade string `json:"grade"` // ok, warn or fail
	Text  string `json:"text"`
	Hint  string `json:"hint"` // a command, "" when ok
}

// examination collects findings and the first failure.
type examination struct {
	app      *app.App
	findings []finding
	failed   error
}

func (x *examination) ok(check, format string, args ...any) {
	x.findings = append(x.findings, finding{check, "ok", app.Clean(fmt.Sprintf(format, args...)), ""})
}

func (x *examination) warn(check, hint, format string, args ...any) {
	x.findings = append(x.findings, finding{check, "warn", app.Clean(fmt.Sprintf(format, args...)), app.Clean(x.app.WithGlobals(hint))})
}

func (x *examination) fail(check string, err error) {
	_, text, hint := x.app.Classify(err)
	if said := x.app.ModuleSays(err); said != "" {
		text += "; module: " + said
	}
	x.findings = append(x.findings, finding{check, "fail", app.Clean(text), app.Clean(x.app.WithGlobals(hint))})
	if x.failed == nil {
		x.failed = err
	}
}

func runDoctor(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	x := &examination{app: a}
	x.toolchain(goruntime.Version())
	x.memory()
	x.compiler(ctx)
	x.runFolders()
	x.variables(cmd)
	if c := x.config(cmd); c != nil {
		x.owners(c)
		x.cache(c)
		x.files(c)
		x.policy(cmd, c)
		x.providers(ctx, c)
	}
	if err := x.print(cmd.Bool("json")); err != nil || x.failed == nil {
		return err
	}
	exit, _, _ := a.Classify(x.failed)
	return &app.Failure{Exit: exit, Text: "a check failed, see above"}
}

func (x *examination) print(asJSON bool) error {
	if asJSON {
		return x.app.PrintJSON(x.findings)
	}
	var rows [][]string
	for _, f := range x.findings {
		text := f.Text
		if f.Hint != "" {
			text += " (try: " + f.Hint + ")"
		}
		rows = append(rows, []string{f.Grade, f.Check, text})
	}
	return x.app.PrintTable(rows)
}
