package config

import (
	"context"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
)

func listProviders(a *app.App) *cli.Command {
	return &cli.Command{
		Name:   "list",
		Usage:  "list the configured providers, without asking them",
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runProviderList),
	}
}

// listedProvider is one entry of provider list --json.
type listedProvider struct {
	Name    string   `json:"name"`
	Module  string   `json:"module"`
	Builtin bool     `json:"builtin"`
	InChain bool     `json:"in_chain"`
	Verbs   []string `json:"verbs"`
	Wants   []string `json:"wants"`
	SHA256  string   `json:"sha256"`
	Size    int      `json:"size"`
}

func runProviderList(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	return a.With(ctx, cmd, func(_ context.Context, s app.Session) error {
		list := []listedProvider{}
		rows := [][]string{{"NAME", "MODULE", "CHAIN", "VERBS", "WANTS"}}
		for _, p := range s.Providers() {
			entry := listedOf(p)
			list = append(list, entry)
			rows = append(rows, []string{p.Name, p.Module, app.YesNo(p.InChain), strings.Join(entry.Verbs, " "), strings.Join(entry.Wants, " ")})
		}
		if cmd.Bool("json") {
			return a.PrintJSON(list)
		}
		return a.PrintTable(rows)
	})
}

func listedOf(p runtime.ProviderInfo) listedProvider {
	return listedProvider{p.Name, p.Module, p.Builtin, p.InChain, app.ToStrings(p.Verbs), app.ToStrings(p.Wants), p.SHA256, p.Size}
}
