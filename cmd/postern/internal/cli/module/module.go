package module

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
)

// Command returns the command module.
func Command(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "module",
		Usage: "list, inspect, pin and pack modules",
		Commands: []*cli.Command{
			{
				Name:   "list",
				Usage:  "list the built-in modules",
				Flags:  []cli.Flag{app.JSONFlag()},
				Action: a.Action(runList),
			},
			{
				Name:        "inspect",
				Usage:       "check a module and show what it exports and imports",
				ArgsUsage:   "NAME|FILE",
				Description: "The module is not run. Its imports are the complete list of what it can access.",
				Flags:       []cli.Flag{app.JSONFlag()},
				Action:      a.Action(runInspect),
			},
			lock(a),
			verify(a),
			pack(a),
		},
	}
}

// listedModule is one entry of module list --json.
type listedModule struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Summary string   `json:"summary"`
	Verbs   []string `json:"verbs"`
	Wants   []string `json:"wants"`
	SHA256  string   `json:"sha256"`
	Size    int      `json:"size"`
}

func runList(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	list := []listedModule{}
	rows := [][]string{{"NAME", "VERSION", "SIZE", "VERBS", "WANTS", "SUMMARY"}}
	for _, name := range modules.Names() {
		wasm, _ := modules.Bytes(name)
		info, err := module.Inspect(wasm)
		if err != nil {
			return err
		}
		m := listedModule{Name: name, Verbs: info.Verbs, Wants: info.Wants, SHA256: info.SHA256, Size: info.Size}
		if info.Manifest != nil {
			m.Version, m.Summary = info.Manifest.Version, info.Manifest.Summary
		}
		list = append(list, m)
		rows = append(rows, []string{m.Name, m.Version, fmt.Sprint(m.Size), strings.Join(m.Verbs, " "), strings.Join(m.Wants, " "), m.Summary})
	}
	if cmd.Bool("json") {
		return a.PrintJSON(list)
	}
	return a.PrintTable(rows)
}

func runInspect(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 1, 1); err != nil {
		return err
	}
	wasm, err := moduleBytes(cmd.Args().First())
	if err != nil {
		return err
	}
	info, err := module.Inspect(wasm)
	if err != nil {
		return err
	}
	if cmd.Bool("json") {
		return a.PrintJSON(info)
	}
	return a.PrintTable(moduleRows(info))
}

// moduleBytes returns the bytes of a built-in module or of a file.
func moduleBytes(name string) ([]byte, error) {
	if !strings.ContainsAny(name, `/\`) && !strings.HasSuffix(name, ".wasm") {
		wasm, ok := modules.Bytes(name)
		if ok {
			return wasm, nil
		}
		text := fmt.Sprintf("there is no built-in module %q", name) + app.DidYouMean(name, modules.Names())
		return nil, &app.Failure{Exit: app.ExitNoInput, Text: text, Hint: "postern module list"}
	}
	return app.ReadFile(name, module.MaxSize, app.ExitConfig)
}

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
	add("verbs", strings.Join(info.Verbs, " "))
	wants := strings.Join(info.Wants, " ")
	if wants == "" {
		wants = "nothing"
	}
	add("wants", wants)
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
