package wasmhost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/secret"
)

// codes maps statuses to error codes of the same name. The status internal is the
// exception: it is a crash of the module, not a fault of the host.
var codes = map[abi.Status]secret.Code{
	abi.NotFound:        secret.ErrNotFound,
	abi.Forbidden:       secret.ErrForbidden,
	abi.Unauthenticated: secret.ErrUnauthenticated,
	abi.Unavailable:     secret.ErrUnavailable,
	abi.Throttled:       secret.ErrThrottled,
	abi.InvalidKey:      secret.ErrInvalidKey,
	abi.Unsupported:     secret.ErrUnsupported,
	abi.Conflict:        secret.ErrConflict,
	abi.TooLarge:        secret.ErrTooLarge,
	abi.Internal:        secret.ErrModuleCrashed,
	abi.NotConfigured:   secret.ErrNotConfigured,
	abi.Integrity:       secret.ErrIntegrity,
	abi.Timeout:         secret.ErrTimeout,
	abi.ReadOnly:        secret.ErrReadOnly,
	abi.InvalidValue:    secret.ErrInvalidValue,
	abi.Capability:      secret.ErrCapability,
}

// returnedInternal is the detail of the status internal, which has no other.
const returnedInternal = "the module returned internal"

// fault returns the *secret.Error for what ended a call. The text of the engine is
// only its cause, because it quotes names that the module chose.
func (p *Provider) fault(ctx context.Context, op secret.Op, err error, res capability.Result) error {
	e := &secret.Error{Op: op, Provider: p.name}
	var (
		status statusError
		exit   capability.Exit
		abiErr capability.ProtocolError
		own    *secret.Error
		halt   stopped
	)
	switch {
	case errors.As(err, &own):
		return err
	case errors.As(err, &status):
		e.Detail = res.Refused.Reason(abi.Status(status))
		e.Code = codeOf(abi.Status(status), e)
		if s := abi.Status(status); s == abi.Internal || s == abi.TooLarge && e.Detail == "" {
			p.blameMemory(e, err)
		}
		if e.Code == secret.ErrModuleCrashed {
			e.Detail = cmp.Or(e.Detail, returnedInternal)
		}
		if e.Code == secret.ErrCapability {
			e.Detail = detailOf(res.Denied)
		}
	case errors.As(err, &halt):
		e.Code, e.Detail = secret.ErrTimeout, halt.cause.Error()
		if !errors.Is(halt.cause, errFuel) {
			return p.contextError(ctx, op, halt.cause)
		}
	case errors.As(err, &abiErr):
		e.Code, e.Detail = secret.ErrModuleProtocol, abiErr.Detail
	case errors.As(err, &exit):
		e.Code, e.Detail = secret.ErrModuleCrashed, fmt.Sprintf("the module exited with code %d", exit.Code)
		// To the engine, some exit codes mean a deadline or a cancellation.
		if p.blameMemory(e, err) {
			err = outOfMemory{errors.New(e.Detail)}
		} else {
			err = nil
		}
	case ctx.Err() != nil:
		return p.contextError(ctx, op, ctx.Err())
	case errors.Is(err, context.DeadlineExceeded):
		return p.contextError(ctx, op, context.DeadlineExceeded) // from a host function that waited
	default:
		e.Code, e.Detail = secret.ErrModuleCrashed, "the module trapped"+trapReason(err)
		p.blameMemory(e, err)
	}
	if text := cmp.Or(res.GuestText, res.Tail); text != "" {
		e = e.WithGuestText(text)
	}
	if err == nil {
		return e
	}
	return e.Wrap(err)
}

// blameMemory makes a crash of the module too_large if it was refused memory before:
// then what it worked on is too large for it, and the operator can give it more. It
// reports whether that is so.
func (p *Provider) blameMemory(e *secret.Error, err error) bool {
	if !NeededMemory(err) {
		return false
	}
	e.Code, e.Detail = secret.ErrTooLarge, p.memoryReason()
	return true
}

// memoryReason is why a call that was refused memory failed.
func (p *Provider) memoryReason() string {
	return fmt.Sprintf("the module needs more memory than limits.memory_pages allows: %d pages of 64 KiB; a module holds a value several times", p.o.Limits.MemoryPages)
}

// detailOf returns the host's reason for denying a capability.
func detailOf(err error) string {
	var e *secret.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Detail
}

func codeOf(s abi.Status, e *secret.Error) secret.Code {
	if c, ok := codes[s]; ok {
		return c
	}
	e.Detail = fmt.Sprintf("the module returned the unknown status %d", int32(s))
	return secret.ErrModuleProtocol
}

// contextError returns canceled if the caller gave up, else timeout, and which of the
// caller and the provider had no more time: the caller can wait longer, but not longer
// than the provider may take.
func (p *Provider) contextError(ctx context.Context, op secret.Op, cause error) error {
	e := &secret.Error{Code: secret.ErrTimeout, Op: op, Provider: p.name}
	given, limited := ctx.Deadline()
	switch {
	case errors.Is(cause, context.Canceled), errors.Is(ctx.Err(), context.Canceled):
		e.Code, cause = secret.ErrCanceled, cmp.Or(ctx.Err(), cause)
	case ctx.Err() != nil, limited && time.Until(given) <= 0:
		e.Detail = "the time that the caller gave is over"
	default:
		e.Detail = fmt.Sprintf("the call took longer than %v, limits.call", p.o.Limits.Call)
	}
	return e.Wrap(cause)
}

// traps are the texts of the engine for a trap. Any other text of the engine may
// hold names of the module.
var traps = []string{
	"unreachable", "out of bounds memory access", "integer divide by zero", "integer overflow",
	"invalid conversion to integer", "invalid table access", "indirect call type mismatch", "stack overflow",
}

func trapReason(err error) string {
	const prefix = "wasm error: " // of the engine, perhaps after the name of a start function
	reason, _, _ := strings.Cut(err.Error(), "\n")
	if at := strings.LastIndex(reason, prefix); at >= 0 {
		reason = reason[at+len(prefix):]
	}
	if slices.Contains(traps, reason) {
		return ": " + reason
	}
	return ""
}
