package module

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/module"
)

func pack(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "pack",
		Usage:     "add a manifest to a module",
		ArgsUsage: "MODULE MANIFEST",
		Description: `MANIFEST is a JSON file such as

    {"abi": 1, "name": "vault", "version": "1.2.0", "capabilities": ["env"],
     "config": {"path": {"required": true, "public": true}, "token": {}}}

It replaces the manifest that MODULE has. The capabilities must include
everything that the module imports, and config every setting that it takes:
no other can be set, and only those that are public are shown. A module with
"optional": ["kv"] works where the operator turns kv off.`,
		Flags:  []cli.Flag{&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE` instead of MODULE; - means standard output"}},
		Action: a.Action(runPack),
	}
}

func runPack(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 2, 2); err != nil {
		return err
	}
	path, manifestPath := cmd.Args().Get(0), cmd.Args().Get(1)
	wasm, err := app.ReadFile(ctx, path, module.MaxSize, app.ExitConfig)
	if err != nil {
		return err
	}
	if first := bytes.TrimSpace(wasm); len(first) > 0 && first[0] == '{' {
		return &app.Failure{
			Exit: app.ExitUsage, Hint: "postern help module pack",
			Text: fmt.Sprintf("%s looks like a manifest and not like a module; want MODULE MANIFEST, in this order", app.QuotePath(path)),
		}
	}
	manifest, err := app.ReadFile(ctx, manifestPath, module.MaxManifest, app.ExitConfig)
	if err != nil {
		return err
	}
	packed, err := module.Pack(wasm, manifest)
	if err != nil {
		return err
	}
	switch out := cmd.String("out"); out {
	case "-":
		_, err := a.Out.Write(packed)
		return err
	case "":
	default:
		path = out
	}
	if err := a.WriteResult(ctx, path, modeOf(path), packed, nil); err != nil {
		return err
	}
	info, err := module.Inspect(packed)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Out, "packed: %s, %d bytes, sha256 %s, wants %s\n", app.Clean(path), info.Size, info.SHA256, wanted(info.Wants))
	return err
}

// modeOf returns the permissions of a file in octal, or 644 if there is no file: anyone may
// read a module.
func modeOf(path string) string {
	mode := fs.FileMode(0o644)
	if info, err := os.Lstat(path); err == nil {
		mode = info.Mode().Perm()
	}
	return strconv.FormatUint(uint64(mode), 8)
}
