package format

import (
	"bytes"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/secret"
)

// Entry is one value to write.
type Entry struct {
	Key   secret.Key
	Name  string // of the variable, for formats that have variables
	Value secret.Secret
}

// each calls f with the value of every entry. If f fails, each undoes its changes
// to d.
func each(d *Document, entries []Entry, f func(e Entry, value []byte) error) error {
	undo := d.undo()
	for _, e := range entries {
		if err := e.Value.Expose(func(b []byte) error { return f(e, b) }); err != nil {
			undo()
			return err
		}
	}
	return nil
}

// refuse is the error for a value that a format cannot hold.
func refuse(e Entry, why string) error {
	return &secret.Error{Code: secret.ErrInvalidValue, Op: secret.OpGet, Key: e.Key, Detail: why}
}

// refuseName is the error for a name that a format cannot hold.
func refuseName(e Entry, why string) error {
	return &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: e.Key, Detail: why}
}

// text returns an error if a value cannot be the value of a variable in a text
// file: it must be UTF-8 and have no NUL byte.
func text(e Entry, value []byte, format string) error {
	switch {
	case bytes.IndexByte(value, 0) >= 0:
		return refuse(e, "the value contains a NUL byte, which "+format+" cannot")
	case !utf8.Valid(value):
		return refuse(e, "the value is not UTF-8, which "+format+" must be")
	}
	return nil
}
