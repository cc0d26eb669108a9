package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/secret"
)

// exitTopic is the one help topic that is not a command.
const exitTopic = "exit-codes"

func helpCommand(a *app.App) *cli.Command {
	return &cli.Command{
		Name:        "help",
		Aliases:     []string{"h"},
		Usage:       "show help for a command or a topic",
		ArgsUsage:   "[COMMAND...|" + exitTopic + "]",
		Description: "The topic " + exitTopic + " is the table of exit codes.",
		Action:      a.Action(runHelp),
	}
}

// topicArgs makes "--help exit-codes" mean "help exit-codes".
func topicArgs(args []string) []string {
	if len(args) == 3 && (args[1] == "--help" || args[1] == "-h") && args[2] == exitTopic {
		return []string{args[0], "help", exitTopic}
	}
	return args
}

func runHelp(_ context.Context, a *app.App, cmd *cli.Command) error {
	args := cmd.Args().Slice()
	if len(args) == 1 && args[0] == exitTopic {
		return printExits(a)
	}
	at := cmd.Root()
	for _, name := range args {
		next := at.Command(name)
		if next == nil {
			return noTopic(at, name)
		}
		at = next
	}
	switch {
	case at == cmd.Root():
		return cli.ShowRootCommandHelp(at)
	case len(at.VisibleCommands()) > 0:
		cli.HelpPrinter(a.Out, cli.SubcommandHelpTemplate, at)
	default:
		cli.HelpPrinter(a.Out, cli.CommandHelpTemplate, at)
	}
	return nil
}

func noTopic(at *cli.Command, name string) error {
	names := []string{exitTopic}
	for _, sub := range at.VisibleCommands() {
		names = append(names, sub.Names()...)
	}
	text := fmt.Sprintf("there is no help for %q", name) + app.DidYouMean(name, names)
	return &app.Failure{Exit: app.ExitUsage, Text: text, Hint: "postern help"}
}

// printExits writes the table of exit codes with their error codes.
func printExits(a *app.App) error {
	var page strings.Builder
	codes := map[int][]string{app.ExitInterrupt: {string(secret.ErrCanceled)}}
	for _, code := range secret.Codes() {
		codes[code.ExitCode()] = append(codes[code.ExitCode()], string(code))
	}
	page.WriteString("EXIT  MEANING, AND ITS ERRORS\n")
	row := func(exit int, meaning string) {
		fmt.Fprintf(&page, "%-4d  %s\n", exit, meaning)
		if len(codes[exit]) > 0 {
			foldText(&page, "        ", "        ", strings.Fields(strings.Join(codes[exit], ", ")))
		}
		delete(codes, exit)
	}
	for _, m := range app.ExitMeanings() {
		row(m.Exit, m.Meaning)
	}
	for _, exit := range slices.Sorted(maps.Keys(codes)) {
		row(exit, "")
	}
	_, err := io.WriteString(a.Out, page.String()+`
postern run ends as the command does: with its exit code or, if signal N ended
it, by that signal, which shells show as 128+N. Another command exits with 128+N
if signal N ended it, except SIGTERM (75). 125 means that postern failed, 126
that the command cannot be executed, 127 that it was not found.

2 and 139 are not codes of postern. The system itself uses them for a program
that cannot start, such as under a limit of the address space below 1.3 GB
(ulimit -v), or that may not start threads (ulimit -u).
`)
	return err
}
