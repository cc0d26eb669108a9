package redact

import "github.com/postern-project/postern/runtime/redact/internal/encodings"

// Reason says why a value is not masked. It contains no part of the value.
type Reason string

// The reasons. If values shorter than four bytes and words of ordinary text were
// masked, masks would cover half of every log, and so reveal the values.
const (
	searched Reason = ""

	ReasonEmpty    = Reason(encodings.Empty)
	ReasonBlank    = Reason(encodings.Blank)
	ReasonShort    = Reason(encodings.Short)
	ReasonRepeated = Reason(encodings.Repeated)
	ReasonDigits   = Reason(encodings.Digits)
	ReasonEveryday = Reason(encodings.Everyday)

	// ReasonParts is for a value that is masked as a whole, but has more than 65,536
	// lines, or strings and numbers in JSON: those after them are not masked alone.
	ReasonParts Reason = "masked as a whole only: it has too many lines or JSON strings"
)

// Classify returns why a [Registry] would not mask a value, "" if it would.
func Classify(value []byte) Reason { return Reason(encodings.Classify(value)) }

// EachLeaf calls f with each string, without its escapes, and each number in a value that is
// a JSON object or array, as far as [Options.JSONLeaves] masks them. The names of members
// are left out, and a value that is not JSON has none. The slice is valid until f returns.
func EachLeaf(value []byte, f func(text []byte)) { encodings.EachLeaf(value, f) }
