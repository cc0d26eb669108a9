package config

import (
	"context"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// Provider returns the command provider.
func Provider(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "provider",
		Usage: "list and test the configured providers",
		Commands: []*cli.Command{
			{
				Name:   "list",
				Usage:  "list the configured providers, without asking them",
				Flags:  []cli.Flag{app.JSONFlag()},
				Action: a.Action(runProviderList),
			},
			{
				Name:      "test",
				Usage:     "check that each provider answers",
				ArgsUsage: "[NAME...]",
				Flags:     []cli.Flag{app.JSONFlag()},
				Action:    a.Action(runProviderTest),
			},
		},
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
			entry := listProvider(p)
			list = append(list, entry)
			rows = append(rows, []string{p.Name, p.Module, app.YesNo(p.InChain), strings.Join(entry.Verbs, " "), strings.Join(entry.Wants, " ")})
		}
		if cmd.Bool("json") {
			return a.PrintJSON(list)
		}
		return a.PrintTable(rows)
	})
}

func listProvider(p runtime.ProviderInfo) listedProvider {
	return listedProvider{p.Name, p.Module, p.Builtin, p.InChain, app.ToStrings(p.Verbs), app.ToStrings(p.Wants), p.SHA256, p.Size}
}

// testedProvider is one entry of provider test --json.
type testedProvider struct {
	Name      string   `json:"name"`
	OK        bool     `json:"ok"`
	Code      string   `json:"code"`  // "" when ok
	Error     string   `json:"error"` // "" when ok
	LatencyMS float64  `json:"latency_ms"`
	Verbs     []string `json:"verbs"`
}

// runProviderTest probes all providers. Its error is that of the first one that
// failed.
func runProviderTest(ctx context.Context, a *app.App, cmd *cli.Command) error {
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		names := cmd.Args().Slice()
		for _, name := range names {
			if err := app.CheckProvider(s, name); err != nil {
				return err
			}
		}
		if len(names) == 0 {
			for _, p := range s.Providers() {
				names = append(names, p.Name)
			}
		}
		list := []testedProvider{}
		rows := [][]string{{"NAME", "STATE", "TIME", "VERBS"}}
		var failed error
		for _, name := range names {
			p := s.Probe(ctx, name)
			entry := testProvider(p)
			if p.Err != nil && !entry.OK && failed == nil {
				failed = p.Err
			}
			list = append(list, entry)
			state := "ok"
			if entry.Code != "" {
				state = entry.Code
			}
			rows = append(rows, []string{name, state, p.Latency.Round(10 * time.Microsecond).String(), strings.Join(entry.Verbs, " ")})
		}
		print := func() error { return a.PrintTable(rows) }
		if cmd.Bool("json") {
			print = func() error { return a.PrintJSON(list) }
		}
		if err := print(); err != nil {
			return err
		}
		return failed
	})
}

// testProvider describes a probe. A provider that is not configured counts as ok:
// the chain skips it.
func testProvider(p runtime.Probe) testedProvider {
	t := testedProvider{Name: p.Provider, OK: p.Err == nil, LatencyMS: float64(p.Latency.Microseconds()) / 1000, Verbs: app.ToStrings(p.Verbs)}
	if p.Err != nil {
		code := secret.CodeOf(p.Err)
		t.Code, t.Error, t.OK = string(code), app.Clean(p.Err.Error()), code == secret.ErrNotConfigured
	}
	return t
}
