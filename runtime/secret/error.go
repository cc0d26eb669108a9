package secret

import (
	"fmt"
	"strings"
	"time"
)

// Op is an operation on a provider.
type Op string

// The operations.
const (
	OpGet    Op = "get"
	OpSet    Op = "set"
	OpDelete Op = "delete"
	OpKeys   Op = "keys"
	OpWatch  Op = "watch"
	OpOpen   Op = "open"
)

// Error is the error type of the project. Its text has the operation, the key,
// the provider, the code and the detail: never a value, and no text that a module
// or a store wrote.
//
// The fields are for reading: do not change an Error that a call returned, since
// callers may share it. An Error is safe for concurrent reading.
type Error struct {
	Code     Code
	Op       Op            // "" if the error belongs to no operation
	Key      Key           // as requested, so it may be invalid; "" if none
	Provider string        // its name in the configuration, "" if none
	Detail   string        // what is wrong, without values; written by the host
	After    time.Duration // how long to wait if Code.Retry() is RetryAfter, 0 if unknown
	Attempts []Attempt     // one per provider that was asked, in order

	// These are closures because fmt, like everything that prints by reflection,
	// shows only the address of a function.
	cause func() error
	guest func() string
}

// Attempt is the result of one provider in a call that failed.
type Attempt struct {
	Provider string
	Code     Code // "" if the provider succeeded
	Duration time.Duration
}

// Wrap makes cause the cause of e and returns e. Unwrap returns the cause, but
// Error does not print it: its text may quote a value. A nil cause is none.
func (e *Error) Wrap(cause error) *Error {
	if cause == nil {
		e.cause = nil
		return e
	}
	e.cause = func() error { return cause }
	return e
}

// WithGuestText attaches the first 512 bytes of a message of the module to e and
// returns e. The message is untrusted: see [Error.GuestText].
func (e *Error) WithGuestText(text string) *Error {
	text = clip(text, 512)
	e.guest = func() string { return text }
	return e
}

// GuestText returns the message of the module, "" if there is none. It may contain
// anything, even a value: mask it before logging and quote it before printing.
func (e *Error) GuestText() string {
	if e == nil || e.guest == nil {
		return ""
	}
	return e.guest()
}

// Error returns one line of text, such as
//
//	get "db/password": provider "vault": timeout: the call took longer than 10s, limits.call
//
// It leaves out the cause and the message of the module.
func (e *Error) Error() string {
	if e == nil {
		return string(ErrInternal) + ": nil pointer instead of an error"
	}
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(string(e.Op))
	}
	if e.Key != "" {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%q", string(e.Key))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if e.Provider != "" {
		fmt.Fprintf(&b, "provider %q: ", e.Provider)
	}
	b.WriteString(string(e.Code))
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// GoString returns the text of [Error.Error], so that %#v does not show more.
func (e *Error) GoString() string { return e.Error() }

// Unwrap returns the code and, if there is one, the cause. So errors.Is matches
// both, and everything that the code Is.
func (e *Error) Unwrap() []error {
	if e == nil || e.cause == nil {
		return []error{e.code()}
	}
	return []error{e.Code, e.cause()}
}

func (e *Error) code() Code {
	if e == nil {
		return ErrInternal // a bug: somebody returned a nil *Error as an error
	}
	return e.Code
}
