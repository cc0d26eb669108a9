package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/suggest"
)

// ownPrefix begins the name of every variable that postern reads as a setting.
const ownPrefix = "POSTERN_"

// variables warns of variables that look like a setting and are none. They have no
// effect, and a policy or a limit that was meant is not in force.
func (x *examination) variables(cmd *cli.Command) {
	known := settings(cmd.Root())
	var unknown []string
	for _, entry := range x.app.Environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, ownPrefix) && !slices.Contains(known, name) && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown[:min(len(unknown), app.MaxListed)] {
		x.warn("variables", "unset "+app.QuotePath(name), "%s is not a setting%s", name, meant(name, known))
	}
}

// meant is the end of a message about an unknown variable, "" if none is close. The
// common prefix does not count.
func meant(name string, known []string) string {
	var rest []string
	for _, k := range known {
		rest = append(rest, strings.TrimPrefix(k, ownPrefix))
	}
	near := suggest.Closest(strings.TrimPrefix(name, ownPrefix), rest)
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", ownPrefix+near)
}

// settings returns the variables that set something: a flag of a command, a global
// flag, or the chain.
func settings(root *cli.Command) []string {
	known := []string{"POSTERN_CHAIN"}
	for _, f := range app.GlobalFlags() {
		if name := f.Names()[0]; name != "version" {
			known = append(known, ownPrefix+strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
		}
	}
	var walk func(*cli.Command)
	walk = func(cmd *cli.Command) {
		for _, f := range cmd.Flags {
			if f, ok := f.(cli.DocGenerationFlag); ok {
				known = append(known, f.GetEnvVars()...)
			}
		}
		for _, sub := range cmd.Commands {
			walk(sub)
		}
	}
	walk(root)
	return known
}
