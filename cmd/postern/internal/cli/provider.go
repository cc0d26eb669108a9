package cli

import (
	"context"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

func (a *app) providerCommand() *cli.Command {
	return &cli.Command{
		Name:  "provider",
		Usage: "the configured providers",
		Commands: []*cli.Command{
			{
				Name:   "list",
				Usage:  "list them, running nothing",
				Flags:  []cli.Flag{jsonFlag()},
				Action: a.action(a.providerList),
			},
			{
				Name:      "test",
				Usage:     "ask each for a sign of life",
				ArgsUsage: "[NAME...]",
				Flags:     []cli.Flag{jsonFlag()},
				Action:    a.action(a.providerTest),
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

func (a *app) providerList(ctx context.Context, cmd *cli.Command) error {
	if err := wantArgs(cmd, 0, 0); err != nil {
		return err
	}
	return a.with(ctx, cmd, func(_ context.Context, s *session) error {
		list := []listedProvider{}
		rows := [][]string{{"NAME", "MODULE", "CHAIN", "VERBS", "WANTS"}}
		for _, p := range s.Providers() {
			entry := listProvider(p)
			list = append(list, entry)
			rows = append(rows, []string{p.Name, p.Module, yes(p.InChain), join(entry.Verbs), join(entry.Wants)})
		}
		if cmd.Bool("json") {
			return a.printJSON(list)
		}
		return a.printTable(rows)
	})
}

func listProvider(p runtime.ProviderInfo) listedProvider {
	return listedProvider{p.Name, p.Module, p.Builtin, p.InChain, words(p.Verbs), words(p.Wants), p.SHA256, p.Size}
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

// providerTest asks all and then fails with the first failure.
func (a *app) providerTest(ctx context.Context, cmd *cli.Command) error {
	return a.with(ctx, cmd, func(ctx context.Context, s *session) error {
		names := cmd.Args().Slice()
		for _, name := range names {
			if err := s.known(name); err != nil {
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
			rows = append(rows, []string{name, state, p.Latency.Round(10 * time.Microsecond).String(), join(entry.Verbs)})
		}
		print := func() error { return a.printTable(rows) }
		if cmd.Bool("json") {
			print = func() error { return a.printJSON(list) }
		}
		if err := print(); err != nil {
			return err
		}
		return failed
	})
}

// testProvider describes a probe. A provider that does not apply here is well:
// the chain goes on past it.
func testProvider(p runtime.Probe) testedProvider {
	t := testedProvider{Name: p.Provider, OK: p.Err == nil, LatencyMS: float64(p.Latency.Microseconds()) / 1000, Verbs: words(p.Verbs)}
	if p.Err != nil {
		code := secret.CodeOf(p.Err)
		t.Code, t.Error, t.OK = string(code), clean(p.Err.Error()), code == secret.ErrNotConfigured
	}
	return t
}
