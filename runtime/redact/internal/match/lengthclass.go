package match

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// lengthClass is the patterns of similar length that have the same mark.
type lengthClass struct {
	mark    mark
	window  int // m: bytes of each pattern that the filters know
	gram    int // q
	stride  int // m-q+1
	longest int // bytes of the longest pattern
	filter  filter
	grams   gramMap
	groups  hashMap  // hash of a window to a range of ids
	ids     []uint32 // patterns by window, then by its offset, then by chain
	chains  []uint32 // for the first of each chain in ids, how many it has
}

// classBounds are, for each class, the length of its shortest patterns, the gram
// that it uses, and its longest window. With longer grams less ordinary text
// passes the filter, shorter ones allow a longer stride.
var classBounds = [...]struct{ least, gram, window int }{
	{1, 3, 3},
	{encodings.MinValue, 3, 7},
	{8, 4, 15},
	{16, 8, 32},
}

// fewPatterns is up to how many patterns of 8 to 15 bytes are better searched
// with shorter ones, if there are any, than in a pass of their own.
const fewPatterns = 500

// nulStride is the longest stride of classes with nulMark, which are seldom searched
// and so are better small than fast.
const nulStride = 2

// maxGrams is how many grams of a class are worth a longer stride than its shortest
// patterns allow; mostGrams, how many it has, if a shorter stride is enough for that.
const (
	maxGrams  = 1 << 18
	mostGrams = 1 << 22
)

// mark is a byte that patterns have in them and that is rare in text: where it is
// missing, they need no search. The zero mark is none.
type mark uint8

const (
	noMark  mark = iota
	escMark      // ESC
	nulMark      // a zero byte, as in UTF-16
	marks
)

func markOf(b []byte) mark {
	switch {
	case bytes.IndexByte(b, encodings.ESC) >= 0:
		return escMark
	case bytes.IndexByte(b, 0) >= 0:
		return nulMark
	}
	return noMark
}

// in reports whether the mark is in text.
func (m mark) in(text []byte) bool {
	switch m {
	case escMark:
		return bytes.IndexByte(text, encodings.ESC) >= 0
	case nulMark:
		return bytes.IndexByte(text, 0) >= 0
	}
	return true
}

// classify returns the ids of the patterns in each class: by mark, then as in
// classBounds.
func classify(drafts []draft) (classes [marks][len(classBounds)][]uint32) {
	for id := range drafts {
		i := len(classBounds) - 1
		for int(drafts[id].size) < classBounds[i].least {
			i--
		}
		mark := markOf(drafts[id].bytes[:drafts[id].size])
		if mark == escMark {
			i = min(i, 1)
		}
		of := &classes[mark]
		of[i] = append(of[i], uint32(id))
	}
	for m := range classes {
		of := &classes[m]
		if len(of[1]) > 0 && len(of[2]) < fewPatterns {
			of[1], of[2] = append(of[1], of[2]...), nil
		}
	}
	return classes
}

// next returns the first of the positions at, at+stride, ... of text whose gram is
// perhaps in the class, or one with fewer than 8 bytes left. With escMark all grams
// have an ESC in them, so only those of text are looked at.
func (c *lengthClass) next(text []byte, at int) int {
	if c.mark != escMark {
		return c.filter.next(text, at, c.stride)
	}
	for ; at+8 <= len(text); at++ {
		n := bytes.IndexByte(text[at:], encodings.ESC)
		if n < 0 {
			return len(text)
		}
		if at += max(0, n-c.gram+1); at+8 > len(text) || c.filter.has(c.filter.gramAt(text, at)) {
			break
		}
	}
	return at
}

// inSequences reports whether the patterns may begin outside of the control sequences
// of a text and continue inside one, or are too short to look up by their beginnings.
func (c *lengthClass) inSequences() bool { return c.mark == escMark || c.window < encodings.MinValue }

// newLengthClass makes class number i of classBounds for a matcher. If h stops it, the class
// is of no use.
func newLengthClass(m mark, i int, ids []uint32, drafts []draft, mt *matcher, h halt) *lengthClass {
	bounds := classBounds[i]
	shortest := int(drafts[ids[0]].size)
	for _, id := range ids {
		shortest = min(shortest, int(drafts[id].size))
	}
	c := &lengthClass{mark: m, window: min(shortest, bounds.window), ids: ids}
	c.gram = min(bounds.gram, c.window)
	for _, id := range ids {
		c.longest = max(c.longest, len(drafts[id].bytes))
	}
	c.window = max(bounds.least, c.gram, min(c.window, maxGrams/len(ids)+c.gram-1))
	c.window = min(c.window, c.gram+max(1, mostGrams/len(ids))-1)
	switch m {
	case nulMark:
		c.window = min(c.window, c.gram+nulStride-1)
	case escMark:
		c.window = c.gram
	}
	c.stride = c.window - c.gram + 1
	c.fill(drafts, mt, &h)
	return c
}

