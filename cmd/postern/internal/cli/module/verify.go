package module

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/module"
)

func verify(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "compare the module files of the configuration with their pins",
		Description: `A module is ok, unpinned or unreadable, or it does not match its pin in
` + config.LockName + `: digest_differs, size_differs or wants_more. A pin that no
provider needs is unused. The exit code is 0 if all are ok, 76 if one was
changed, and 78 in all other cases.`,
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runVerify),
	}
}

func runVerify(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	c, err := a.Inspect(cmd)
	if err != nil {
		return err
	}
	list := []pinnedModule{}
	var changed, missing int
	for _, name := range c.Modules() {
		m := verifyModule(c, name)
		switch module.Reason(m.State) {
		case "ok":
		case module.Unpinned, unreadable:
			missing++
		default:
			changed++
		}
		list = append(list, m)
	}
	if c.Path == "" {
		a.Warn("no configuration was found: no module was verified")
	}
	if err := printPins(a, cmd, append(list, unusedPins(c)...), "verify"); err != nil {
		return err
	}
	switch {
	case changed > 0:
		do := "do"
		if changed == 1 {
			do = "does"
		}
		return &app.Failure{Exit: app.ExitProtocol, Hint: "postern help module lock",
			Text: fmt.Sprintf("%d of %s %s not match %s", changed, app.Count(len(list), "module"), do, config.LockName)}
	case missing > 0:
		return &app.Failure{Exit: app.ExitConfig, Hint: "postern help module lock",
			Text: fmt.Sprintf("%d of %s cannot be verified", missing, app.Count(len(list), "module"))}
	}
	return nil
}

// unreadable is the state of a module whose file cannot be read.
const unreadable = "unreadable"

func verifyModule(c *config.Config, name string) pinnedModule {
	pinned := c.Options.Lock.Modules[name]
	wasm, err := c.ReadModule(name)
	if err != nil {
		return comparePins(name, unreadable, pinned, module.Pin{})
	}
	now := module.Pin{SHA256: module.Digest(wasm), Size: len(wasm)}
	if info, err := module.Inspect(wasm); err == nil {
		now.Wants = info.Wants
		if info.Manifest != nil {
			now.Version = info.Manifest.Version
		}
	}
	state := "ok"
	var refused *module.Error
	if err := c.Options.Lock.Verify(name, wasm); errors.As(err, &refused) {
		state = string(refused.Reason)
	}
	return comparePins(name, state, pinned, now)
}
