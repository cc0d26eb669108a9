package cli

import (
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"
)

// globalFlags are understood by every command, before or after its name. Their
// variables are read with the rest of the configuration, so that it can say
// where a setting comes from.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "use the configuration `FILE` ($POSTERN_CONFIG)"},
		&cli.StringFlag{Name: "as", Usage: "act for the `CALLER`, by its own word ($POSTERN_AS)"},
		&cli.StringSliceFlag{Name: "role", Usage: "with the role `R`, repeatable ($POSTERN_ROLE)"},
		&cli.StringSliceFlag{Name: "label", Usage: "with the label `NAME=VALUE`, repeatable ($POSTERN_LABEL)"},
		&cli.StringFlag{Name: "timeout", Usage: "give up after `TIME`, such as 10s ($POSTERN_TIMEOUT)"},
		&cli.StringFlag{Name: "log-level", Usage: "log from `LEVEL` on: debug, info, warn, error ($POSTERN_LOG_LEVEL)"},
		&cli.StringFlag{Name: "log-format", Usage: "log as `FORMAT`: text, json ($POSTERN_LOG_FORMAT)"},
		&cli.StringFlag{Name: "compile-cache", Usage: "keep compiled modules in `DIR`, or off ($POSTERN_COMPILE_CACHE)"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no warnings, no hints ($POSTERN_QUIET)"},
		&cli.BoolFlag{Name: "allow-unpinned", Usage: "run modules that postern.lock does not pin, for development ($POSTERN_ALLOW_UNPINNED)"},
		&cli.BoolFlag{Name: "allow-debug", Usage: "let debuggers and core dumps see this process ($POSTERN_ALLOW_DEBUG)"},
		&cli.BoolFlag{Name: "version", Usage: "print the version", Local: true},
	}
}

// addVariables lets a command's own flags be set by POSTERN_COMMAND_FLAG.
func (a *app) addVariables(flags []cli.Flag, path []string) {
	for _, f := range flags {
		name := strings.Join(append(append([]string{"POSTERN"}, path...), f.Names()[0]), "_")
		name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		source := cli.NewValueSourceChain(&variable{name, a.environ})
		switch f := f.(type) {
		case *cli.StringFlag:
			f.Sources = source
		case *cli.BoolFlag:
			f.Sources = source
		case *cli.IntFlag:
			f.Sources = source
		}
	}
}

// variable is a flag's value in the environment that Main was given.
type variable struct {
	name    string
	environ map[string]string
}

var _ cli.EnvValueSource = (*variable)(nil)

// Lookup returns the variable; an empty one counts as unset.
func (v *variable) Lookup() (string, bool) {
	value := v.environ[v.name]
	return value, value != ""
}

func (v *variable) String() string   { return "environment variable " + v.name }
func (v *variable) GoString() string { return v.String() }

// IsFromEnv makes the help name the variable.
func (v *variable) IsFromEnv() bool { return true }

// Key returns the variable's name.
func (v *variable) Key() string { return v.name }

// truth reads a switch in the environment; what is no switch is off.
func truth(s string) bool {
	on, err := strconv.ParseBool(s)
	return err == nil && on
}
