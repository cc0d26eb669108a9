package secret

import (
	"context"
	"errors"
	"io/fs"
)

// RetryClass says whether repeating a failed call can help.
type RetryClass uint8

// The retry classes. The zero class is RetryNo.
const (
	RetryNo    RetryClass = iota // the result will be the same
	RetryYes                     // safe for reads
	RetryAfter                   // safe for reads, after waiting for Error.After
	RetryCAS                     // for writes, and only with a version check
)

// ChainAction says what a chain of providers does when one of them fails.
type ChainAction uint8

// The chain actions. The zero action is ChainStop.
const (
	ChainStop              ChainAction = iota // the error is the result
	ChainContinue                             // ask the next provider
	ChainContinueIfAllowed                    // ask the next one if the configuration allows it for this provider, else stop
)

// Exit codes, by their names in sysexits.h.
const (
	exDataErr     = 65
	exNoInput     = 66
	exUnavailable = 69
	exSoftware    = 70
	exCantCreate  = 73
	exIOErr       = 74
	exTempFail    = 75
	exProtocol    = 76
	exNoPerm      = 77
	exConfig      = 78
)

// facts is what the library does with one code, and its exit code.
type facts struct {
	code     Code
	class    Code  // the code that this one also Is, "" if none
	std      error // the error of the standard library that it also Is, nil if none
	backend  bool  // Is ErrBackend
	retry    RetryClass
	chain    ChainAction
	breaker  bool // counts for a circuit breaker
	negative bool // may be cached as an absence
	exit     int
}

// table has one row per code, in the order of [Codes]. It is never modified.
var table = [...]facts{
	{code: ErrNotFound, std: fs.ErrNotExist, chain: ChainContinue, negative: true, exit: exNoInput},
	{code: ErrNotConfigured, chain: ChainContinue, exit: exConfig},
	{code: ErrInvalidKey, exit: exDataErr},
	{code: ErrInvalidValue, exit: exDataErr},
	{code: ErrTooLarge, exit: exDataErr},
	{code: ErrDenied, std: fs.ErrPermission, exit: exNoPerm},
	{code: ErrPolicyFault, class: ErrDenied, std: fs.ErrPermission, exit: exNoPerm},
	{code: ErrUnauthenticated, backend: true, exit: exNoPerm},
	{code: ErrForbidden, std: fs.ErrPermission, backend: true, exit: exNoPerm},
	{code: ErrUnavailable, backend: true, retry: RetryYes, chain: ChainContinueIfAllowed, breaker: true, exit: exUnavailable},
	{code: ErrCircuitOpen, class: ErrUnavailable, backend: true, retry: RetryAfter, chain: ChainContinueIfAllowed, exit: exUnavailable},
	{code: ErrThrottled, class: ErrUnavailable, backend: true, retry: RetryAfter, chain: ChainContinueIfAllowed, exit: exTempFail},
	{code: ErrTimeout, class: ErrUnavailable, std: context.DeadlineExceeded, backend: true, retry: RetryYes, chain: ChainContinueIfAllowed, breaker: true, exit: exTempFail},
	{code: ErrCanceled, std: context.Canceled, exit: exTempFail},
	{code: ErrModuleCrashed, backend: true, retry: RetryYes, breaker: true, exit: exSoftware},
	{code: ErrModuleProtocol, backend: true, breaker: true, exit: exProtocol},
	{code: ErrCapability, exit: exConfig},
	{code: ErrIntegrity, backend: true, breaker: true, exit: exProtocol},
	{code: ErrLoad, exit: exConfig},
	{code: ErrConflict, backend: true, retry: RetryCAS, exit: exCantCreate},
	{code: ErrShadowed, class: ErrConflict, backend: true, exit: exCantCreate},
	{code: ErrReadOnly, class: ErrUnsupported, std: errors.ErrUnsupported, exit: exUnavailable},
	{code: ErrUnsupported, std: errors.ErrUnsupported, exit: exUnavailable},
	{code: ErrOutcomeUnknown, backend: true, retry: RetryCAS, breaker: true, exit: exTempFail},
	{code: ErrStale, backend: true, retry: RetryYes, chain: ChainContinueIfAllowed, exit: exTempFail},
	{code: ErrAuditUnavailable, retry: RetryYes, exit: exIOErr},
	{code: ErrOverloaded, retry: RetryAfter, exit: exTempFail},
	{code: ErrLocked, exit: exNoPerm},
	{code: ErrClosed, exit: exSoftware},
	{code: ErrInternal, exit: exSoftware},
}

// rows is table by code. It is never modified.
var rows = func() map[Code]*facts {
	m := make(map[Code]*facts, len(table))
	for i := range table {
		m[table[i].code] = &table[i]
	}
	return m
}()

// unlisted is the row of every code that is not in the table.
var unlisted = facts{exit: exSoftware}

func (c Code) facts() *facts {
	if row := rows[c]; row != nil {
		return row
	}
	return &unlisted
}

// Codes returns all codes in the order of their declaration, without the class
// [ErrBackend]. The caller may change the slice.
func Codes() []Code {
	codes := make([]Code, len(table))
	for i, row := range table {
		codes[i] = row.code
	}
	return codes
}

// Retry returns the retry class of c: [RetryNo] for a code that [Codes] does
// not list.
func (c Code) Retry() RetryClass { return c.facts().retry }

// Chain returns what a chain of providers does when one of them answers a read
// with c: [ChainStop] for a code that [Codes] does not list. A write goes to one
// provider and never continues. A listing also passes over providers that
// answer [ErrUnsupported].
func (c Code) Chain() ChainAction { return c.facts().chain }

// CountsForBreaker reports whether c is a failure that a circuit breaker counts
// against the provider that returned it.
func (c Code) CountsForBreaker() bool { return c.facts().breaker }

// CacheableAbsence reports whether a cache may answer c for a while without
// asking the provider again. Only [ErrNotFound] is such an answer: everything
// else says something about the provider and nothing about the key.
func (c Code) CacheableAbsence() bool { return c.facts().negative }

// ExitCode returns the code that the command line exits with when c ended it, a
// number from sysexits.h; it is never 0, 1 or 2. A code that [Codes] does not
// list gets that of [ErrInternal].
func (c Code) ExitCode() int { return c.facts().exit }
