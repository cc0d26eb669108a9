package redact

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/postern-project/postern/runtime/redact/internal/match"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// value is one distinct value of the registry. It has at least one claim.
type value struct {
	hash  uint64                        // seeded, of the bytes
	src   atomic.Pointer[secret.Secret] // the registry's own copy; nil if the value is not searched, or was wiped
	mask  atomic.Pointer[masks]         // of the smallest key
	keys  atomic.Pointer[[]string]      // of its claims, sorted; not changed once it is stored
	force bool                          // searched at any length
	why   Reason                        // empty if it is searched
	part  bool                          // not all of its lines or JSON strings are searched

	// Guarded by the registry's mutex.
	claims []claim // sorted by compare
	named  claim   // the claim that mask was made for
	queued bool    // is in the registry's endings
	next   *value  // with the same hash and different bytes
}

// masks are the texts that replace a value.
type masks struct{ text, plain, hint string }

var _ match.Value = (*value)(nil)

// claim is a reason to mask a value: the registration of a key, or all holds of a
// key that have the same hint.
type claim struct {
	key        string
	registered bool // false for holds
	hint       hint
	live       int       // holders that have not let go
	until      time.Time // when the grace of the others is over
}

// compare orders claims by key. A key has at most one registration, regardless of
// its hint, and one claim for all holds with the same hint.
func (c *claim) compare(d claim) int {
	if c.key != d.key || c.registered && d.registered {
		return cmp.Compare(c.key, d.key)
	}
	if c.registered != d.registered {
		if c.registered {
			return -1
		}
		return 1
	}
	return c.hint.compare(d.hint)
}

func (c *claim) expired(now time.Time) bool { return c.live == 0 && !now.Before(c.until) }

// hint is what a mask shows of a value.
type hint struct {
	shows int // bytes of the value
	text  string
}

// compare orders hints by how much they reveal.
func (h hint) compare(g hint) int {
	return cmp.Or(cmp.Compare(h.shows, g.shows), cmp.Compare(h.text, g.text))
}

// Expose implements [match.Value].
func (v *value) Expose(f func([]byte) error) error {
	src := v.src.Load()
	if src == nil {
		return errWiped
	}
	return src.Expose(f)
}

var errWiped = errors.New("the value was wiped")

// Live implements [match.Value].
func (v *value) Live() bool { return v.src.Load() != nil }

// Forced implements [match.Value].
func (v *value) Forced() bool { return v.force }

// Mask implements [match.Value].
func (v *value) Mask() string { return v.mask.Load().text }

// Hint implements [match.Value].
func (v *value) Hint() (hint, text, plain string) {
	m := v.mask.Load()
	return m.hint, m.text, m.plain
}

// is reports whether v has the bytes b, which have the same hash. A value that is
// not searched has no copy to compare with, so the hash decides.
func (v *value) is(b []byte) bool {
	if !v.Live() {
		return true
	}
	same := false
	_ = v.Expose(func(own []byte) error { same = bytes.Equal(own, b); return nil })
	return same
}

func (v *value) find(c claim) (int, bool) {
	return slices.BinarySearchFunc(v.claims, c, func(a, b claim) int { return a.compare(b) })
}

// addKey adds one holder to claim c. A registration has one holder at most, and
// takes the new hint.
func (v *value) addKey(c claim) {
	i, found := v.find(c)
	if !found {
		v.claims = slices.Insert(v.claims, i, c)
	}
	if own := &v.claims[i]; c.registered {
		own.live, own.hint = 1, c.hint
	} else {
		own.live++
	}
	v.rename()
}

// unregister makes the registration of a key, which may be retired already, expire
// at the given time.
func (v *value) unregister(key string, until time.Time) {
	if i, found := v.find(claim{key: key, registered: true}); found {
		v.claims[i].live, v.claims[i].until = 0, until
	}
}

// release removes one holder from claim c, which does not expire before the given
// time.
func (v *value) release(c claim, until time.Time) {
	i, found := v.find(c)
	if !found {
		return
	}
	own := &v.claims[i]
	own.live--
	if own.until.Before(until) {
		own.until = until
	}
}

// expire drops the expired claims. It returns when the next one will expire; zero
// if all others have holders.
func (v *value) expire(now time.Time) (next time.Time) {
	v.claims = slices.DeleteFunc(v.claims, func(c claim) bool { return c.expired(now) })
	for i := range v.claims {
		if c := &v.claims[i]; c.live == 0 && (next.IsZero() || c.until.Before(next)) {
			next = c.until
		}
	}
	if len(v.claims) > 0 {
		v.rename()
	}
	return next
}

// retired reports whether all holders have let go.
func (v *value) retired() bool {
	return !slices.ContainsFunc(v.claims, func(c claim) bool { return c.live > 0 })
}

// rename makes the mask from the smallest key. If its claims have different hints,
// it takes the one that reveals the least: of the claims with holders, if there are
// any.
func (v *value) rename() {
	least := &v.claims[0]
	for i := range v.claims {
		c := &v.claims[i]
		if c.key != least.key {
			break
		}
		if live := c.live > 0; live != (least.live > 0) {
			if live {
				least = c
			}
		} else if c.hint.compare(least.hint) < 0 {
			least = c
		}
	}
	v.nameKeys()
	if v.mask.Load() == nil || least.key != v.named.key || least.hint != v.named.hint {
		v.mask.Store(&masks{maskFor(least.key, least.hint.text), maskFor(least.key, ""), least.hint.text})
		v.named = *least
	}
}

// nameKeys stores the keys of the claims, if they changed.
func (v *value) nameKeys() {
	i := 0
	old := v.keys.Load()
	changed := old == nil
	for j := range v.claims {
		if j > 0 && v.claims[j].key == v.claims[j-1].key {
			continue
		}
		changed = changed || i >= len(*old) || (*old)[i] != v.claims[j].key
		i++
	}
	if !changed && i == len(*old) {
		return
	}
	keys := make([]string, 0, i)
	for j := range v.claims {
		if j == 0 || v.claims[j].key != v.claims[j-1].key {
			keys = append(keys, v.claims[j].key)
		}
	}
	v.keys.Store(&keys)
}

// shown reports whether show is true for all keys of the value.
func (v *value) shown(show func(key string) bool) bool {
	for _, key := range *v.keys.Load() {
		if !show(key) {
			return false
		}
	}
	return true
}

// wipe ends the search for the value and destroys the registry's copy.
func (v *value) wipe() {
	if src := v.src.Swap(nil); src != nil {
		src.Destroy()
	}
}

// maskFor returns the mask of a key. Characters that could break a JSON string or a
// shell word are replaced.
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

func harmless(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_./-@:+", c) >= 0
}

// maskHint returns what the mask of a value shows of it: nothing if the part could
// break a JSON string or a shell word.
func maskHint(m Mask, value []byte, key func() []byte) hint {
	if m.Mode == "" || m.Mode == mask.Full {
		return hint{}
	}
	var hashKey []byte
	if m.Mode == mask.Hash {
		hashKey = key()
	}
	part := strings.Trim(m.Apply(value, hashKey), "*")
	for i := range len(part) {
		if !harmless(part[i]) {
			return hint{}
		}
	}
	if m.Mode == mask.Hash {
		return hint{text: part}
	}
	return hint{shows: len(part), text: part}
}
