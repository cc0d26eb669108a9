package module

import (
	"errors"
	"fmt"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// Reason says why a module, a manifest or a lock was refused. Its values are
// stable and append-only. There are more than the named ones: every limit and
// every rule of the binary format has its own.
type Reason string

// Reasons why a file is no module for Postern.
const (
	NotWasm         Reason = "not_wasm"         // no WebAssembly binary at all
	Component       Reason = "component"        // a component instead of a core module
	Truncated       Reason = "truncated"        // the file ends too early
	Malformed       Reason = "malformed"        // the file breaks the binary format
	Command         Reason = "command"          // a program with _start instead of a reactor
	MissingExport   Reason = "missing_export"   // memory or postern_get is not exported
	ExportSignature Reason = "export_signature" // an export of the ABI with another signature or kind
	UnknownImport   Reason = "unknown_import"   // an import that no host offers
	ImportSignature Reason = "import_signature" // an import of the ABI with another signature
	ABIVersion      Reason = "abi_version"      // made for another version of the ABI
	BadManifest     Reason = "bad_manifest"     // a manifest that breaks the rules of ParseManifest
	Undeclared      Reason = "undeclared"       // an import of a capability that the manifest leaves out
)

// Reasons why a lock does not let a module pass.
const (
	BadLock       Reason = "bad_lock"       // the lock itself breaks the rules of ParseLock
	Unpinned      Reason = "unpinned"       // no pin of that name
	DigestDiffers Reason = "digest_differs" // other bytes of the same length
	SizeDiffers   Reason = "size_differs"   // other bytes of another length
	WantsMore     Reason = "wants_more"     // the file wants a capability that its pin does not list
)

// Error is what every function of this package returns when it fails. Detail is
// written here; names out of a file are in it only quoted and cut. errors.Is
// with an Error that has the same Reason reports true.
type Error struct {
	Reason Reason
	Detail string
	Wants  []string // for WantsMore and Undeclared: the capabilities in question, sorted
}

// Error returns the reason and the detail in one line.
func (e *Error) Error() string { return fmt.Sprintf("module: %s: %s", e.Reason, e.Detail) }

// Is reports whether target is an *Error with the same reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

func refuse(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// fromBinary turns an error about the binary into one of this package.
func fromBinary(err error) error {
	var e *wasmbin.Error
	if !errors.As(err, &e) {
		return refuse(Malformed, "%v", err)
	}
	if e.Offset < 0 {
		return refuse(Reason(e.Reason), "%s", e.Detail)
	}
	return refuse(Reason(e.Reason), "%s (at byte %d)", e.Detail, e.Offset)
}

const quotedBytes = 64

// quote makes text of a file safe for an error: cut first, quoted then.
func quote(name string) string {
	if len(name) <= quotedBytes {
		return fmt.Sprintf("%+q", name)
	}
	return fmt.Sprintf("%+q (cut)", name[:quotedBytes])
}
