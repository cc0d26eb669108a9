package format

import (
	"bytes"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/secret"
)

// Entry is one value to write.
type Entry struct {
	Key   secret.Key
	Name  string // of the variable, for the formats that have variables
	Value secret.Secret
}

// each calls f with the plaintext of every entry. When it fails, d is as it was.
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

// text is an error unless the value can be the value of a variable in a text
// file: no NUL, which no environment holds, and UTF-8.
func text(e Entry, value []byte, format string) error {
	switch {
	case bytes.IndexByte(value, 0) >= 0:
		return refuse(e, "the value holds a NUL byte, which "+format+" cannot")
	case !utf8.Valid(value):
		return refuse(e, "the value is not UTF-8, which "+format+" must be")
	}
	return nil
}
