package match

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"sync"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// newMatcher makes a matcher of all patterns of the values. Plaintext is laid out
// in memory while it runs, and cleared before it returns.
func newMatcher(seed maphash.Seed, opts encodings.Options, vals []Value) *matcher {
	builders := expandAll(seed, opts, vals)
	var all []draft
	for _, pb := range builders {
		defer pb.wipe()
		all = append(all, pb.drafts...)
	}
	drafts := sorted(all)
	mt := &matcher{seed: seed, salt: rand.Uint64(), vals: vals, pats: make([]pattern, len(drafts)), pieces: map[uint32]uint64{}}
	for i := range drafts {
		b := drafts[i].bytes
		if drafts[i].spelling.Literal() {
			mt.alphabet.Add(b[:drafts[i].size])
		}
	}
	var wg sync.WaitGroup
	var classes [int(marks) * len(classBounds)]*lengthClass
	for m, of := range classify(drafts) {
		for i, ids := range of {
			if len(ids) > 0 {
				wg.Go(func() { classes[m*len(classBounds)+i] = newLengthClass(mark(m), i, ids, drafts, mt) })
			}
		}
	}
	if !opts.RawOnly {
		mt.spelled = newSpelled(seed, drafts)
	}
	mt.prefixes.build(drafts, rand.Uint64()|1, mt.salt)
	wg.Wait()
	for _, c := range classes {
		if c != nil {
			mt.classes = append(mt.classes, *c)
		}
	}
	for i := range drafts {
		p := &drafts[i].pattern
		mt.pats[i] = *p
		if p.size >= longSize {
			mt.pieces[uint32(i)] = maphash.Bytes(seed, drafts[i].bytes[p.pieceAt():][:pieceSize])
		}
	}
	return mt
}

// expandEach is how many values are worth a goroutine that encodes them.
const expandEach = 256

// expandAll encodes the values. The patterns are in the order of the values.
func expandAll(seed maphash.Seed, opts encodings.Options, vals []Value) []*patternBuilder {
	each := max(expandEach, (len(vals)+goruntime.GOMAXPROCS(0)-1)/goruntime.GOMAXPROCS(0))
	var builders []*patternBuilder
	var wg sync.WaitGroup
	for from := 0; from < len(vals); from += each {
		pb := &patternBuilder{seed: seed, opts: opts, seen: map[uint64]struct{}{}}
		builders = append(builders, pb)
		expand := func() {
			for i, v := range vals[from:min(len(vals), from+each)] {
				// If the value was wiped, there is nothing to search for.
				_ = v.Expose(func(b []byte) error {
					pb.expand(uint32(from+i), b, v.Forced())
					return nil
				})
			}
		}
		if len(vals) <= each {
			expand()
		} else {
			wg.Go(expand)
		}
	}
	wg.Wait()
	return builders
}

// bytes is the memory of the matcher.
func (mt *matcher) bytes() int {
	p := &mt.prefixes
	n := len(mt.pats)*patternBytes + len(mt.pieces)*16 + len(mt.vals)*16 +
		len(p.three.slots)*4 + p.four.bytes() + p.near.bytes() + p.far.bytes()
	if mt.spelled != nil {
		n += mt.spelled.Bytes()
	}
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
