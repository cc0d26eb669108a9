package redact

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"slices"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// tierBounds are the shortest patterns of each tier and the gram that it uses.
// Longer grams let fewer ordinary texts pass, shorter ones leave room for a
// longer stride.
var tierBounds = []struct{ least, gram, window int }{
	{1, 3, 3},
	{encodings.MinValue, 3, 7},
	{8, 4, 15},
	{16, 8, 32},
}

// fewPatterns is how many patterns of 8 bytes and more are better searched with
// the shorter ones, if there are any, than in a pass of their own.
const fewPatterns = 2000

// maxGrams is how many grams of a tier are worth a longer stride.
const maxGrams = 1 << 16

// build makes a sieve of all patterns of the values. Plaintext is laid out in
// memory while it runs and cleared before it returns.
func build(seed maphash.Seed, opts Options, vals []*value) *sieve {
	pb := &patternBuilder{seed: seed, seen: map[uint64]struct{}{}}
	pb.opts = encodings.Options{RawOnly: opts.Encodings == NoEncodings, JSONLeaves: opts.JSONLeaves}
	defer pb.wipe()
	for i, v := range vals {
		if src := v.src.Load(); src != nil {
			// A value that is gone has nothing left to search for.
			_ = src.Expose(func(b []byte) error {
				pb.expand(uint32(i), b, v.force)
				return nil
			})
		}
	}
	drafts := sorted(pb.drafts)
	s := &sieve{seed: seed, salt: rand.Uint64(), vals: vals, pats: make([]pattern, len(drafts))}
	s.prefixes.build(drafts, rand.Uint64()|1, s.salt)
	for i := range drafts {
		b := drafts[i].bytes
		s.escapes = s.escapes || len(b) < encodings.MinValue || bytes.IndexByte(b, encodings.ESC) >= 0
	}
	bySize := make([][]uint32, len(tierBounds))
	for id := range drafts {
		i := len(tierBounds) - 1
		for int(drafts[id].size) < tierBounds[i].least {
			i--
		}
		bySize[i] = append(bySize[i], uint32(id))
	}
	if len(bySize[1]) > 0 && len(bySize[2]) < fewPatterns {
		bySize[1], bySize[2] = append(bySize[1], bySize[2]...), nil
	}
	for i, ids := range bySize {
		if len(ids) > 0 {
			s.addTier(drafts, ids, i)
		}
	}
	for i := range drafts {
		s.pats[i] = drafts[i].pattern
	}
	return s
}

// bytes is the memory that the sieve takes.
func (s *sieve) bytes() int {
	p := &s.prefixes
	n := len(s.pats)*patternBytes + len(s.vals)*8 +
		len(p.three.slots)*4 + p.four.bytes() + p.near.bytes() + p.far.bytes()
	for i := range s.tiers {
		t := &s.tiers[i]
		n += t.filter.bytes() + len(t.grams.slots)*8 + t.groups.bytes() + len(t.ids)*4
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

// addTier adds a tier, number i of tierBounds.
func (s *sieve) addTier(drafts []draft, ids []uint32, i int) {
	bounds := tierBounds[i]
	shortest := int(drafts[ids[0]].size)
	for _, id := range ids {
		shortest = min(shortest, int(drafts[id].size))
	}
	t := tier{window: min(shortest, bounds.window), ids: ids}
	t.gram = min(bounds.gram, t.window)
	for _, id := range ids {
		t.longest = max(t.longest, len(drafts[id].bytes))
	}
	t.window = max(bounds.least, t.gram, min(t.window, maxGrams/len(ids)+t.gram-1))
	t.stride = t.window - t.gram + 1
	t.fill(drafts, s)
	s.tiers = append(s.tiers, t)
}

// fill chooses the windows and puts them and their grams in the tables.
func (t *tier) fill(drafts []draft, s *sieve) {
	t.filter = newFilter(len(t.ids)*t.stride, rand.Uint64()|1, ^uint64(0)>>(64-8*t.gram))
	t.chooseWindows(drafts, s.seed)
	hashes := make([]uint64, len(drafts))
	for _, id := range t.ids {
		d := &drafts[id]
		hashes[id] = windowHash(d.bytes[d.win:int(d.win)+t.window], s.salt)
	}
	slices.SortFunc(t.ids, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(hashes[a], hashes[b]), cmp.Compare(drafts[a].win, drafts[b].win),
			cmp.Compare(drafts[a].size, drafts[b].size))
	})
	t.groups = newHashMap(len(t.ids))
	t.grams = newGramMap(len(t.ids) * t.stride)
	for i, id := range t.ids {
		g := t.groups.slot(hashes[id])
		if g.hi == 0 {
			*g = hashSlot{hash: hashes[id], lo: uint32(i)}
			t.addGrams(drafts[id].bytes[drafts[id].win:], s.salt)
		}
		g.hi = uint32(i) + 1
	}
}

func (t *tier) addGrams(window []byte, salt uint64) {
	for o := range t.stride {
		gram := t.filter.gramAt(window, o)
		t.filter.add(gram)
		h := mix64(gram ^ salt)
		g := t.grams.slot(h)
		g.tag = uint32(h)
		g.offsets |= 1 << o
	}
}

// chooseFrom is how much of a pattern is looked at for a window: its end.
const chooseFrom = 256 << 10

// skip is what is not looked at.
func skip(d *draft) int { return max(0, int(d.size)-chooseFrom) }

// chooseWindows sets, for each pattern, the window whose grams are rarest among
// the patterns, by a sketch of counts: the head that all tokens of a service
// share, or the tail that all connection strings share, is in every line.
func (t *tier) chooseWindows(drafts []draft, seed maphash.Seed) {
	total := 0
	for _, id := range t.ids {
		total += min(int(drafts[id].size), chooseFrom)
	}
	log := min(22, slotsFor(total))
	counts := make([]uint16, 1<<log)
	mul, shift := t.filter.mul, 64-log
	each := func(d *draft, f func(i int, count *uint16)) {
		for i := range min(int(d.size), chooseFrom) - t.gram + 1 {
			f(i, &counts[t.filter.gramAt(d.bytes[skip(d):], i)*mul>>shift])
		}
	}
	for _, id := range t.ids {
		each(&drafts[id], func(_ int, c *uint16) {
			if *c < 1<<16-1 {
				*c++
			}
		})
	}
	var sums []int
	for _, id := range t.ids {
		d := &drafts[id]
		sums = append(sums[:0], 0)
		each(d, func(i int, c *uint16) { sums = append(sums, sums[i]+int(*c)) })
		best := -1
		for w := 0; w+t.stride < len(sums); w++ {
			if sum := sums[w+t.stride] - sums[w]; best < 0 || sum < best {
				best, d.win = sum, uint32(w+skip(d))
			}
		}
		if d.size >= longSize {
			at := d.pieceAt()
			d.piece = maphash.Bytes(seed, d.bytes[at:at+pieceSize])
		}
	}
}
