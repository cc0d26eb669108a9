package postern

import (
	"errors"

	"github.com/postern-project/postern/runtime/abi"
)

// Status is the reason why an operation failed. It is an error.
type Status int32

// The statuses that a module may return.
const (
	NotFound        = Status(abi.NotFound)        // the store answered that there is no such key
	Forbidden       = Status(abi.Forbidden)       // the store accepts the credential and refuses access
	Unauthenticated = Status(abi.Unauthenticated) // the store rejects the credential
	Unavailable     = Status(abi.Unavailable)     // the store cannot be reached or read
	Throttled       = Status(abi.Throttled)       // the store limits the rate of requests
	InvalidKey      = Status(abi.InvalidKey)      // the store cannot have such a key
	Unsupported     = Status(abi.Unsupported)     // the module does not offer the operation
	Conflict        = Status(abi.Conflict)        // the stored version is not the expected one
	TooLarge        = Status(abi.TooLarge)        // a limit on size was exceeded
	Internal        = Status(abi.Internal)        // a bug in the module
	NotConfigured   = Status(abi.NotConfigured)   // the store does not apply here
	Integrity       = Status(abi.Integrity)       // a digest or signature does not match
	Timeout         = Status(abi.Timeout)         // the store did not answer in time
	ReadOnlyStore   = Status(abi.ReadOnly)        // the store cannot be written to
	InvalidValue    = Status(abi.InvalidValue)    // the store cannot hold such a value
	Capability      = Status(abi.Capability)      // a host function was called with something that was not granted
)

// Error returns the name of the status.
func (s Status) Error() string { return abi.Status(s).String() }

// Fail returns an error with a status and a message for people. The host cuts the
// message to 512 bytes and does not trust it. It must not contain a value.
func Fail(s Status, text string) error { return &failure{s, text} }

type failure struct {
	status Status
	text   string
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() error { return f.status }

// statusOf returns the status of an error and its message for people.
func statusOf(err error) (s Status, text string) {
	var f *failure
	if errors.As(err, &f) {
		return f.status, f.text
	}
	if s = Internal; errors.As(err, &s) {
		return s, ""
	}
	return Internal, ""
}
