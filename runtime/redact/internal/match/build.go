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
	"sync/atomic"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// newMatcher makes a matcher of the patterns of the first values, up to about maxText
// bytes of them, and returns what is left. Plaintext is laid out in memory while it runs,
// and cleared before it returns. If stop, which may be nil, reports true meanwhile, it gives up
// and ok is false.
func newMatcher(seed maphash.Seed, opts encodings.Options, vals []Value, stop func() bool) (g generation, left []Value, ok bool) {
	x := expandAll(seed, opts, vals, stop)
	defer x.wipe()
	if stop != nil && stop() {
		return generation{}, vals, false
	}
	used, left := x.split()
	mt := x.matcher(stop)
	return generation{vals: used, matcher: mt, text: int(x.text.Load()), young: true}, left, mt != nil
}

// halt asks a stop function now and then, as work goes on. It is of one goroutine. The zero
// halt never stops.
type halt struct {
	stop  func() bool
	work  int // since stop was asked
	ended bool
}

const haltEach = 1 << 16 // bytes that are looked at between two questions: less than a millisecond

// after adds work, about as long as that of looking at so many bytes, and reports whether to
// stop.
func (h *halt) after(bytes int) bool {
	if h.work += bytes; h.work >= haltEach && h.stop != nil && !h.ended {
		h.work, h.ended = 0, h.stop()
	}
	return h.ended
}

// matcher makes the matcher of the patterns that x has; nil if stop reports true meanwhile.
func (x *expansion) matcher(stop func() bool) *matcher {
	seed, opts, vals := x.seed, x.opts, x.vals
	h := halt{stop: stop}
	var all []draft
	for _, pb := range x.builders {
		all = append(all, pb.drafts...)
	}
	drafts := sorted(all, &h)
	mt := &matcher{seed: seed, salt: rand.Uint64(), vals: vals, counts: make([]uint32, len(vals)), pats: make([]pattern, len(drafts)), pieces: map[uint32]uint64{}}
	for i := range drafts {
		b := drafts[i].bytes
		if drafts[i].spelling.Literal() {
			mt.alphabet.Add(b[:drafts[i].size])
		}
		if h.after(len(b)) {
			return nil
		}
	}
	var wg sync.WaitGroup
	var classes [int(marks) * len(classBounds)]*lengthClass
	for m, of := range classify(drafts) {
		for i, ids := range of {
			if len(ids) > 0 {
				wg.Go(func() { classes[m*len(classBounds)+i] = newLengthClass(mark(m), i, ids, drafts, mt, halt{stop: stop}) })
			}
		}
	}
	if !opts.RawOnly {
		mt.spelled = newSpelled(seed, drafts, stop)
	}
	mt.prefixes.build(drafts, rand.Uint64()|1, mt.salt, &h)
	wg.Wait()
	if stop != nil && stop() {
		return nil
	}
	for _, c := range classes {
		if c != nil {
			mt.classes = append(mt.classes, *c)
		}
	}
	for i := range drafts {
		p := &drafts[i].pattern
		mt.pats[i] = *p
		mt.counts[p.val]++
		if p.size >= longSize {
			mt.pieces[uint32(i)] = maphash.Bytes(seed, drafts[i].bytes[p.pieceAt():][:pieceSize])
		}
	}
	return mt
}

// maxText is how many bytes of patterns are in memory at a time: those of 12,000 passwords,
// or of some dozen values of 1 KiB of any bytes. More values become several matchers.
const maxText = 64 << 20

// expandEach is how many values one goroutine encodes before it takes others.
const expandEach = 256

// expansion are the patterns of values while their bytes are at hand, in the order of the
// values.
type expansion struct {
	seed     maphash.Seed
	opts     encodings.Options
	vals     []Value
	builders []*patternBuilder // one for each expandEach of the values
	done     []int             // how many of them each has encoded
	text     atomic.Int64      // bytes of all patterns
}

// expandAll encodes the values, until there are maxText bytes of patterns, or stop reports
// true.
func expandAll(seed maphash.Seed, opts encodings.Options, vals []Value, stop func() bool) *expansion {
	n := (len(vals) + expandEach - 1) / expandEach
	x := &expansion{seed: seed, opts: opts, vals: vals, builders: make([]*patternBuilder, n), done: make([]int, n)}
	for i := range x.builders {
		x.builders[i] = &patternBuilder{seed: seed, opts: opts, seen: map[uint64]struct{}{}, speller: encodings.Speller{Stop: stop}}
	}
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			x.expand(i)
		}
	}
	var wg sync.WaitGroup
	for range min(goruntime.GOMAXPROCS(0), n) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return x
}

// expand encodes the values of one builder. The first value of all is always encoded.
func (x *expansion) expand(i int) {
	pb, from := x.builders[i], i*expandEach
	for at, v := range x.vals[from:min(len(x.vals), from+expandEach)] {
		if from+at > 0 && x.text.Load() >= maxText {
			return
		}
		// If the value was wiped, there is nothing to search for.
		_ = v.Expose(func(b []byte) error {
			before := pb.text
			pb.expand(uint32(from+at), b, v.Forced())
			x.text.Add(int64(pb.text - before))
			return nil
		})
		x.done[i]++
	}
}

// split returns which values were encoded, and which are left.
func (x *expansion) split() (used, left []Value) {
	for i, done := range x.done {
		of := x.vals[i*expandEach : min(len(x.vals), (i+1)*expandEach)]
		if done == len(of) && len(left) == 0 {
			used = x.vals[:i*expandEach+done]
			continue
		}
		if len(left) == 0 {
			used = used[:len(used):len(used)]
		}
		used, left = append(used, of[:done]...), append(left, of[done:]...)
	}
	return used, left
}

// wipe clears all plaintext.
func (x *expansion) wipe() {
	for _, pb := range x.builders {
		pb.wipe()
	}
}

// bytes is the memory of the matcher.
func (mt *matcher) bytes() int {
	p := &mt.prefixes
	n := len(mt.pats)*patternBytes + len(mt.pieces)*16 + len(mt.vals)*20 +
		len(p.three.slots)*4 + p.four.bytes() + len(p.most)*4 + p.near.bytes() + p.far.bytes()
	if mt.spelled != nil {
		n += mt.spelled.Bytes()
	}
	for i := range mt.classes {
		c := &mt.classes[i]
		n += c.filter.bytes() + len(c.grams.slots)*8 + c.groups.bytes() + len(c.ids)*8
	}
	return n
}

// gone returns the number of patterns of values that are not live any more.
func (mt *matcher) gone() (n int) {
	for i, v := range mt.vals {
		if !v.Live() {
			n += int(mt.counts[i])
		}
	}
	return n
}

// sortStep is the work of one comparison.
const sortStep = 16

// sorted orders the drafts by their bytes. The order is any if h stops it.
func sorted(drafts []draft, h *halt) []draft {
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
		switch {
		case h.after(sortStep):
			return 0
		case a.head != b.head:
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
