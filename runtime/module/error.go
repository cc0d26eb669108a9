package module

import (
	"errors"
	"fmt"

	"github.com/postern-project/postern/runtime/module/check"
)

// Reason is the stable name of the rule by which a module, a manifest or a lock was
// refused. Reasons are append-only. There are more than the named ones: every
// limit and every rule of the binary format has its own.
type Reason = check.Reason

// Reasons why a file is not a module for Postern.
const (
	NotWasm         Reason = "not_wasm"            // not a WebAssembly binary
	Component       Reason = "component"           // a component instead of a core module
	Truncated       Reason = "truncated"           // the file ends too early
	Malformed       Reason = "malformed"           // the file breaks the binary format
	Command                = check.Command         // a program with _start instead of a reactor
	MissingExport          = check.MissingExport   // memory or postern_get is not exported
	ExportSignature        = check.ExportSignature // an export of the ABI with another signature or kind
	UnknownImport          = check.UnknownImport   // an import that the ABI does not have
	ImportSignature        = check.ImportSignature // an import of the ABI with another signature
	ABIVersion             = check.ABIVersion      // made for another version of the ABI
	BadManifest     Reason = "bad_manifest"        // a manifest that breaks the rules of ParseManifest
	Undeclared      Reason = "undeclared"          // an import of a capability that the manifest does not list
)

// Reasons why a lock refuses a module.
const (
	BadLock       Reason = "bad_lock"       // the lock itself breaks the rules of ParseLock
	Unpinned      Reason = "unpinned"       // there is no pin of that name
	DigestDiffers Reason = "digest_differs" // other bytes of the same length
	SizeDiffers   Reason = "size_differs"   // other bytes of another length
	WantsMore     Reason = "wants_more"     // the file wants a capability that its pin does not list
)

// Error is the error of every function of this package. Names from a file are in
// Detail only quoted and cut to 64 bytes. errors.Is with an *Error compares the
// reasons.
type Error struct {
	Reason Reason
	Detail string
	Wants  []string // the capabilities concerned, sorted; for WantsMore and Undeclared
}

// Error returns "module: reason: detail".
func (e *Error) Error() string { return fmt.Sprintf("module: %s: %s", e.Reason, e.Detail) }

// Is reports whether target is an *Error with the same reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

func refuse(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// fromCheck returns an error of package check as an *Error of this package.
func fromCheck(err error) error {
	var e *check.Error
	if !errors.As(err, &e) {
		return refuse(Malformed, "%v", err)
	}
	return &Error{Reason: e.Reason, Detail: e.Detail}
}

const quotedBytes = 64

// quote makes text from a file safe for an error: it cuts first and quotes then.
func quote(name string) string {
	if len(name) <= quotedBytes {
		return fmt.Sprintf("%+q", name)
	}
	return fmt.Sprintf("%+q (cut)", name[:quotedBytes])
}
