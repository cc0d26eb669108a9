package wasmbin

import "fmt"

// Reason says why a module was refused. Its values are stable: callers may
// compare them and print them.
type Reason string

// The reasons for which a module is refused.
const (
	NotWasm           Reason = "not_wasm"           // no WebAssembly binary at all
	BadVersion        Reason = "bad_version"        // a version of the format that nobody has defined
	Component         Reason = "component"          // a component-model binary instead of a core module
	Truncated         Reason = "truncated"          // the bytes end too early
	Malformed         Reason = "malformed"          // the bytes break the binary format
	BadIndex          Reason = "bad_index"          // a reference to something that the module does not have
	RefusedFeature    Reason = "refused_feature"    // a proposal outside the accepted set
	UnknownOpcode     Reason = "unknown_opcode"     // an instruction outside the accepted set
	TooLarge          Reason = "too_large"          // more bytes than allowed
	TooMany           Reason = "too_many"           // more items of a kind than allowed
	TableTooLarge     Reason = "table_too_large"    // a table starts or may grow beyond the limit
	TableUnbounded    Reason = "table_unbounded"    // a table may grow and has no maximum
	MemoryMissing     Reason = "memory_missing"     // the module defines no memory
	MemoryTooLarge    Reason = "memory_too_large"   // the memory starts beyond the limit
	DataTooLarge      Reason = "data_too_large"     // the data segments do not fit the memory limit
	NameTooLong       Reason = "name_too_long"      // an import, export or section name beyond the limit
	TooComplex        Reason = "too_complex"        // a function that would cost the compiler too much
	ImportKind        Reason = "import_kind"        // an import of something that is not a function
	ReservedName      Reason = "reserved_name"      // an import or export that only the host may add
	UnrestorableState Reason = "unrestorable_state" // a mutable global whose value a host cannot put back
	ManifestRefused   Reason = "manifest_refused"   // a manifest that cannot be written
)

// Error is the one error type of this package. Detail is written by the host;
// names from the module are in it only quoted and cut to 64 bytes.
type Error struct {
	Reason Reason
	Offset int // byte offset in the module, or -1 when the reason has no place
	Detail string
}

// Error returns the detail with the reason and, if there is one, the place.
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

// quote makes guest text safe for an error: cut first, quoted then, so that no
// control character and no megabyte of name gets out.
func quote(name string) string {
	if len(name) <= quotedBytes {
		return fmt.Sprintf("%+q", name)
	}
	return fmt.Sprintf("%+q (cut)", name[:quotedBytes])
}
