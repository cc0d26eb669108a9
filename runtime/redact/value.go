package redact

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/postern-project/postern/runtime/redact/internal/match"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/secret"
)

// value is one distinct value of the registry. It has at least one label.
type value struct {
	hash  uint64                        // seeded, of the bytes
	src   atomic.Pointer[secret.Secret] // the registry's own copy; nil if the value is not searched, or was wiped
	mask  atomic.Pointer[masks]         // of the smallest key
	force bool                          // searched at any length
	why   Reason                        // empty if it is searched
	part  bool                          // not all of its lines or JSON strings are searched

	tallies []tally                  // guarded by the registry's mutex
	labels  labels                   // guarded by the registry's mutex, as all below
	byKey   map[string]*label        // of labels; nil if they are few
	listed  atomic.Pointer[[]*label] // labels for readers without the mutex, in any order; also some that are gone
	gone    int                      // of listed
	masked  maskOf                   // what mask was made for
	next    *value                   // with the same hash and different bytes
}

// masks are the texts that replace a value.
type masks struct{ text, plain, hint string }

// maskOf is what the masks of a value are made for.
type maskOf struct{ key, hint string }

var _ match.Value = (*value)(nil)

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

// end ends the search for the value, and returns the registry's copy for the caller to
// destroy; nil if the value was not searched.
func (v *value) end() *secret.Secret { return v.src.Swap(nil) }

// wipe ends the search for the value and destroys the registry's copy.
func (v *value) wipe() {
	if src := v.end(); src != nil {
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
