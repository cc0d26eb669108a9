package match

import (
	"cmp"
	"hash/maphash"
	"math/rand/v2"
	"slices"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// lengthClass is the patterns of similar length.
type lengthClass struct {
	window  int // m: bytes of each pattern that the filters know
	gram    int // q
	stride  int // m-q+1
	longest int // bytes of the longest pattern
	filter  filter
	grams   gramMap
	groups  hashMap  // hash of a window to a range of ids
	ids     []uint32 // patterns by window, then by its offset and their size
}

// classBounds are, for each class, the length of its shortest patterns, the gram
// that it uses, and its longest window. With longer grams less ordinary text
// passes the filter, shorter ones allow a longer stride.
var classBounds = []struct{ least, gram, window int }{
	{1, 3, 3},
	{encodings.MinValue, 3, 7},
	{8, 4, 15},
	{16, 8, 32},
}

// fewPatterns is up to how many patterns of 8 to 15 bytes are better searched
// with shorter ones, if there are any, than in a pass of their own.
const fewPatterns = 2000

// maxGrams is how many grams of a class are worth a longer stride.
const maxGrams = 1 << 18

// classify returns the ids of the patterns in each class.
func classify(drafts []draft) [][]uint32 {
	classes := make([][]uint32, len(classBounds))
	for id := range drafts {
		i := len(classBounds) - 1
		for int(drafts[id].size) < classBounds[i].least {
			i--
		}
		classes[i] = append(classes[i], uint32(id))
	}
	if len(classes[1]) > 0 && len(classes[2]) < fewPatterns {
		classes[1], classes[2] = append(classes[1], classes[2]...), nil
	}
	return classes
}

// newLengthClass makes class number i of classBounds for a matcher.
func newLengthClass(i int, ids []uint32, drafts []draft, mt *matcher) *lengthClass {
	bounds := classBounds[i]
	shortest := int(drafts[ids[0]].size)
	for _, id := range ids {
		shortest = min(shortest, int(drafts[id].size))
	}
	c := &lengthClass{window: min(shortest, bounds.window), ids: ids}
	c.gram = min(bounds.gram, c.window)
	for _, id := range ids {
		c.longest = max(c.longest, len(drafts[id].bytes))
	}
	c.window = max(bounds.least, c.gram, min(c.window, maxGrams/len(ids)+c.gram-1))
	c.stride = c.window - c.gram + 1
	c.fill(drafts, mt)
	return c
}

// fill chooses the windows and puts them and their grams into the tables.
func (c *lengthClass) fill(drafts []draft, mt *matcher) {
	c.filter = newFilter(len(c.ids)*c.stride, rand.Uint64()|1, ^uint64(0)>>(64-8*c.gram))
	c.chooseWindows(drafts, mt.seed)
	type key struct {
		hash uint64
		id   uint32
	}
	keys := make([]key, len(c.ids))
	for i, id := range c.ids {
		d := &drafts[id]
		keys[i] = key{windowHash(d.bytes[d.win:int(d.win)+c.window], mt.salt), id}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return cmp.Or(cmp.Compare(drafts[a.id].win, drafts[b.id].win), cmp.Compare(drafts[a.id].size, drafts[b.id].size))
	})
	c.groups = newHashMap(len(c.ids))
	c.grams = newGramMap(len(c.ids) * c.stride)
	for i, k := range keys {
		c.ids[i] = k.id
		g := c.groups.slot(k.hash)
		if g.hi == 0 {
			*g = hashSlot{hash: k.hash, lo: uint32(i)}
			c.addGrams(drafts[k.id].bytes[drafts[k.id].win:], mt.salt)
		}
		g.hi = uint32(i) + 1
	}
}

func (c *lengthClass) addGrams(window []byte, salt uint64) {
	for o := range c.stride {
		gram := c.filter.gramAt(window, o)
		c.filter.add(gram)
		h := mix64(gram ^ salt)
		g := c.grams.slot(h)
		g.tag = uint32(h)
		g.offsets |= 1 << o
	}
}

// chooseFrom is how many bytes of a pattern, at its end, can be its window.
const chooseFrom = 256 << 10

// skip is how many bytes come before those.
func skip(d *draft) int { return max(0, int(d.size)-chooseFrom) }

// Of more patterns than compareAll has bytes for, only a sample of the windows is
// compared.
const (
	compareAll = 4 << 20
	sample     = 8 // windows of each pattern
)

// chooseWindows sets the window of each pattern to the one whose grams are rarest
// among the patterns, by approximate counts. A prefix that all tokens of a service
// have, or a suffix that all connection strings have, would be a bad window: every
// log line has it.
func (c *lengthClass) chooseWindows(drafts []draft, seed maphash.Seed) {
	total := 0
	for _, id := range c.ids {
		total += min(int(drafts[id].size), chooseFrom)
	}
	if total > compareAll {
		c.sampleWindows(drafts)
	} else {
		c.compareWindows(drafts, total)
	}
	for _, id := range c.ids {
		if d := &drafts[id]; d.size >= longSize {
			at := d.pieceAt()
			d.piece = maphash.Bytes(seed, d.bytes[at:at+pieceSize])
		}
	}
}

// counts are approximate numbers of grams.
type counts struct {
	n     []uint16
	shift int
}

func newCounts(grams int) counts {
	log := min(22, slotsFor(grams))
	return counts{make([]uint16, 1<<log), 64 - log}
}

func (n *counts) add(h uint64) {
	if c := &n.n[h>>n.shift]; *c < 1<<16-1 {
		*c++
	}
}

func (n *counts) of(h uint64) int { return int(n.n[h>>n.shift]) }

// compareWindows compares all windows of each pattern.
func (c *lengthClass) compareWindows(drafts []draft, total int) {
	n := newCounts(total)
	each := func(d *draft, f func(h uint64)) {
		for i := range min(int(d.size), chooseFrom) - c.gram + 1 {
			f(c.filter.gramAt(d.bytes[skip(d):], i) * c.filter.mul)
		}
	}
	for _, id := range c.ids {
		each(&drafts[id], n.add)
	}
	var sums []int
	for _, id := range c.ids {
		d := &drafts[id]
		sums = append(sums[:0], 0)
		each(d, func(h uint64) { sums = append(sums, sums[len(sums)-1]+n.of(h)) })
		best := -1
		for w := 0; w+c.stride < len(sums); w++ {
			if sum := sums[w+c.stride] - sums[w]; best < 0 || sum < best {
				best, d.win = sum, uint32(w+skip(d))
			}
		}
	}
}

// sampleWindows compares a few windows of each pattern by their first and last
// grams.
func (c *lengthClass) sampleWindows(drafts []draft) {
	n := newCounts(2 * sample * len(c.ids))
	each := func(d *draft, f func(w int, first, last uint64)) {
		room := min(int(d.size), chooseFrom) - c.window
		for i := range min(sample, room+1) {
			w := skip(d) + room*i/max(1, min(sample, room+1)-1)
			f(w, c.filter.gramAt(d.bytes, w)*c.filter.mul, c.filter.gramAt(d.bytes, w+c.stride-1)*c.filter.mul)
		}
	}
	for _, id := range c.ids {
		each(&drafts[id], func(_ int, first, last uint64) { n.add(first); n.add(last) })
	}
	for _, id := range c.ids {
		d, best := &drafts[id], -1
		each(d, func(w int, first, last uint64) {
			if sum := n.of(first) + n.of(last); best < 0 || sum < best {
				best, d.win = sum, uint32(w)
			}
		})
	}
}
