package match

import (
	"hash/maphash"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// draft is a pattern while its bytes are at hand.
type draft struct {
	pattern
	bytes []byte // with the longest tail
}

// patternBuilder makes the patterns of values. Its memory is cleared by wipe;
// until then the drafts are slices of it.
type patternBuilder struct {
	seed    maphash.Seed
	opts    encodings.Options
	drafts  []draft
	seen    map[uint64]struct{} // patterns of the value at hand
	chunks  [][]byte
	text    int // bytes of all drafts, and of their texts
	speller encodings.Speller
}

const (
	chunkSize  = 1 << 18
	draftBytes = 96 // memory of a draft, and of its number while drafts are sorted
)

// expand appends the patterns of value number val, which are the same whenever
// its bytes are.
func (b *patternBuilder) expand(val uint32, v []byte, forced bool) {
	clear(b.seen)
	b.speller.Each(v, b.opts, forced, func(t encodings.Text) {
		id := mix64(maphash.Bytes(b.seed, t.Bytes)) ^ uint64(t.Size)<<8 ^ uint64(t.Tails)
		if _, ok := b.seen[id]; ok {
			return
		}
		if t.Spelling.Words() {
			id = ^id // the same text may come for a search everywhere
			if _, ok := b.seen[id]; ok {
				return
			}
		}
		b.seen[id] = struct{}{}
		p := pattern{
			hash: maphash.Bytes(b.seed, t.Bytes[:t.Size]),
			val:  val, spelling: t.Spelling, size: uint32(t.Size), tails: t.Tails,
		}
		p.period = periodOf(t.Bytes[:t.Size])
		b.drafts = append(b.drafts, draft{p, b.keep(t.Bytes)})
	})
}

// keep copies text to the builder's memory.
func (b *patternBuilder) keep(text []byte) []byte {
	last := len(b.chunks) - 1
	if last < 0 || cap(b.chunks[last])-len(b.chunks[last]) < len(text) {
		b.chunks = append(b.chunks, make([]byte, 0, max(chunkSize, len(text))))
		last++
	}
	b.text += draftBytes + len(text)
	start := len(b.chunks[last])
	b.chunks[last] = append(b.chunks[last], text...)
	return b.chunks[last][start:]
}

// wipe clears all plaintext.
func (b *patternBuilder) wipe() {
	for _, c := range b.chunks {
		clear(c)
	}
	b.speller.Wipe()
	b.drafts, b.chunks = nil, nil
}
