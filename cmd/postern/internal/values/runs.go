package values

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/steering"
	"github.com/postern-project/postern/runtime/secret"
)

// maxVariable is the length in bytes that systems take for all variables together; Linux
// takes less for one. A longer value reaches no program.
const maxVariable = 1 << 20

// Runs returns why a value that comes by rule must be left out, because a program would
// run or load something by it, or "". The value is compared with the files that are there
// now, as a command that starts here would find them. To look at a file of a server that
// does not answer takes no longer than ctx.
func Runs(ctx context.Context, a *app.App, value secret.Secret) (reason string, err error) {
	place := steering.Place{Path: filepath.SplitList(SearchPath(a)), Getenv: a.Getenv}
	if place.Dir, err = os.Getwd(); err != nil {
		place.Dir = "." // it was removed; what is absolute can still be found
	}
	var text []byte // a copy, since a look that waits for a server may outlast the value
	err = value.Expose(func(b []byte) error {
		if len(b) <= maxVariable {
			text = bytes.Clone(b)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	found, err := app.Interruptible(ctx, func() ([]byte, error) {
		defer clear(text)
		reason, _ := place.Runs(unsafe.String(unsafe.SliceData(text), len(text)))
		return []byte(reason), nil
	})
	return string(found), err
}

// SearchPath returns PATH, or what the system searches when it is not set.
func SearchPath(a *app.App) string {
	if path, set := a.LookupEnv("PATH"); set {
		return path
	}
	return "/usr/local/bin:/usr/bin:/bin"
}
