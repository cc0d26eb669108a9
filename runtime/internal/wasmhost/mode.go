package wasmhost

// Mode says what an instance keeps between calls.
type Mode string

// The modes. The zero Mode is Isolated.
const (
	// Isolated puts an instance back to its state after postern_open when a call
	// ends, so that a call finds nothing of the one before.
	Isolated Mode = "isolated"
	// Pooled keeps the state of instances, each of which may serve any caller.
	Pooled Mode = "pooled"
	// Serial keeps the state of one instance, which serves all calls in turn.
	Serial Mode = "serial"
)

// Valid reports whether m is a mode.
func (m Mode) Valid() bool { return m == "" || m == Isolated || m == Pooled || m == Serial }

func (m Mode) resets() bool { return m == "" || m == Isolated }

// recycleAfter is how many calls an instance that is not reset serves.
const recycleAfter = 10_000
