package cli

import (
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// addVariables makes POSTERN_COMMAND_FLAG set a flag of the command. path holds the
// names of the command and the groups above it.
func addVariables(a *app.App, flags []cli.Flag, path []string) {
	for _, f := range flags {
		name := strings.Join(append(append([]string{"POSTERN"}, path...), f.Names()[0]), "_")
		name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		source := cli.NewValueSourceChain(&variable{name, a})
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

// variable reads a flag's value from the environment that Main was given.
type variable struct {
	name string
	a    *app.App
}

var _ cli.EnvValueSource = (*variable)(nil)

// Lookup returns the value of the variable. An empty one counts as unset.
func (v *variable) Lookup() (string, bool) {
	value := v.a.Getenv(v.name)
	return value, value != ""
}

func (v *variable) String() string { return "environment variable " + v.name }

func (v *variable) GoString() string { return v.String() }

// IsFromEnv makes the help show the variable.
func (v *variable) IsFromEnv() bool { return true }

// Key returns the name of the variable.
func (v *variable) Key() string { return v.name }
