package secret

import (
	"context"
	"errors"
)

// Code says what kind of failure an error is. A Code is itself an error: test
// with errors.Is(err, secret.ErrNotFound). The text of a code never changes, and
// codes are only ever added.
//
// The methods of Code answer for one row of a single table: what the code Is,
// whether a retry can help, what a chain, a circuit breaker and a cache make of
// it, and the exit code of the command line.
type Code string

// The codes. "Is" names what errors.Is matches besides the code itself.
const (
	ErrNotFound         Code = "not_found"         // the store has no such key; Is fs.ErrNotExist
	ErrNotConfigured    Code = "not_configured"    // the provider does not apply here, e.g. it has no credentials
	ErrInvalidKey       Code = "invalid_key"       // the key breaks the key grammar or is too long
	ErrInvalidValue     Code = "invalid_value"     // the destination cannot take the value, e.g. NUL in a variable
	ErrTooLarge         Code = "too_large"         // a limit on size was exceeded
	ErrDenied           Code = "denied"            // the policy denies the request; Is fs.ErrPermission
	ErrPolicyFault      Code = "policy_fault"      // the policy failed to decide; Is ErrDenied, fs.ErrPermission
	ErrUnauthenticated  Code = "unauthenticated"   // the store rejects the provider's credential; Is ErrBackend
	ErrForbidden        Code = "forbidden"         // the store refuses access; Is ErrBackend, fs.ErrPermission
	ErrUnavailable      Code = "unavailable"       // network failure, outage, unreadable source; Is ErrBackend
	ErrCircuitOpen      Code = "circuit_open"      // not tried, since it failed too often; Is ErrBackend, ErrUnavailable
	ErrThrottled        Code = "throttled"         // rate limit or quota; Is ErrBackend, ErrUnavailable
	ErrTimeout          Code = "timeout"           // Is ErrBackend, ErrUnavailable, context.DeadlineExceeded
	ErrCanceled         Code = "canceled"          // the caller canceled the call; Is context.Canceled
	ErrModuleCrashed    Code = "module_crashed"    // trap, exit or out of memory in the module; Is ErrBackend
	ErrModuleProtocol   Code = "module_protocol"   // the module broke the ABI; Is ErrBackend
	ErrCapability       Code = "capability"        // the module needs what was not granted
	ErrIntegrity        Code = "integrity"         // digest, TLS identity or audit chain does not match; Is ErrBackend
	ErrLoad             Code = "load_failed"       // a module, policy or configuration cannot be loaded
	ErrConflict         Code = "conflict"          // the stored version is not the expected one; Is ErrBackend
	ErrShadowed         Code = "shadowed"          // the write would not change what a read gives; Is ErrConflict, ErrBackend
	ErrReadOnly         Code = "read_only"         // the source is never written to; Is ErrUnsupported
	ErrUnsupported      Code = "unsupported"       // the provider does not offer the operation; Is errors.ErrUnsupported
	ErrOutcomeUnknown   Code = "outcome_unknown"   // a write was sent and not answered; Is ErrBackend
	ErrStale            Code = "stale"             // the only available value is too old; Is ErrBackend
	ErrAuditUnavailable Code = "audit_unavailable" // the audit record cannot be written
	ErrOverloaded       Code = "overloaded"        // the runtime's own queue is full
	ErrLocked           Code = "locked"            // the agent is locked
	ErrClosed           Code = "closed"            // used after Close or Destroy
	ErrInternal         Code = "internal"          // a bug in this project
)

// ErrBackend is the class of every failure on a provider's side: its store, its
// module or the network between. It is matched with errors.Is only; no [Error]
// has it as its code.
const ErrBackend Code = "backend"

// Error returns the code's stable text.
func (c Code) Error() string { return string(c) }

// Is reports whether target is c, a class that c belongs to, or the error of the
// standard library that c stands for.
func (c Code) Is(target error) bool {
	if t, ok := target.(Code); ok {
		return c == t || t != "" && t == c.facts().class || t == ErrBackend && c.facts().backend
	}
	return target != nil && target == c.facts().std
}

// coded is an error that carries a code: an [*Error] or the Code itself.
type coded interface {
	error
	code() Code
}

func (c Code) code() Code { return c }

// CodeOf returns the code of err: "" for nil; that of the first [*Error] or Code
// in its tree; [ErrCanceled] and [ErrTimeout] for the context errors;
// [ErrUnsupported] for errors.ErrUnsupported. Any other error counts as
// [ErrUnavailable]: a provider without codes returned it. So do the class
// [ErrBackend] and a code that [Codes] does not list.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if c, ok := errors.AsType[coded](err); ok {
		if rows[c.code()] != nil {
			return c.code()
		}
		return ErrUnavailable
	}
	switch {
	case errors.Is(err, context.Canceled):
		return ErrCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return ErrTimeout
	case errors.Is(err, errors.ErrUnsupported):
		return ErrUnsupported
	}
	return ErrUnavailable
}
