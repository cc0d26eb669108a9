package module

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/module"
)

func lock(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "lock",
		Usage: "pin the current module files of the configuration",
		Description: `Writes ` + config.LockName + ` next to the configuration, with the SHA-256, the size
and the wanted capabilities of every module that is not built in. A module
that does not match its pin is not run. This command runs no module either.
Pins of modules that this configuration does not name (unused) are kept, since
another configuration may use them, as long as their files can be read.

Before you commit the lock, look at what changed, above all at the
capabilities that a module now wants.`,
		Flags: []cli.Flag{app.JSONFlag(),
			&cli.BoolFlag{Name: "downgrade", Usage: "also pin a module whose version is older than the pinned one"}},
		Action: a.Action(runLock),
	}
}

// pinnedModule is one entry of module lock --json and of module verify --json.
type pinnedModule struct {
	Module        string   `json:"module"`
	State         string   `json:"state"`
	SHA256        string   `json:"sha256"` // "" if there is no file, or the pin is unused
	PinnedSHA256  string   `json:"pinned_sha256"`
	Size          int      `json:"size"`
	PinnedSize    int      `json:"pinned_size"`
	Version       string   `json:"version"` // from the manifest, "" if there is none
	PinnedVersion string   `json:"pinned_version"`
	Wants         []string `json:"wants"`
	PinnedWants   []string `json:"pinned_wants"`
}

// comparePins puts the old and the new pin of a module side by side. A zero Pin
// means that there is none.
func comparePins(name, state string, pinned, now module.Pin) pinnedModule {
	return pinnedModule{
		name, state, now.SHA256, pinned.SHA256, now.Size, pinned.Size, now.Version, pinned.Version, app.ToStrings(now.Wants), app.ToStrings(pinned.Wants),
	}
}

func runLock(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	c, err := a.Inspect(cmd)
	if err != nil {
		return err
	}
	list := []pinnedModule{}
	var next module.Lock
	for _, name := range c.Modules() {
		wasm, err := c.ReadModule(name)
		if err != nil {
			return err
		}
		if err := next.Pin(name, wasm); err != nil {
			return &app.Failure{Exit: app.ExitConfig, Text: fmt.Sprintf("%q: %v", name, err), Hint: "postern help module"}
		}
		pinned, had := c.Options.Lock.Modules[name]
		now, state := next.Modules[name], "pinned"
		switch {
		case had && pinned.SHA256 == now.SHA256 && slices.Equal(pinned.Wants, now.Wants):
			state = "kept"
		case had && olderVersion(now.Version, pinned.Version) && !cmd.Bool("downgrade"):
			return downgraded(name, pinned.Version, now.Version)
		case had:
			state = "changed"
		}
		list = append(list, comparePins(name, state, pinned, now))
	}
	if len(list) > 0 {
		others := unusedPins(c)
		for i := range others {
			name := others[i].Module
			if _, err := c.ReadModule(name); err != nil {
				others[i].State = "removed"
			} else {
				next.Modules[name] = c.Options.Lock.Modules[name]
			}
		}
		if err := c.WriteLock(next); err != nil {
			return err
		}
		list = append(list, others...)
	}
	if c.Path == "" {
		a.Warn("no configuration was found: no module was pinned")
	}
	return printPins(a, cmd, list, "pin")
}

// downgraded is the error for a module that is older than the pinned one, or has no
// version: an old release may have known vulnerabilities.
func downgraded(name, pinned, now string) error {
	if now == "" {
		return &app.Failure{Exit: app.ExitProtocol, Hint: "postern help module pack",
			Text: fmt.Sprintf("%q: it has no version, and the pinned module has %s: a build writes no manifest, so pack it again; --downgrade accepts that", name, pinned)}
	}
	return &app.Failure{Exit: app.ExitProtocol, Text: fmt.Sprintf("%q: the version is older than the pinned one: %s, now %s", name, pinned, now),
		Hint: "postern help module lock"}
}

// unusedPins lists the pins of modules that the configuration does not name.
func unusedPins(c *config.Config) []pinnedModule {
	if c.Options.Lock == nil {
		return nil
	}
	var out []pinnedModule
	for _, name := range slices.Sorted(maps.Keys(c.Options.Lock.Modules)) {
		if !slices.Contains(c.Modules(), name) {
			out = append(out, comparePins(name, "unused", c.Options.Lock.Modules[name], module.Pin{}))
		}
	}
	return out
}

// printPins prints the pins. Where the old and the new pin differ, it prints both. If
// there are none, it says that there is nothing to do.
func printPins(a *app.App, cmd *cli.Command, list []pinnedModule, do string) error {
	if cmd.Bool("json") {
		return a.PrintJSON(list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(a.Out, "nothing to %s: all modules are built in\n", do)
		return err
	}
	rows := [][]string{{"MODULE", "STATE", "SHA256", "SIZE", "VERSION", "WANTS"}}
	for _, m := range list {
		show := func(pinned, now string) string {
			switch {
			case m.PinnedSHA256 == "" || pinned == now:
				return now
			case m.SHA256 == "":
				return pinned
			}
			return cmp.Or(pinned, "-") + " -> " + cmp.Or(now, "-")
		}
		rows = append(rows, []string{
			m.Module, m.State, show(short(m.PinnedSHA256), short(m.SHA256)),
			show(strconv.Itoa(m.PinnedSize), strconv.Itoa(m.Size)), show(m.PinnedVersion, m.Version), show(wanted(m.PinnedWants), wanted(m.Wants)),
		})
	}
	return a.PrintTable(rows)
}

// short returns the beginning of a digest.
func short(digest string) string { return digest[:min(len(digest), 16)] }

func wanted(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " ")
}
