package runtime

import (
	"errors"
	"io/fs"

	"github.com/postern-project/postern/runtime/secret"
)

func loadError(provider, detail string) error {
	return &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: provider, Detail: detail}
}

// keyless returns err without its key.
func keyless(err error) error {
	var e *secret.Error
	if !errors.As(err, &e) {
		return err
	}
	one := *e
	one.Key = ""
	return &one
}

// plainReason drops the path, which the caller names.
func plainReason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && pe != nil {
		return pe.Err
	}
	return err
}
