package match

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"slices"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// newMatcher makes a matcher of all patterns of the values. Plaintext is laid out
// in memory while it runs, and cleared before it returns.
func newMatcher(seed maphash.Seed, opts encodings.Options, vals []Value) *matcher {
	pb := &patternBuilder{seed: seed, opts: opts, seen: map[uint64]struct{}{}}
	defer pb.wipe()
	for i, v := range vals {
		// If the value was wiped, there is nothing to search for.
		_ = v.Expose(func(b []byte) error {
			pb.expand(uint32(i), b, v.Forced())
			return nil
		})
	}
	drafts := sorted(pb.drafts)
	mt := &matcher{seed: seed, salt: rand.Uint64(), vals: vals, pats: make([]pattern, len(drafts))}
	mt.prefixes.build(drafts, rand.Uint64()|1, mt.salt)
	for i := range drafts {
		b := drafts[i].bytes
		mt.escapes = mt.escapes || len(b) < encodings.MinValue || bytes.IndexByte(b, encodings.ESC) >= 0
	}
	for i, ids := range classify(drafts) {
		if len(ids) > 0 {
			mt.classes = append(mt.classes, newLengthClass(i, ids, drafts, mt))
		}
	}
	for i := range drafts {
		mt.pats[i] = drafts[i].pattern
	}
	return mt
}

// bytes is the memory of the matcher.
func (mt *matcher) bytes() int {
	p := &mt.prefixes
	n := len(mt.pats)*patternBytes + len(mt.vals)*16 +
		len(p.three.slots)*4 + p.four.bytes() + p.near.bytes() + p.far.bytes()
	for i := range mt.classes {
		c := &mt.classes[i]
		n += c.filter.bytes() + len(c.grams.slots)*8 + c.groups.bytes() + len(c.ids)*4
	}
	return n
}

// sorted orders the drafts by their bytes.
func sorted(drafts []draft) []draft {
	type key struct {
		head uint64
		at   uint32
	}
	keys := make([]key, len(drafts))
	for i := range drafts {
		var head [8]byte
		copy(head[:], drafts[i].bytes)
		keys[i] = key{binary.BigEndian.Uint64(head[:]), uint32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(drafts[a.at].bytes, drafts[b.at].bytes)
	})
	out := make([]draft, len(drafts))
	for i, k := range keys {
		out[i] = drafts[k.at]
	}
	clear(keys)
	return out
}
