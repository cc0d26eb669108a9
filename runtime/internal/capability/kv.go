package capability

import (
	"slices"
	"strings"
	"sync"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/slab"
)

const (
	// maxKVKey is the longest key in bytes.
	maxKVKey = 512
	// entryCost is charged for every entry besides its bytes: many small ones
	// cost the host more than they hold.
	entryCost = 256
)

// kv is the state of one provider that survives its calls. Its values are in
// protected memory. It is safe for concurrent use.
type kv struct {
	limit int64
	owner slab.Owner

	mu      sync.RWMutex
	entries map[string]entry // guarded by mu; nil when closed
	bytes   int64            // guarded by mu: what the entries are charged
}

type entry struct {
	cell *slab.Cell
	size int
}

func newKV(limit int64) *kv {
	return &kv{limit: limit, owner: slab.NewOwner(), entries: map[string]entry{}}
}

func (k *kv) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.owner.FreeAll()
	k.entries, k.bytes = nil, 0
}

func cost(key string, size int) int64 { return int64(len(key)) + int64(size) + entryCost }

func (k *kv) put(key string, value []byte) abi.Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.entries == nil {
		return abi.Unavailable
	}
	old, replaced := k.entries[key]
	bytes := k.bytes + cost(key, len(value))
	if replaced {
		bytes -= cost(key, old.size)
	}
	if bytes > k.limit || len(value) > slab.MaxSize {
		return abi.TooLarge
	}
	cell, err := slab.New(k.owner, value)
	if err != nil {
		return abi.Unavailable
	}
	if replaced {
		old.cell.Free()
	}
	k.entries[key], k.bytes = entry{cell, len(value)}, bytes
	return abi.OK
}

func (k *kv) remove(key string) abi.Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.entries[key]
	if !ok {
		return abi.NotFound
	}
	e.cell.Free()
	delete(k.entries, key)
	k.bytes -= cost(key, e.size)
	return abi.OK
}

// use calls f with the value of key.
func (k *kv) use(key string, f func(value []byte) error) abi.Status {
	k.mu.RLock()
	defer k.mu.RUnlock()
	e, ok := k.entries[key]
	if !ok {
		return abi.NotFound
	}
	if e.cell.Use(f) != nil {
		return abi.Unavailable
	}
	return abi.OK
}

func (k *kv) keys(prefix string) []string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var keys []string
	for key := range k.entries {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// kvFunctions returns postern_kv_v1, which every module may import.
func kvFunctions() map[string]function {
	return map[string]function{
		"get": result(kvGet), "put": result(kvPut), "delete": result(kvDelete), "list": result(kvList),
	}
}

// kvKey returns the key at (ptr, n), which is 1 to 512 bytes of any kind.
func kvKey(m memory, ptr, n uint64) (key string, ok bool) {
	b := m.view(ptr, n)
	if len(b) == 0 || len(b) > maxKVKey {
		return "", false
	}
	return string(b), true
}

func kvGet(c *Call, m memory, args []uint64) int32 {
	key, ok := kvKey(m, args[0], args[1])
	m.view(args[2], args[3])
	if !ok {
		return refused(abi.InvalidKey)
	}
	var n int32
	status := c.set.kv.use(key, func(value []byte) error {
		c.handState(value)
		n = m.fill(args[2], args[3], value)
		return nil
	})
	if status != abi.OK {
		return refused(status)
	}
	return n
}

func kvPut(c *Call, m memory, args []uint64) int32 {
	key, ok := kvKey(m, args[0], args[1])
	value := m.view(args[2], args[3])
	if !ok {
		return refused(abi.InvalidKey)
	}
	return refused(c.set.kv.put(key, value))
}

func kvDelete(c *Call, m memory, args []uint64) int32 {
	key, ok := kvKey(m, args[0], args[1])
	if !ok {
		return refused(abi.InvalidKey)
	}
	return refused(c.set.kv.remove(key))
}

func kvList(c *Call, m memory, args []uint64) int32 {
	prefix := m.view(args[0], args[1])
	m.view(args[2], args[3])
	list := newListing(c)
	for _, key := range c.set.kv.keys(string(prefix[:min(len(prefix), maxKVKey+1)])) {
		if !list.room(len(key)) {
			return refused(abi.TooLarge)
		}
		list.buf = abi.Append(list.buf, abi.TagKey, []byte(key))
	}
	return m.fill(args[2], args[3], list.done(c))
}
