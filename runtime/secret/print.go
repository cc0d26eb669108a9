package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a Secret prints as.
const Redacted = "[REDACTED]"

// Every way of printing answers Redacted. Where fmt or slog cannot call these
// methods, on an unexported field, they meet a pointer and print that.
var (
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)

// String returns [Redacted].
func (s Secret) String() string { return Redacted }

// GoString returns [Redacted].
func (s Secret) GoString() string { return Redacted }

// Format writes [Redacted], whatever the verb.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, Redacted) }

// LogValue returns [Redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText returns [Redacted]. It serves encoding/json, xml and others.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalBinary returns [Redacted]. It serves encoding/gob.
func (s Secret) MarshalBinary() ([]byte, error) { return []byte(Redacted), nil }

// UnmarshalText makes s hold a copy of text. It refuses the text [Redacted],
// which is what a printed Secret looks like, and clears nothing: text belongs
// to the decoder.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == Redacted {
		return &Error{Code: ErrInvalidValue, Detail: "the text " + Redacted + " stands for a value that was left out"}
	}
	made, err := FromBytes(append([]byte(nil), text...))
	if err != nil {
		return err
	}
	*s = made
	return nil
}
