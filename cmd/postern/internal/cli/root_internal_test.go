package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// TestCommandNames: a command is found by the name that it has.
func TestCommandNames(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		if got := c.make(app.New(nil, nil, nil, nil)).Name; got != c.name {
			t.Errorf("the command %s is listed as %s", got, c.name)
		}
	}
}

// TestPartOfTheTree: without the other commands, a command prints the same for its help and for a
// wrong flag, and has the same flags and variables.
func TestPartOfTheTree(t *testing.T) {
	t.Parallel()
	execute := func(part bool, args []string) string {
		var out bytes.Buffer
		a := app.New(nil, strings.NewReader(""), &out, &out)
		tree := root(a)
		if part {
			tree = rootFor(a, args)
		}
		if err := tree.Run(t.Context(), args); err != nil {
			out.WriteString(err.Error())
		}
		settings := slices.Clone(tree.Flags)
		for _, name := range args[1:] {
			if tree = tree.Command(name); tree == nil {
				break
			}
			settings = append(settings, tree.Flags...)
		}
		for _, f := range settings {
			out.WriteString("\n" + strings.Join(f.Names(), ","))
			if f, ok := f.(cli.DocGenerationFlag); ok {
				out.WriteString(" " + strings.Join(f.GetEnvVars(), ","))
			}
		}
		return out.String()
	}
	parts := 0
	eachCommand(func(path []string, _, _ []cli.Flag) {
		for _, last := range []string{"--help", "--no-such-flag"} {
			args := slices.Concat([]string{"postern"}, path, []string{last})
			if whole, part := execute(false, args), execute(true, args); whole != part {
				t.Errorf("%q prints\n%s\nwith the whole tree\n%s", args, part, whole)
			}
		}
		for _, group := range [][]string{{"postern", path[0]}, {"postern", path[0], "no-such-command"}} {
			if len(path) < 2 {
				continue
			}
			if whole, part := execute(false, group), execute(true, group); whole != part {
				t.Errorf("%q prints\n%s\nwith the whole tree\n%s", group, part, whole)
			}
		}
		if len(rootFor(app.New(nil, nil, nil, nil), append([]string{"postern"}, path...)).Commands) == 1 {
			parts++
		}
	})
	if parts < 20 {
		t.Errorf("%d commands are made without the others", parts)
	}
}
