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
		source := cli.NewValueSourceChain(&variable{variableName(path, f), a})
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

// variableName returns the variable that sets a flag of the command at path.
func variableName(path []string, f cli.Flag) string {
	name := strings.Join(append(append([]string{"POSTERN"}, path...), f.Names()[0]), "_")
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// takesVariable reports whether a variable can set a flag.
func takesVariable(f cli.Flag) bool {
	switch f.(type) {
	case *cli.StringFlag, *cli.BoolFlag, *cli.IntFlag:
		return true
	}
	return false
}

// variable reads a flag's value from the environment that Main was given.
type variable struct {
	name string
	a    *app.App
}

var _ cli.EnvValueSource = (*variable)(nil)

// Lookup returns the value of the variable. An empty one counts as unset here;
// withValues refuses it.
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
