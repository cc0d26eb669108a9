package check

import (
	"errors"
	"fmt"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// Reason is the stable name of a rule that a module breaks. Reasons are
// append-only. Beside the ones here, every rule and every limit of the binary
// format has a reason of its own, such as not_wasm or too_many.
type Reason string

// Reasons that come from the guest ABI.
const (
	Command         Reason = "command"          // a program with _start instead of a reactor
	MissingExport   Reason = "missing_export"   // memory or postern_get is not exported
	ExportSignature Reason = "export_signature" // an export of the ABI with another signature or kind
	UnknownImport   Reason = "unknown_import"   // an import that the ABI does not have
	ImportSignature Reason = "import_signature" // an import of the ABI with another signature
	ABIVersion      Reason = "abi_version"      // an import of another version of the ABI
)

// Error is the error of every function here. Detail is written by this package
// and by the parser; names from the module are in it only quoted and
// truncated to 64 bytes.
type Error struct {
	Reason Reason
	Detail string
}

// Error returns "module: reason: detail".
func (e *Error) Error() string { return fmt.Sprintf("module: %s: %s", e.Reason, e.Detail) }

// Is reports whether target is an *Error with the same reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

func refuse(reason Reason, format string, args ...any) error {
	return &Error{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Binary returns an error of package wasmbin as an *Error.
func Binary(err error) *Error {
	var e *wasmbin.Error
	switch {
	case !errors.As(err, &e):
		return &Error{Reason: Reason(wasmbin.Malformed), Detail: err.Error()}
	case e.Offset < 0:
		return &Error{Reason: Reason(e.Reason), Detail: e.Detail}
	}
	return &Error{Reason: Reason(e.Reason), Detail: fmt.Sprintf("%s (at byte %d)", e.Detail, e.Offset)}
}

const quotedBytes = 64

// quote makes a name from a module safe for an error: it cuts first and quotes
// then.
func quote(name string) string {
	if len(name) <= quotedBytes {
		return fmt.Sprintf("%+q", name)
	}
	return fmt.Sprintf("%+q (cut)", name[:quotedBytes])
}
