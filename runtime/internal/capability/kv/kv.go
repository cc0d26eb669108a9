package kv

import (
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/slab"
)

const (
	maxKey    = 512 // the longest key in bytes
	keyHeader = 16  // bytes of a key in a list of them, besides its own
)

// KV is the capability of one provider.
type KV struct {
	opt   *capability.Options
	store *store
}

var (
	_ capability.Capability = (*KV)(nil)
	_ capability.Keeper     = (*KV)(nil)
)

// New returns the capability, which needs no grant.
func New() *KV { return &KV{} }

// Module returns "postern_kv_v1".
func (*KV) Module() string { return abi.ModuleKV }

// Open makes an empty store.
func (k *KV) Open(o *capability.Options) error {
	k.opt, k.store = o, newStore(o.MaxStore)
	return nil
}

// Close wipes the store. Calls that come later find nothing and store nothing.
func (k *KV) Close() error {
	k.store.close()
	return nil
}

// Kept returns the memory of the store.
func (k *KV) Kept() capability.Kept {
	s := k.store.stat()
	return capability.Kept{Values: s.Cells, Locked: s.Locked, Unlocked: s.Unlocked}
}

// Functions returns the functions of postern_kv_v1.
func (k *KV) Functions() map[string]capability.Function {
	return map[string]capability.Function{
		"get": capability.WithResult(k.get), "put": capability.WithResult(k.put),
		"delete": capability.WithResult(k.delete), "list": capability.WithResult(k.list),
	}
}

// key returns the key at (ptr, n): 1 to 512 bytes of any kind.
func key(m capability.Memory, ptr, n uint64) (key string, ok bool) {
	b := m.View(ptr, n)
	if len(b) == 0 || len(b) > maxKey {
		return "", false
	}
	return string(b), true
}

func (k *KV) get(c *capability.Call, m capability.Memory, args []uint64) int32 {
	key, ok := key(m, args[0], args[1])
	buf := m.View(args[2], args[3])
	if !ok {
		return capability.Status(abi.InvalidKey)
	}
	var n int32
	c.Charge(capability.EntryUnits)
	status := k.store.use(key, func(value []byte) error {
		if n = int32(len(value)); uint64(n) > uint64(uint32(args[3])) {
			return nil // the guest gets the length only
		}
		c.DiscloseBytes(value)
		c.Copy(buf[:len(value)], value)
		return nil
	})
	if status != abi.OK {
		return capability.Status(status)
	}
	return n
}

func (k *KV) put(c *capability.Call, m capability.Memory, args []uint64) int32 {
	key, ok := key(m, args[0], args[1])
	value := m.View(args[2], args[3])
	if !ok {
		return capability.Status(abi.InvalidKey)
	}
	// The copy, and the wiping of it once it is replaced or removed.
	c.Charge(capability.SystemUnits + 7*capability.Copied(min(len(value), slab.MaxSize)))
	if len(value) <= slab.MaxQuick && !k.store.isLarge(key) {
		c.Charge(capability.Copied(len(value)))
		return capability.Status(k.store.put(key, value))
	}
	// Not while a lock is held: the copy ends with the call, and lets others run.
	c.Await(k.store.large)
	return capability.Status(k.store.putLarge(key, value, c.Copy))
}

func (k *KV) delete(c *capability.Call, m capability.Memory, args []uint64) int32 {
	key, ok := key(m, args[0], args[1])
	if !ok {
		return capability.Status(abi.InvalidKey)
	}
	c.Charge(4 * capability.EntryUnits)
	if k.store.isLarge(key) {
		c.Await(k.store.large)
		return capability.Status(k.store.removeLarge(key))
	}
	return capability.Status(k.store.remove(key))
}

func (k *KV) list(c *capability.Call, m capability.Memory, args []uint64) int32 {
	prefix := m.View(args[0], args[1])
	m.View(args[2], args[3])
	list := c.NewListing(c.Scratch())
	wanted := string(prefix[:min(len(prefix), maxKey+1)])
	c.Charge(capability.Copied(keyHeader * k.store.count()))
	keys := slices.DeleteFunc(k.store.list(), func(key string) bool {
		c.Charge(capability.EntryUnits)
		return !strings.HasPrefix(key, wanted)
	})
	slices.SortFunc(keys, c.Compare)
	for _, key := range keys {
		if !list.Reserve(len(key)) {
			return capability.Status(abi.TooLarge)
		}
		list.Buf = abi.Append(list.Buf, abi.TagKey, []byte(key))
	}
	// A key may be a value that the guest was given earlier.
	if uint64(len(list.Buf)) <= uint64(uint32(args[3])) {
		c.DiscloseBytes(list.Buf)
	}
	return m.Fill(args[2], args[3], c.Keep(list.Buf))
}
