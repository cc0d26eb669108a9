package capability

import (
	"io"

	"github.com/postern-project/postern/runtime/abi"
)

// Capability is one import module that a host offers to the module of one
// provider. Its functions are safe for concurrent use: several instances of the
// module share it.
//
// A capability that needs a grant is a [Granted] too, one that keeps something
// during a guest call a [Stateful], and one that keeps something between calls a
// [Keeper].
type Capability interface {
	// Module returns the name of the import module, a constant of package abi.
	Module() string

	// Open takes over the options of the provider and checks the grant. It does
	// not touch what was granted, which may be missing now and come later. The
	// error is an [*secret.Error] with the code load_failed that quotes the grant.
	Open(o *Options) error

	// Functions returns the host functions by name. Their signatures are those of
	// package abi.
	Functions() map[string]Function
}

// Granted is a capability that works only with a grant of the operator.
type Granted interface {
	// MissingGrant returns "" if there is a grant, else an example of the setting
	// to add, such as "env: [NAME]".
	MissingGrant() string
}

// Stateful is a capability that keeps something for the length of a guest call.
type Stateful interface {
	// NewState returns the state for the calls of one instance.
	NewState() State
}

// Keeper is a capability that keeps values between calls. Close wipes them; it may be
// called twice.
type Keeper interface {
	io.Closer

	// Kept returns the memory that it takes now.
	Kept() Kept
}

// Kept is memory that outlives a call.
type Kept struct {
	Values   int
	Locked   int64 // bytes that cannot be swapped out
	Unlocked int64 // bytes that the system refused to lock
}

// State is what a capability keeps during a guest call. One State serves one
// instance, call after call, and is used by one goroutine at a time. Find it with
// [StateOf].
type State interface {
	// Disclose adds what the guest was given in this call.
	Discloser

	// End wipes the state when the call ends.
	End()
}

// StateOf returns the state of type T in c. It panics if no capability of the
// call's set has such a state.
func StateOf[T State](c *Call) T {
	for _, s := range c.states {
		if t, ok := s.(T); ok {
			return t
		}
	}
	panic("capability: the set of the call has no such state")
}

// Sink takes one record that the guest emits. The record is a view of guest
// memory: the sink copies what it keeps. A status other than ok is returned,
// negated, to the guest.
type Sink func(record []byte) abi.Status
