package config

import (
	"errors"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/suggest"
)

// checkOwner returns an error if anyone but root and the user could have written a
// file, or could have put it into its place.
func checkOwner(path string) error {
	err := safefile.CheckOwner(path)
	if err == nil {
		return nil
	}
	var owner *safefile.OwnerError
	if !errors.As(err, &owner) {
		return errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	hint := suggest.Hint(owner.Fix())
	if owner.Folder {
		return errorf("%s is not used: it is in a folder that %s: %s (%s)", quote(path), owner.Problem, quote(owner.Path), owner.Details()).Wrap(hint)
	}
	return errorf("%s is not used: %s %s (%s)", quote(path), quote(owner.Path), owner.Problem, owner.Details()).Wrap(hint)
}