// fill chooses the windows and puts them and their grams into the tables.
func (c *lengthClass) fill(drafts []draft, mt *matcher, h *halt) {
	c.filter = newFilter(len(c.ids)*c.stride, rand.Uint64()|1, ^uint64(0)>>(64-8*c.gram))
	c.chooseWindows(drafts, h)
	for _, id := range c.ids {
		if p := drafts[id].period; p != 0 {
			drafts[id].win %= p // the first window with the same bytes, so that values of any length are in one chain
		}
	}
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
		switch {
		case h.after(sortStep):
			return 0
		case a.hash != b.hash:
			return cmp.Compare(a.hash, b.hash)
		}
		return cmp.Or(cmp.Compare(drafts[a.id].win, drafts[b.id].win), cmp.Compare(a.id, b.id))
	})
	for i, k := range keys {
		c.ids[i] = k.id
	}
	c.groups, c.chains = newHashMap(len(c.ids)), make([]uint32, len(c.ids))
	for from, i := 0, 1; i <= len(keys); i++ {
		if i == len(keys) || keys[i].hash != keys[from].hash || drafts[keys[i].id].win != drafts[keys[from].id].win {
			chain(c.ids[from:i], c.chains[from:i], drafts, h)
			from = i
		}
	}
	c.grams = newGramMap(len(c.ids) * c.stride)
	for i, k := range keys {
		g := c.groups.slot(k.hash)
		if g.hi == 0 {
			*g = hashSlot{hash: k.hash, lo: uint32(i)}
			c.addGrams(drafts[k.id].bytes[drafts[k.id].win:], mt.salt)
		}
		g.hi = uint32(i) + 1
		if h.after(addStep) {
			return
		}
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
const chooseFrom = 16 << 10

// skip is how many bytes come before those.
func skip(d *draft) int { return max(0, int(d.size)-chooseFrom) }

// Of more patterns than compareAll has bytes for, only a sample of the windows is
// compared.
const (
	compareAll = 4 << 20
	sample     = 4 // windows of each pattern
)

// chooseWindows sets the window of each pattern to the one whose grams are rarest
// among the patterns, by approximate counts. A prefix that all tokens of a service
// have, or a suffix that all connection strings have, would be a bad window: every
// log line has it.
func (c *lengthClass) chooseWindows(drafts []draft, h *halt) {
	if c.mark == escMark {
		for _, id := range c.ids {
			d := &drafts[id]
			at := bytes.IndexByte(d.bytes, encodings.ESC)
			d.win = uint32(min(max(0, at-1), int(d.size)-c.window))
		}
		return
	}
	total := 0
	for _, id := range c.ids {
		total += min(int(drafts[id].size), chooseFrom)
	}
	if total > compareAll {
		c.sampleWindows(drafts, h)
	} else {
		c.compareWindows(drafts, total, h)
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

// windowStep is the work of looking at one gram.
const windowStep = 8

// compareWindows compares all windows of each pattern.
func (c *lengthClass) compareWindows(drafts []draft, total int, h *halt) {
	n := newCounts(total)
	each := func(d *draft, f func(h uint64)) {
		for i := range min(int(d.size), chooseFrom) - c.gram + 1 {
			f(c.filter.gramAt(d.bytes[skip(d):], i) * c.filter.mul)
		}
	}
	for _, id := range c.ids {
		each(&drafts[id], n.add)
		if h.after(windowStep * min(int(drafts[id].size), chooseFrom)) {
			return
		}
	}
	var sums []int
	for _, id := range c.ids {
		d := &drafts[id]
		if h.after(windowStep * min(int(d.size), chooseFrom)) {
			return
		}
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

// commonWindow is from how many sampled windows with the same grams on a pattern has all of
// its windows compared: values that are long runs of the same characters, with something
// else in one place, can be told apart there only.
const commonWindow = 32

// sampleWindows compares a few windows of each pattern by their first and last
// grams, and all if others have those too.
func (c *lengthClass) sampleWindows(drafts []draft, h *halt) {
	n := newCounts(2 * sample * len(c.ids))
	each := func(d *draft, most int, f func(w int, first, last uint64)) {
		room := min(int(d.size), chooseFrom) - c.window
		for i := range min(most, room+1) {
			w := skip(d) + room*i/max(1, min(most, room+1)-1)
			f(w, c.filter.gramAt(d.bytes, w)*c.filter.mul, c.filter.gramAt(d.bytes, w+c.stride-1)*c.filter.mul)
		}
	}
	for _, id := range c.ids {
		each(&drafts[id], sample, func(_ int, first, last uint64) { n.add(first); n.add(last) })
		if h.after(addStep) {
			return
		}
	}
	for _, id := range c.ids {
		if h.after(addStep) {
			return
		}
		d, best := &drafts[id], -1
		choose := func(w int, first, last uint64) {
			if sum := n.of(first) + n.of(last); best < 0 || sum < best {
				best, d.win = sum, uint32(w)
			}
		}
		each(d, sample, choose)
		if best >= commonWindow && !h.after(windowStep*min(int(d.size), chooseFrom)) {
			each(d, chooseFrom, choose)
		}
	}
}
