package wasmbin

import "fmt"

// Reason is the stable name of the rule that a module breaks.
type Reason string

// The reasons for which a module is refused.
const (
	NotWasm           Reason = "not_wasm"           // not a WebAssembly binary
	BadVersion        Reason = "bad_version"        // a version of the format that is not defined
	Component         Reason = "component"          // a component-model binary instead of a core module
	Truncated         Reason = "truncated"          // the bytes end too early
	Malformed         Reason = "malformed"          // the bytes break the binary format
	BadIndex          Reason = "bad_index"          // an index of something that the module does not have
	RefusedFeature    Reason = "refused_feature"    // a proposal outside the accepted set
	UnknownOpcode     Reason = "unknown_opcode"     // an instruction outside the accepted set
	TooLarge          Reason = "too_large"          // more bytes than allowed
	TooMany           Reason = "too_many"           // more items of a kind than allowed
	TableTooLarge     Reason = "table_too_large"    // a table starts, or can grow, beyond the limit
	TableUnbounded    Reason = "table_unbounded"    // a table can grow and has no maximum
	MemoryMissing     Reason = "memory_missing"     // the module defines no memory
	MemoryTooLarge    Reason = "memory_too_large"   // the memory starts beyond the limit
	DataTooLarge      Reason = "data_too_large"     // the data segments do not fit the memory limit
	NameTooLong       Reason = "name_too_long"      // an import, export or section name beyond the limit
	TooComplex        Reason = "too_complex"        // a function that nests or branches beyond the limit
	TooCostly         Reason = "too_costly"         // a module that would take a compiler too long, or too much memory
	ImportKind        Reason = "import_kind"        // an import of something that is not a function
	ReservedName      Reason = "reserved_name"      // an import or export that only the host may add
	UnrestorableState Reason = "unrestorable_state" // a mutable global whose value a host cannot restore
	ManifestRefused   Reason = "manifest_refused"   // a manifest that cannot be written
)

// Error is the error of every function of this package. Names from the module are
// in Detail only quoted and cut to 64 bytes.
type Error struct {
	Reason Reason
	Offset int // in the module, in bytes; -1 if the error belongs to no single place
	Detail string
}

// Error returns the reason, the offset if there is one, and the detail.
func (e *Error) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("wasm module: %s: %s", e.Reason, e.Detail)
	}
	return fmt.Sprintf("wasm module: %s at byte %d: %s", e.Reason, e.Offset, e.Detail)
}

// Is reports whether target is an *Error with the same reason, so that
// errors.Is(err, &Error{Reason: Component}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

func refuse(reason Reason, offset int, format string, args ...any) *Error {
	return &Error{Reason: reason, Offset: offset, Detail: fmt.Sprintf(format, args...)}
}

const quotedBytes = 64

// quote makes a name from the module safe for an error: it cuts first and quotes
// then.
func quote(name string) string {
	if len(name) <= quotedBytes {
		return fmt.Sprintf("%+q", name)
	}
	return fmt.Sprintf("%+q (cut)", name[:quotedBytes])
}
