package wasmhost

// Mode is what an instance keeps from one call to the next.
type Mode string

// The modes. The zero Mode is Isolated.
const (
	// Isolated restores an instance to its state after postern_open when a call
	// ends, so that a call finds nothing of the one before.
	Isolated Mode = "isolated"
	// Pooled keeps the state of every instance, and each may serve any caller.
	Pooled Mode = "pooled"
	// Serial keeps the state of one instance, which serves all calls in turn.
	Serial Mode = "serial"
)

// Valid reports whether m is a mode.
func (m Mode) Valid() bool { return m == "" || m == Isolated || m == Pooled || m == Serial }

// restores reports whether instances are restored after every call.
func (m Mode) restores() bool { return m == "" || m == Isolated }

// recycleAfter is how many calls an instance that is not restored serves before it
// is replaced.
const recycleAfter = 10_000
