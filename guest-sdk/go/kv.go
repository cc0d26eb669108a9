package postern

import "github.com/postern-project/postern/runtime/abi"

// Get returns the state that [Put] stored under key. The error is NotFound if there
// is none. The state is private to the provider, survives a reset and is lost when
// the process ends.
func Get(key string) ([]byte, error) { return ask(rawKVGet, key) }

// Put stores state under key. The error is TooLarge above the limit of the host.
func Put(key string, value []byte) error {
	return done(rawKVPut(pointer(key), uint32(len(key)), pointer(value), uint32(len(value))))
}

// Delete removes the state under key. The error is NotFound if there is none.
func Delete(key string) error { return done(rawKVDelete(pointer(key), uint32(len(key)))) }

// List returns the keys of the state that begin with prefix, sorted.
func List(prefix string) ([]string, error) {
	b, err := ask(rawKVList, prefix)
	if err != nil {
		return nil, err
	}
	return texts(b, abi.TagKey)
}
