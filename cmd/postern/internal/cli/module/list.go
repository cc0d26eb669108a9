package module

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/module"
)

func list(a *app.App) *cli.Command {
	return &cli.Command{
		Name:   "list",
		Usage:  "list the built-in modules",
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runList),
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
	entries := []listedModule{}
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
		entries = append(entries, m)
		rows = append(rows, []string{m.Name, m.Version, fmt.Sprint(m.Size), strings.Join(m.Verbs, " "), strings.Join(m.Wants, " "), m.Summary})
	}
	if cmd.Bool("json") {
		return a.PrintJSON(entries)
	}
	return a.PrintTable(rows)
}
