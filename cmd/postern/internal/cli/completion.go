package cli

import (
	"context"
	"embed"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// scripts holds the completion script of each shell.
//
//go:embed completions
var scripts embed.FS

// completionCommand prints the completion script of a shell.
func completionCommand(a *app.App) *cli.Command {
	cmd := &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for bash, zsh, fish or pwsh",
		ArgsUsage: "SHELL",
		Description: `Add the line for your shell to its startup file:

  bash: source <(postern completion bash)
  zsh:  source <(postern completion zsh)
  fish: postern completion fish | source
  pwsh: postern completion pwsh | Out-String | Invoke-Expression

The script asks postern for the candidates and never runs what was typed.`,
	}
	for _, shell := range []struct{ name, file string }{
		{"bash", "postern.bash"}, {"zsh", "postern.zsh"}, {"fish", "postern.fish"}, {"pwsh", "postern.ps1"},
	} {
		cmd.Commands = append(cmd.Commands, &cli.Command{
			Name:  shell.name,
			Usage: "print the completion script for " + shell.name,
			Action: a.Action(func(_ context.Context, a *app.App, cmd *cli.Command) error {
				if err := app.WantArgs(cmd, 0, 0); err != nil {
					return err
				}
				script, err := scripts.ReadFile("completions/" + shell.file)
				if err != nil {
					return err
				}
				_, err = a.Out.Write(script)
				return err
			}),
		})
	}
	return cmd
}

// completionRequest is the first argument with which a completion script asks for
// candidates. It is followed by "=" and the word to complete, and by the words of the
// command line before it, without the name of the program. Elsewhere on a command
// line it has no meaning.
const completionRequest = "__complete"

// complete prints what may follow the words on a command line, one candidate a line,
// each with a tab and a description. It reads no configuration and runs no command.
// It prints nothing where a file, a key or a value may follow.
func complete(w io.Writer, root *cli.Command, request []string) error {
	if len(request) == 0 || !strings.HasPrefix(request[0], "=") {
		return app.UsageError(root, completionRequest+": want the word to complete, after an equals sign")
	}
	for _, c := range candidates(root, request[1:], request[0][1:]) {
		if _, err := fmt.Fprintf(w, "%s\t%s\n", c.name, c.description); err != nil {
			return err
		}
	}
	return nil
}

type candidate struct{ name, description string }

// candidates returns what may stand at the end of a command line: current is what is
// there already, before are the words before it.
func candidates(root *cli.Command, before []string, current string) (found []candidate) {
	at := position{lineage: []*cli.Command{root}}
	for _, word := range before {
		at.step(word)
	}
	if at.value || at.closed {
		return nil
	}
	add := func(name, description string) {
		if strings.HasPrefix(name, current) {
			found = append(found, candidate{name, plain(description)})
		}
	}
	if strings.HasPrefix(current, "-") {
		for _, f := range at.flags() {
			for _, name := range f.Names() {
				add(dashed(name), usage(f))
			}
		}
		return found
	}
	if at.arguments > 0 {
		return nil
	}
	for _, sub := range at.command().Commands {
		if !sub.Hidden {
			add(sub.Name, sub.Usage)
		}
	}
	return found
}

// position is a place on a command line.
type position struct {
	lineage   []*cli.Command // the commands up to here, the root first
	topic     bool           // after "help": the words are names of commands
	value     bool           // the value of a flag follows
	closed    bool           // every word from here on is an argument
	arguments int            // the arguments of the command so far
}

func (p *position) command() *cli.Command { return p.lineage[len(p.lineage)-1] }

// step continues after a word.
func (p *position) step(word string) {
	switch {
	case p.closed:
	case p.value:
		p.value = false
	case word == "--":
		p.closed = true
	case len(word) > 1 && word[0] == '-':
		p.value = p.takesValue(word)
	default:
		p.argument(word)
	}
}

func (p *position) argument(word string) {
	sub := p.command().Command(word)
	switch {
	case sub == nil || p.arguments > 0:
		p.arguments++
	case sub.Name == "help" && len(p.lineage) == 1:
		p.topic = true // the names of all commands may follow
	default:
		p.lineage = append(p.lineage, sub)
	}
	if n := p.command().StopOnNthArg; n != nil && !p.topic && p.arguments >= *n {
		p.closed = true
	}
}

// takesValue reports whether the value of a flag is in the next word.
func (p *position) takesValue(word string) bool {
	name, _, joined := strings.Cut(strings.TrimLeft(word, "-"), "=")
	if joined {
		return false
	}
	for _, f := range p.flags() {
		for _, n := range f.Names() {
			if n == name {
				_, on := f.(*cli.BoolFlag)
				return !on
			}
		}
	}
	return false
}

// flags returns the flags of the command and the global ones.
func (p *position) flags() []cli.Flag {
	if p.topic {
		return nil
	}
	flags := []cli.Flag{cli.HelpFlag}
	for i := len(p.lineage) - 1; i >= 0; i-- {
		for _, f := range p.lineage[i].VisibleFlags() {
			if local, ok := f.(cli.LocalFlag); i == len(p.lineage)-1 || !ok || !local.IsLocal() {
				flags = append(flags, f)
			}
		}
	}
	return flags
}

// usage returns the description of a flag.
func usage(f cli.Flag) string {
	if documented, ok := f.(cli.DocGenerationFlag); ok {
		return documented.GetUsage()
	}
	return ""
}

// plain returns a description as one line without the backquotes that mark the value
// in the usage of a flag.
func plain(description string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(description, "`", "")), " ")
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
