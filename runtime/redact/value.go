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

// value is one distinct value of the registry, claimed under one or more keys.
type value struct {
	hash  uint64                        // seeded, of the bytes
	src   atomic.Pointer[secret.Secret] // the registry's own copy; nil if the value is not searched, or not any more
	mask  atomic.Pointer[string]        // "[REDACTED:key]" of the smallest key
	force bool                          // searched although classify advises against it
	why   Reason                        // empty if it is searched

	// Guarded by the registry's mutex.
	claims []claim // sorted by compare
	named  claim   // the one that mask was made for
	queued bool    // in the registry's ending queue
	next   *value  // with the same hash, but other bytes
}

var _ match.Value = (*value)(nil)

// claim is a reason to mask a value: the registration of a key, or all holds of
// a key that have the same hint.
type claim struct {
	key        string
	registered bool // by Add, at most once; else by Hold
	hint       hint
	live       int       // holders that have not let go
	until      time.Time // the end of the grace of those that have
}

// compare orders claims by key. A key has one registration, with any hint, and
// one claim for the holds of each hint.
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

func (c *claim) over(now time.Time) bool { return c.live == 0 && !now.Before(c.until) }

// hint is what a mask shows of a value.
type hint struct {
	shows int // bytes of the value
	text  string
}

// compare puts the hint that reveals least first.
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
func (v *value) Mask() string { return *v.mask.Load() }

// is reports whether b, which has the value's hash, is the value. A value that
// is not searched has no copy to compare with; there the hash decides.
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

// addKey counts one more holder of a claim. A registration counts once and
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

// unregister ends the registration of a key, also one that has been retired, at
// the given time.
func (v *value) unregister(key string, until time.Time) {
	if i, found := v.find(claim{key: key, registered: true}); found {
		v.claims[i].live, v.claims[i].until = 0, until
	}
}

// release takes one holder off a claim and keeps the claim until the given
// time, or longer if another one let go later.
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

// expire drops the claims that are over. It returns when the next one will be,
// zero if none is in its grace.
func (v *value) expire(now time.Time) (next time.Time) {
	v.claims = slices.DeleteFunc(v.claims, func(c claim) bool { return c.over(now) })
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

// rename names the mask after the smallest key. Its claims may want different
// hints: the one that reveals least counts, among those with holders if there
// are any.
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
	if v.mask.Load() == nil || least.key != v.named.key || least.hint != v.named.hint {
		text := maskFor(least.key, least.hint.text)
		v.mask.Store(&text)
		v.named = *least
	}
}

// wipe ends the search for the value and clears the registry's copy.
func (v *value) wipe() {
	if src := v.src.Swap(nil); src != nil {
		src.Destroy()
	}
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

func harmless(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_./-@:+", c) >= 0
}

// maskHint returns what a mask shows of a value inside of text: nothing for a
// full one, and nothing where the part could break what is around it.
func maskHint(m Mask, value, key []byte) hint {
	if m.Mode == "" || m.Mode == mask.Full {
		return hint{}
	}
	part := strings.Trim(m.Apply(value, key), "*")
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
