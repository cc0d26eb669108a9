package secret

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is the text that a [Secret] prints as.
const Redacted = "[REDACTED]"

// Every printer that calls a method of Secret gets Redacted. On an unexported
// field fmt and slog cannot call methods; there they print the address of ref.
var (
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)

// String returns [Redacted].
func (s Secret) String() string { return Redacted }

// GoString returns [Redacted].
func (s Secret) GoString() string { return Redacted }

// Format writes [Redacted] for every verb.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, Redacted) }

// LogValue returns [Redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText returns [Redacted], for the zero Secret too: what is printed does not
// say whether there is a value. So the help of a flag.TextVar shows it as a default;
// use flag.Func to show none. encoding/json, encoding/xml and others call it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalBinary returns [Redacted]. encoding/gob calls it.
func (s Secret) MarshalBinary() ([]byte, error) { return []byte(Redacted), nil }

// UnmarshalText sets s to a copy of text. It does not clear text, which belongs to
// the decoder. The error is [ErrInvalidValue] if text is [Redacted] or a mask with a key,
// since that is what was printed for a value and not one; otherwise the error is that of [FromBytes].
func (s *Secret) UnmarshalText(text []byte) error {
	begin := Redacted[:len(Redacted)-1] + ":"
	if string(text) == Redacted || bytes.HasPrefix(text, []byte(begin)) && bytes.IndexByte(text, ']') == len(text)-1 {
		return &Error{Code: ErrInvalidValue, Detail: Redacted + " is the text of a printed Secret, not a value"}
	}
	parsed, err := FromBytes(append([]byte(nil), text...))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
