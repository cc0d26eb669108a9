package runtime

import (
	"errors"
	"io/fs"

	"github.com/postern-project/postern/runtime/secret"
)

func loadError(provider, detail string) error {
	return &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: provider, Detail: detail}
}

// plainReason drops the path, which the caller names.
func plainReason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
