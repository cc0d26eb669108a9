package cli

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/cli/config"
	"github.com/postern-project/postern/cmd/postern/internal/cli/module"
	"github.com/postern-project/postern/cmd/postern/internal/cli/policy"
	"github.com/postern-project/postern/cmd/postern/internal/cli/run"
	"github.com/postern-project/postern/cmd/postern/internal/cli/secrets"
)

// command is one command of the root.
type command struct {
	name   string
	make   func(*app.App) *cli.Command
	others bool // it looks at the other commands
}

// commands returns the commands of the root in the order of the help. To add one, write a
// file with its function in the package of its group, such as secrets/get.go, and list it
// here.
func commands() []command {
	return []command{
		{name: "get", make: secrets.Get}, {name: "set", make: secrets.Set},
		{name: "delete", make: secrets.Delete}, {name: "keys", make: secrets.Keys},
		{name: "run", make: run.Command},
		{name: "inject", make: secrets.Inject}, {name: "export", make: secrets.Export}, {name: "redact", make: secrets.Redact},
		{name: "provider", make: config.Provider}, {name: "module", make: module.Command}, {name: "config", make: config.Command},
		{name: "policy", make: policy.Command}, {name: "explain", make: secrets.Explain},
		{name: "trust", make: config.Trust}, {name: "doctor", make: config.Doctor, others: true},
		{name: "completion", make: completionCommand}, {name: "version", make: versionCommand},
		{name: "help", make: helpCommand, others: true},
	}
}

// root returns the tree of all commands.
func root(a *app.App) *cli.Command { return rootOf(a, commands()) }

// rootFor returns as much of the tree as a command line needs: where it begins with the
// name of a command, most often that one alone.
func rootFor(a *app.App, args []string) *cli.Command {
	for _, c := range commands() {
		if len(args) > 1 && args[1] == c.name && !c.others {
			return rootOf(a, []command{c})
		}
	}
	return root(a)
}

func rootOf(a *app.App, commands []command) *cli.Command {
	setHelpPrinter()
	root := &cli.Command{
		Name:            "postern",
		Usage:           "read and write secrets through sandboxed providers",
		UsageText:       "postern [global options] COMMAND [options] [arguments]",
		Flags:           app.GlobalFlags(),
		HideHelpCommand: true,
		Reader:          a.Stdin,
		Writer:          a.Out,
		ErrWriter:       a.Stderr,
		ExitErrHandler:  func(context.Context, *cli.Command, error) {},
		Before:          func(ctx context.Context, cmd *cli.Command) (context.Context, error) { before(a, cmd); return ctx, nil },
	}
	for _, c := range commands {
		root.Commands = append(root.Commands, c.make(a))
	}
	root.Action = a.Action(func(ctx context.Context, a *app.App, cmd *cli.Command) error {
		switch {
		case cmd.Bool("version"):
			return printVersion(a, cmd)
		case cmd.Args().Present():
			return unknownCommand(ctx, a, cmd)
		}
		return cli.ShowRootCommandHelp(cmd)
	})
	prepare(a, root, nil)
	return root
}
