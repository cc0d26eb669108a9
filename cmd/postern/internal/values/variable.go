package values

import (
	"context"
	"fmt"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// VariableName returns the environment variable for a key: upper case, with "_"
// in place of everything but letters and digits.
func VariableName(key secret.Key) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, string(key))
}

// IsVariable reports whether a shell can read a variable of this name.
func IsVariable(name string) bool {
	return name != "" && VariableName(secret.Key(name)) == strings.ToUpper(name) && (name[0] < '0' || name[0] > '9')
}

// CheckNames fails if two keys have the same variable, or if a shell would reject the
// name of one. The hint is the help of command, run or export.
func CheckNames(ctx context.Context, command string, variables []Variable) error {
	owner := map[string]secret.Key{}
	for _, e := range variables {
		if err := app.Ended(ctx); err != nil {
			return err
		}
		other, taken := owner[e.Name]
		switch {
		case taken:
			return badName(command, e.Key, fmt.Sprintf("it has the same variable, %q, as the key %q", e.Name, other))
		case e.Name[0] >= '0' && e.Name[0] <= '9':
			return badName(command, e.Key, fmt.Sprintf("its variable would be %q, which begins with a digit", e.Name))
		case !IsVariable(e.Name):
			return badName(command, e.Key, fmt.Sprintf("its variable would be %q, which a shell cannot read", e.Name))
		}
		owner[e.Name] = e.Key
	}
	return nil
}

func badName(command string, key secret.Key, why string) error {
	e := &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: key, Detail: why + " (use --except to leave the key out)"}
	return e.Wrap(suggest.Command("postern", "help", command))
}
