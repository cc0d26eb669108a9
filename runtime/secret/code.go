package secret

import (
	"context"
	"errors"
	"io/fs"
	"slices"
)

// Code classifies an error. Codes are constants and errors at once: test with
// errors.Is(err, secret.ErrNotFound). Their text is stable and append-only.
type Code string

// The codes. A code that Is [ErrBackend] came from a provider's side.
const (
	ErrNotFound         Code = "not_found"         // the store answered: no such key
	ErrNotConfigured    Code = "not_configured"    // this provider does not apply here
	ErrInvalidKey       Code = "invalid_key"       // grammar or size of a key
	ErrInvalidValue     Code = "invalid_value"     // a value that its destination cannot take
	ErrTooLarge         Code = "too_large"         // a cap was exceeded
	ErrDenied           Code = "denied"            // our policy says no
	ErrPolicyFault      Code = "policy_fault"      // the policy failed; Is ErrDenied
	ErrUnauthenticated  Code = "unauthenticated"   // the store rejects our credential
	ErrForbidden        Code = "forbidden"         // the store knows us and refuses
	ErrUnavailable      Code = "unavailable"       // transport, outage, unreadable source
	ErrCircuitOpen      Code = "circuit_open"      // breaker open; Is ErrUnavailable
	ErrThrottled        Code = "throttled"         // quota; Is ErrUnavailable
	ErrTimeout          Code = "timeout"           // our deadline; Is ErrUnavailable and context.DeadlineExceeded
	ErrCanceled         Code = "canceled"          // the caller gave up; Is context.Canceled
	ErrModuleCrashed    Code = "module_crashed"    // trap, exit, out of memory
	ErrModuleProtocol   Code = "module_protocol"   // the module broke the ABI
	ErrCapability       Code = "capability"        // not granted
	ErrIntegrity        Code = "integrity"         // digest, TLS identity, audit chain
	ErrLoad             Code = "load_failed"       // module, policy or config cannot be loaded
	ErrConflict         Code = "conflict"          // the version differs
	ErrReadOnly         Code = "read_only"         // this source is not written to; Is ErrUnsupported
	ErrUnsupported      Code = "unsupported"       // verb not offered; Is errors.ErrUnsupported
	ErrOutcomeUnknown   Code = "outcome_unknown"   // write sent, no answer
	ErrStale            Code = "stale"             // only an over-age value exists
	ErrAuditUnavailable Code = "audit_unavailable" // the record cannot be written
	ErrOverloaded       Code = "overloaded"        // our own queue is full
	ErrLocked           Code = "locked"            // the agent is locked
	ErrClosed           Code = "closed"            // used after Close or Destroy
	ErrInternal         Code = "internal"          // our bug
)

// ErrBackend is the class of every error that a provider's side caused. No
// Error carries it as its code.
const ErrBackend Code = "backend"

// Codes returns all codes in the order of their declaration, without the class
// [ErrBackend].
func Codes() []Code {
	return []Code{
		ErrNotFound, ErrNotConfigured, ErrInvalidKey, ErrInvalidValue, ErrTooLarge,
		ErrDenied, ErrPolicyFault, ErrUnauthenticated, ErrForbidden, ErrUnavailable,
		ErrCircuitOpen, ErrThrottled, ErrTimeout, ErrCanceled, ErrModuleCrashed,
		ErrModuleProtocol, ErrCapability, ErrIntegrity, ErrLoad, ErrConflict,
		ErrReadOnly, ErrUnsupported, ErrOutcomeUnknown, ErrStale, ErrAuditUnavailable,
		ErrOverloaded, ErrLocked, ErrClosed, ErrInternal,
	}
}

// Error returns the code's stable text.
func (c Code) Error() string { return string(c) }

// Is reports whether target is c or a class that c belongs to.
func (c Code) Is(target error) bool {
	if t, ok := target.(Code); ok {
		return c == t || c.parent() == t || t == ErrBackend && c.backend()
	}
	switch c {
	case ErrNotFound:
		return target == fs.ErrNotExist
	case ErrDenied, ErrPolicyFault, ErrForbidden:
		return target == fs.ErrPermission
	case ErrTimeout:
		return target == context.DeadlineExceeded
	case ErrCanceled:
		return target == context.Canceled
	case ErrUnsupported, ErrReadOnly:
		return target == errors.ErrUnsupported
	}
	return false
}

func (c Code) parent() Code {
	switch c {
	case ErrPolicyFault:
		return ErrDenied
	case ErrCircuitOpen, ErrThrottled, ErrTimeout:
		return ErrUnavailable
	case ErrReadOnly:
		return ErrUnsupported
	}
	return ""
}

func (c Code) backend() bool {
	switch c {
	case ErrUnauthenticated, ErrForbidden, ErrUnavailable, ErrCircuitOpen, ErrThrottled, ErrTimeout,
		ErrModuleCrashed, ErrModuleProtocol, ErrIntegrity, ErrConflict, ErrOutcomeUnknown, ErrStale:
		return true
	}
	return false
}

// RetryClass says what a repetition of the same call can bring.
type RetryClass uint8

// The classes. The zero class is RetryNo.
const (
	RetryNo    RetryClass = iota // the answer will be the same
	RetryYes                     // safe for reads
	RetryAfter                   // safe for reads after Retry.After
	RetryCAS                     // only with a version check
)

// Retry returns the class of c.
func (c Code) Retry() RetryClass {
	switch c {
	case ErrUnavailable, ErrTimeout, ErrModuleCrashed, ErrStale, ErrAuditUnavailable:
		return RetryYes
	case ErrCircuitOpen, ErrThrottled, ErrOverloaded:
		return RetryAfter
	case ErrConflict, ErrOutcomeUnknown:
		return RetryCAS
	}
	return RetryNo
}

// coded is what carries a code: an [*Error] or the Code itself.
type coded interface {
	error
	code() Code
}

func (c Code) code() Code { return c }

// CodeOf returns the code of err: that of the first [*Error] or Code in its
// tree; timeout and canceled for the context errors; unsupported for
// errors.ErrUnsupported; "" for nil. Any other error is the word of a provider
// that has no codes and counts as unavailable, and so do the class
// [ErrBackend] and a code that this package does not have.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var c coded
	if errors.As(err, &c) {
		if slices.Contains(Codes(), c.code()) {
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
