package postern

import "github.com/postern-project/postern/runtime/abi"

// Get returns what was kept under key with [Put]: NotFound if nothing was. What
// is kept survives the reset between calls, belongs to this provider alone and
// is gone with the process.
func Get(key string) ([]byte, error) { return ask(rawKVGet, key) }

// Put keeps a value: TooLarge above the cap of the host.
func Put(key string, value []byte) error {
	return done(rawKVPut(pointer(key), uint32(len(key)), pointer(value), uint32(len(value))))
}

// Delete drops what is kept under key, or returns NotFound.
func Delete(key string) error { return done(rawKVDelete(pointer(key), uint32(len(key)))) }

// List returns the keys of what is kept that begin with prefix, sorted.
func List(prefix string) ([]string, error) {
	b, err := ask(rawKVList, prefix)
	if err != nil {
		return nil, err
	}
	return texts(b, abi.TagKey)
}
