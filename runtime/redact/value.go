package redact

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// source is where the bytes of a value stay: a secret, which lends them out.
type source interface {
	Expose(func([]byte) error) error
}

// value is one distinct value of the registry, under one or more keys.
type value struct {
	hash  uint64                 // seeded, of the value, to find it again
	src   atomic.Pointer[source] // nil once it is not searched any more
	mask  atomic.Pointer[string] // "[REDACTED:key]" of the smallest key
	force bool                   // searched whatever it is
	why   Reason                 // empty if it is searched

	keys []holder // sorted; guarded by the registry's mutex
}

// holder is a key under which a value is known.
type holder struct {
	key   string
	shown string    // what the key's mask lets see of the value
	until time.Time // zero while it is live
}

func (v *value) dead() bool { return v.src.Load() == nil }

// hold adds a key, or makes it live again, with what may be seen under it.
func (v *value) hold(key, shown string) {
	i, found := v.find(key)
	if !found {
		v.keys = slices.Insert(v.keys, i, holder{key: key})
	}
	v.keys[i].until, v.keys[i].shown = time.Time{}, shown
	v.rename()
}

// retire sets the time at which a key is dropped.
func (v *value) retire(key string, until time.Time) {
	if i, found := v.find(key); found {
		v.keys[i].until = until
	}
}

// expire forgets the keys whose time is over.
func (v *value) expire(now time.Time) {
	v.keys = slices.DeleteFunc(v.keys, func(h holder) bool {
		return !h.until.IsZero() && !now.Before(h.until)
	})
	v.rename()
}

// retired counts the keys that wait to be dropped.
func (v *value) retired() int {
	n := 0
	for _, h := range v.keys {
		if !h.until.IsZero() {
			n++
		}
	}
	return n
}

func (v *value) find(key string) (int, bool) {
	return slices.BinarySearchFunc(v.keys, key, func(h holder, key string) int {
		return cmp.Compare(h.key, key)
	})
}

// rename names the mask after the smallest key; without keys the value is dead
// and its secret let go.
func (v *value) rename() {
	if len(v.keys) == 0 {
		v.src.Store(nil)
		return
	}
	mask := maskFor(v.keys[0].key, v.keys[0].shown)
	v.mask.Store(&mask)
}

// maskFor is the text that stands for a value of the key. What could break a
// JSON string or a shell word does not get in.
func maskFor(key, shown string) string {
	clean := []byte(key)
	for i, c := range clean {
		if !harmless(c) {
			clean[i] = '_'
		}
	}
	if shown == "" {
		return "[REDACTED:" + string(clean) + "]"
	}
	return "[REDACTED:" + string(clean) + ":" + shown + "]"
}

func harmless(c byte) bool { return isAlnum(c) || strings.IndexByte("_./-@:+", c) >= 0 }

// show returns what a mask lets see of a value inside of text: nothing for a
// full one, and nothing where the part could break what is around it.
func show(m Mask, value, key []byte) string {
	if m.Mode == "" || m.Mode == MaskFull {
		return ""
	}
	part := strings.Trim(m.Apply(value, key), "*")
	for i := range len(part) {
		if !harmless(part[i]) {
			return ""
		}
	}
	return part
}

// weigh hashes and judges the bytes of a source.
func weigh(seed maphash.Seed, src source) (hash uint64, why Reason, err error) {
	err = src.Expose(func(b []byte) error {
		hash, why = maphash.Bytes(seed, b), judge(b)
		return nil
	})
	return hash, why, err
}
