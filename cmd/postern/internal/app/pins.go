package app

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/suggest"
)

// AllowUnpinned applies --allow-unpinned. It warns once of every module that has
// no pin, even if the command is to be quiet.
func (a *App) AllowUnpinned(cmd *cli.Command, c *config.Config) {
	if !cmd.Bool("allow-unpinned") && !a.BoolEnv("POSTERN_ALLOW_UNPINNED") {
		return
	}
	c.Options.AllowUnpinned = true
	for _, name := range c.Modules() {
		if _, pinned := c.Options.Lock.Modules[name]; !pinned {
			a.Say("warning", fmt.Sprintf("the module %q is not pinned: anyone who can write the file decides what runs", name))
		}
	}
}

// hinted is an error with a hint.
type hinted struct {
	error
	hint suggest.Hint
}

func (h *hinted) Unwrap() []error { return []error{h.error, h.hint} }

// withLockHint adds a hint to an error about a pin: the command that pins or
// verifies the modules of this configuration.
func withLockHint(c *config.Config, err error) error {
	var refused *module.Error
	if !errors.As(err, &refused) {
		return err
	}
	command := "postern "
	if !c.Found {
		command += "-c " + QuotePath(c.Path) + " "
	}
	switch refused.Reason {
	case module.Unpinned:
		return &hinted{err, suggest.Hint(command + "module lock")}
	case module.DigestDiffers, module.SizeDiffers, module.WantsMore:
		return &hinted{err, suggest.Hint(command + "module verify")}
	}
	return err
}
