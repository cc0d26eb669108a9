package postern

// Provider gives access to one store of secrets. A method that fails returns a
// [Status] or an error of [Fail]. For any other error the host gets [Internal], and
// the text of the error does not leave the module.
//
// An instance serves one call at a time. Between calls the host may reset it to its
// state after New: keep what a later call needs with [Put].
type Provider interface {
	// Get reads one or more keys and adds exactly one reply for each, in any
	// order. If it returns an error, all of them fail.
	Get(keys []string, to Replies) error

	// Set stores a value.
	Set(key string, value []byte) error

	// Delete removes a value. It returns NotFound if there is none.
	Delete(key string) error

	// Keys calls add with the keys that begin with prefix, in any order. The host
	// ignores other keys. If add fails, a limit of the host was reached: return
	// the error.
	Keys(prefix string, add func(key string) error) error
}

// Replies receives the results of a Get. If a method fails, a limit of the host was
// reached: return the error.
type Replies interface {
	// Value adds a value and its version, "" if the store has no versions. A
	// version is printable ASCII and must not be derived from the value alone.
	Value(key string, value []byte, version string) error

	// Status adds the reason why a key has no value. It is NotFound only if the
	// store answered that there is no such key.
	Status(key string, s Status) error
}

// ReadOnly is for embedding in a provider that offers only Get: its methods return
// [Unsupported]. The module must not export functions for them.
type ReadOnly struct{}

// Set returns Unsupported.
func (ReadOnly) Set(string, []byte) error { return Unsupported }

// Delete returns Unsupported.
func (ReadOnly) Delete(string) error { return Unsupported }

// Keys returns Unsupported. A provider that can list has its own Keys.
func (ReadOnly) Keys(string, func(string) error) error { return Unsupported }
