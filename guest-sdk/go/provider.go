package postern

// Provider answers for one store of secrets. A method that fails returns a
// [Status] or an error of [Fail]; any other error is [Internal] to the host, and
// its text stays in the module.
//
// An instance serves one call at a time. The host may put it back to its state
// after New between calls: keep nothing that a later call needs, but with [Put].
type Provider interface {
	// Get reads keys, one or more, and gives exactly one reply for each, in any
	// order. An error fails all of them.
	Get(keys []string, to Replies) error

	// Set stores a value.
	Set(key string, value []byte) error

	// Delete removes a value, or returns NotFound.
	Delete(key string) error

	// Keys adds the keys that begin with prefix, in any order; others do no
	// harm. An error of add is a cap of the host: return it.
	Keys(prefix string, add func(key string) error) error
}

// Replies takes the answers to a read. An error of a method is a cap of the
// host: return it.
type Replies interface {
	// Value answers with a value, and with the store's version of it, or "" if
	// it has none. A version is printable ASCII and not derived from the value
	// alone.
	Value(key string, value []byte, version string) error

	// Status answers that there is no value, and why. It is NotFound only when
	// the store said so.
	Status(key string, s Status) error
}

// ReadOnly is embedded by providers that only read: it answers [Unsupported] to
// all other verbs. A module exports no function for them either.
type ReadOnly struct{}

// Set returns Unsupported.
func (ReadOnly) Set(string, []byte) error { return Unsupported }

// Delete returns Unsupported.
func (ReadOnly) Delete(string) error { return Unsupported }

// Keys returns Unsupported; a provider that lists has its own.
func (ReadOnly) Keys(string, func(string) error) error { return Unsupported }
