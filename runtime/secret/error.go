package secret

import (
	"fmt"
	"strings"
	"time"
)

// Op names what was asked of a provider.
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

// Error is what every call of this project returns when it fails. Its text
// holds the operation, the key, the provider, the code and a detail written by
// the host; never a value and never a word of a module.
type Error struct {
	Code     Code
	Op       Op
	Key      Key           // as asked; may be no valid key when Code is invalid_key
	Provider string        // the configured name
	Detail   string        // host-written, without values
	After    time.Duration // when Code.Retry() is RetryAfter: how long to wait, 0 if unknown
	Attempts []Attempt     // one per provider asked, in order

	// Both are closures because fmt, and all that walks a value by reflection,
	// shows the address of a function and nothing behind it.
	cause func() error
	guest func() string
}

// Attempt is one provider's part in a failed call.
type Attempt struct {
	Provider string
	Code     Code // "" when the provider answered
	Duration time.Duration
}

// Wrap returns e with cause, which Unwrap reveals and Error does not print: a
// cause may quote what its author saw.
func (e *Error) Wrap(cause error) *Error {
	e.cause = func() error { return cause }
	return e
}

// WithGuestText returns e with words of the module, cut to 512 bytes. They are
// untrusted: see [Error.GuestText].
func (e *Error) WithGuestText(text string) *Error {
	text = clip(text, 512)
	e.guest = func() string { return text }
	return e
}

// GuestText returns what the module said, or "". It may hold anything, a value
// too: quote it, and do not log it unmasked.
func (e *Error) GuestText() string {
	if e.guest == nil {
		return ""
	}
	return e.guest()
}

// Error returns one line: get "db/password": provider "vault": timeout: detail.
func (e *Error) Error() string {
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

// GoString returns the text of Error: %#v is no way around it.
func (e *Error) GoString() string { return e.Error() }

// Unwrap returns the code and, if there is one, the cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.cause()}
}

func (e *Error) code() Code { return e.Code }
