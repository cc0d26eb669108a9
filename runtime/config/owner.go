package config

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/suggest"
)

// checkOwner returns an error if anyone but the user could have written a file
// that was found, or could have put it into its folder. The folder may be root's:
// a file in it that belongs to the user was put there by the user.
func checkOwner(path string, f *os.File) error {
	dir := filepath.Dir(path)
	file, err := f.Stat()
	if err != nil {
		return errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	folder, err := os.Stat(dir)
	if err != nil {
		return errorf("%s: %s", quote(dir), safefile.Reason(err))
	}
	if err := (safefile.Rule{}).Check(path, file); err != nil {
		return ownerError(path, "here and", err)
	}
	if err := (safefile.Rule{Root: true}).Check(dir, folder); err != nil {
		return ownerError(path, "in a folder that", err)
	}
	return nil
}

// ownerError says why a file that was found is not used, and what helps.
func ownerError(path, where string, err error) error {
	var owner *safefile.OwnerError
	if !errors.As(err, &owner) {
		return errorf("%s: %s", quote(path), safefile.Reason(err))
	}
	hint := suggest.Hint(owner.Fix())
	if owner.Problem == safefile.ForeignOwner {
		hint = suggest.Command("postern", "-c", path, "config", "show")
	}
	return errorf("%s was found %s %s (%s); it is used only when named", quote(path), where, owner.Problem, owner.Details()).
		Wrap(hint)
}
