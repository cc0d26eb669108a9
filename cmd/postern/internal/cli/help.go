package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// topic is help that belongs to no command.
const exitTopic = "exit-codes"

func (a *app) helpCommand() *cli.Command {
	return &cli.Command{
		Name:        "help",
		Aliases:     []string{"h"},
		Usage:       "explain a command, or the exit codes",
		ArgsUsage:   "[COMMAND...|" + exitTopic + "]",
		Description: "postern help " + exitTopic + " prints the table of exit codes.",
		Action:      a.action(a.help),
	}
}

// topicArgs makes "--help exit-codes" mean "help exit-codes".
func topicArgs(args []string) []string {
	if len(args) == 3 && (args[1] == "--help" || args[1] == "-h") && args[2] == exitTopic {
		return []string{args[0], "help", exitTopic}
	}
	return args
}

func (a *app) help(_ context.Context, cmd *cli.Command) error {
	args := cmd.Args().Slice()
	if len(args) == 1 && args[0] == exitTopic {
		return a.printExits()
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
		cli.HelpPrinter(a.out, cli.SubcommandHelpTemplate, at)
	default:
		cli.HelpPrinter(a.out, cli.CommandHelpTemplate, at)
	}
	return nil
}

func noTopic(at *cli.Command, name string) error {
	names := []string{exitTopic}
	for _, sub := range at.VisibleCommands() {
		names = append(names, sub.Names()...)
	}
	text := fmt.Sprintf("there is no help on %q", name)
	if near := config.Closest(name, names); near != "" {
		text += fmt.Sprintf(", did you mean %q?", near)
	}
	return &failure{exit: exitUsage, text: text, hint: "postern help"}
}

// printExits writes the table of exit codes with the error codes of each.
func (a *app) printExits() error {
	codes := map[int][]string{exitInterrupt: {string(secret.ErrCanceled)}}
	for _, code := range secret.Codes() {
		codes[code.ExitCode()] = append(codes[code.ExitCode()], string(code))
	}
	rows := [][]string{{"EXIT", "MEANING", "ERRORS"}}
	for _, m := range exitMeanings() {
		rows = append(rows, []string{fmt.Sprint(m.Exit), m.Meaning, strings.Join(codes[m.Exit], ", ")})
		delete(codes, m.Exit)
	}
	for _, exit := range slices.Sorted(maps.Keys(codes)) {
		rows = append(rows, []string{fmt.Sprint(exit), "", strings.Join(codes[exit], ", ")})
	}
	if err := a.printTable(rows); err != nil {
		return err
	}
	_, err := io.WriteString(a.out, `
postern run passes the command's own code on, 128+N when signal N ended it.
125 is a failure of postern itself, 126 a command that cannot be run, 127 one
that is not there.
`)
	return err
}
