package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

func versionCommand(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Flags: []cli.Flag{app.JSONFlag()},
		Action: a.Action(func(_ context.Context, a *app.App, cmd *cli.Command) error {
			if err := app.WantArgs(cmd, 0, 0); err != nil {
				return err
			}
			return printVersion(a, cmd)
		}),
	}
}

// build describes how the program was built.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readBuild() build {
	b := build{"unknown", "", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}

func printVersion(a *app.App, cmd *cli.Command) error {
	b := readBuild()
	if cmd.Bool("json") {
		return a.PrintJSON(b)
	}
	_, err := fmt.Fprintf(a.Out, "postern %s %s %s\n", b.Version, b.Go, b.Platform)
	return err
}
