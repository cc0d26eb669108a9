package redact

import "github.com/postern-project/postern/runtime/redact/internal/encodings"

// Reason says why a value is not searched in text. It holds no part of the
// value.
type Reason string

// The reasons. Masks for values of under four bytes, and for words that ordinary
// text is full of, would cover half of every log, and so reveal the values.
const (
	searched Reason = ""

	ReasonEmpty    = Reason(encodings.Empty)
	ReasonBlank    = Reason(encodings.Blank)
	ReasonShort    = Reason(encodings.Short)
	ReasonRepeated = Reason(encodings.Repeated)
	ReasonDigits   = Reason(encodings.Digits)
	ReasonEveryday = Reason(encodings.Everyday)
)
