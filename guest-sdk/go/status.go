package postern

import (
	"errors"

	"github.com/postern-project/postern/runtime/abi"
)

// Status says why there is no answer. It is an error.
type Status int32

// The statuses that a module may return.
const (
	NotFound        = Status(abi.NotFound)        // the store answered that there is no such key
	Forbidden       = Status(abi.Forbidden)       // the store knows us and refuses
	Unauthenticated = Status(abi.Unauthenticated) // the store rejects our credential
	Unavailable     = Status(abi.Unavailable)     // the store could not be reached or read
	Throttled       = Status(abi.Throttled)       // the store asks to slow down
	InvalidKey      = Status(abi.InvalidKey)      // the store cannot have such a key
	Unsupported     = Status(abi.Unsupported)     // this verb is not offered
	Conflict        = Status(abi.Conflict)        // the stored version is another one
	TooLarge        = Status(abi.TooLarge)        // a cap was exceeded
	Internal        = Status(abi.Internal)        // a fault of the module
	NotConfigured   = Status(abi.NotConfigured)   // this store does not apply here
	Integrity       = Status(abi.Integrity)       // a digest or signature does not fit
	Timeout         = Status(abi.Timeout)         // the store did not answer in time
	ReadOnlyStore   = Status(abi.ReadOnly)        // the store is not written to
	InvalidValue    = Status(abi.InvalidValue)    // the store cannot hold such a value
	Capability      = Status(abi.Capability)      // a host function said so
)

// Error returns the status's name.
func (s Status) Error() string { return abi.Status(s).String() }

// Fail returns an error with a status and a text for people, which the host cuts
// to 512 bytes and treats as untrusted. Put no value into it.
func Fail(s Status, text string) error { return &failure{s, text} }

type failure struct {
	status Status
	text   string
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() error { return f.status }

// statusOf returns what an error means to the host, and its text for people.
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
