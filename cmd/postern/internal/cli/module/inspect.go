package module

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
)

func inspect(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "check a module and show what it exports and imports",
		ArgsUsage: "NAME|FILE",
		Description: "The module is not run. Its imports are the complete list of what it can access.\n" +
			"The name file stands for several modules, one per file format: all are shown, with --json as a list.",
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runInspect),
	}
}

func runInspect(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 1, 1); err != nil {
		return err
	}
	if cmd.Args().First() == modules.File {
		return inspectFormats(a, cmd.Bool("json"))
	}
	wasm, err := moduleBytes(ctx, cmd.Args().First())
	if err != nil {
		return err
	}
	info, err := module.Inspect(wasm)
	if err != nil {
		return fmt.Errorf("%q: %w", cmd.Args().First(), err)
	}
	if cmd.Bool("json") {
		return a.PrintJSON(info)
	}
	return a.PrintTable(moduleRows(info))
}

// inspectFormats shows the modules that "file" stands for.
func inspectFormats(a *app.App, asJSON bool) error {
	var all []module.Info
	var rows [][]string
	for _, name := range modules.Formats() {
		wasm, _ := modules.Bytes(name)
		info, err := module.Inspect(wasm)
		if err != nil {
			return err
		}
		all = append(all, info)
		rows = append(rows, moduleRows(info)...)
	}
	if asJSON {
		return a.PrintJSON(all)
	}
	return a.PrintTable(rows)
}

// moduleBytes returns the bytes of a built-in module or of a file.
func moduleBytes(ctx context.Context, name string) ([]byte, error) {
	if !strings.ContainsAny(name, `/\`) && !strings.HasSuffix(name, ".wasm") {
		wasm, ok := modules.Bytes(name)
		if ok {
			return wasm, nil
		}
		text := fmt.Sprintf("there is no built-in module %q", name) + app.DidYouMean(name, append(modules.Names(), modules.File))
		return nil, &app.Failure{Exit: app.ExitNoInput, Text: text, Hint: "postern module list"}
	}
	return app.ReadFile(ctx, name, module.MaxSize, app.ExitConfig)
}

// moduleRows returns the facts about a module as a table.
func moduleRows(info module.Info) [][]string {
	rows := [][]string{}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	if m := info.Manifest; m != nil {
		add("name", m.Name)
		add("version", m.Version)
		add("summary", m.Summary)
	}
	add("sha256", info.SHA256)
	add("size", fmt.Sprint(info.Size))
	compile := fmt.Sprintf("at most %.1f s and %d MiB", max(0.1, info.Compile.Seconds), info.Compile.MiB)
	if info.Compile.Large {
		compile += "; needs limits: { module: large }"
	}
	add("compile", compile)
	add("verbs", strings.Join(info.Verbs, " "))
	wants := strings.Join(info.Wants, " ")
	if wants == "" {
		wants = "nothing"
	}
	add("wants", wants)
	if slices.Contains(info.Wants, "kv") {
		off := "refuses the module"
		if info.Manifest.NeedsNoKV() {
			off = "makes it work without"
		}
		add("keeps", "what it stores in kv, for the calls of all callers of its provider, until postern ends; limits: { kv: 0 } "+off)
	}
	rows = append(rows, settingRows(info)...)
	var functions []string
	for _, i := range info.Imports {
		functions = append(functions, i.Module+"."+i.Name)
	}
	slices.Sort(functions)
	for _, f := range functions {
		add("imports", f)
	}
	return rows
}

// settingRows describes the settings that a module declares.
func settingRows(info module.Info) (rows [][]string) {
	if info.Manifest == nil || info.Manifest.Config == nil {
		return [][]string{{"setting", "not declared: any is passed, and hidden"}}
	}
	declared := info.Manifest.Config
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		text := name
		if about := declared[name].Describe(); about != "" {
			text += " (" + about + ")"
		}
		rows = append(rows, []string{"setting", text})
	}
	return rows
}
