package policy

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/policy/policytest"
	"github.com/postern-project/postern/runtime/safefile"
)

func stubs(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "stubs",
		Usage: "write the definitions for editors and luacheck",
		Description: `Writes the annotations for the Lua language server to standard output. With
--output it writes them to postern.d.lua in a folder, and the configuration
for luacheck to .luacheckrc. It does not replace existing files.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write files to the folder `DIR`"},
		},
		Action: a.Action(runStubs),
	}
}

func runStubs(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	dir := cmd.String("output")
	if dir == "" {
		_, err := io.WriteString(a.Out, policytest.Stubs())
		return err
	}
	for _, file := range []struct{ name, text string }{
		{"postern.d.lua", policytest.Stubs()},
		{".luacheckrc", policytest.Luacheckrc()},
	} {
		path := filepath.Join(dir, file.name)
		if err := writeNew(path, file.text); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(a.Out, app.Clean(path)); err != nil {
			return err
		}
	}
	return nil
}

// writeNew creates a file. It accepts an existing one that has the same text.
func writeNew(path, text string) error {
	if have, err := safefile.Read(path, int64(len(text))); err == nil && string(have) == text {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = io.WriteString(f, text)
		if e := f.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return &app.Failure{Exit: app.ExitCantCreate, Text: fmt.Sprintf("%q: %s", path, safefile.Reason(err)), Hint: app.LookHint(filepath.Dir(path))}
	}
	return nil
}
