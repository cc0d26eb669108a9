package match

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/postern-project/postern/runtime/internal/wipe"
	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// Match is an occurrence of a value in a text. What stands at text[Start:Reach] is
// replaced.
type Match struct {
	Start int
	Reach int // the end, also of occurrences that overlap with this one
	end   int // of the occurrence itself
	val   Value

	sure   bool           // it was read with its escapes, not in decoded text
	quoted bool           // the mask becomes a JSON string
	wide   encodings.Wide // how the mask is encoded
}

// AppendMask appends what replaces a match of the last search.
func (sc *Scan) AppendMask(dst []byte, m *Match) []byte {
	mask := sc.set.mask(m.val)
	if m.quoted {
		return append(append(append(dst, '"'), mask...), '"')
	}
	return m.wide.Append(dst, mask)
}

// Scan is the memory of a search, and its result. It may be used again and again,
// by one goroutine at a time. Make it with [NewScan].
type Scan struct {
	// Matches is the result: in order, without overlaps. It is valid until the
	// next search.
	Matches []Match
	// Skip reports whether a value is left as it is; nil skips none.
	Skip func(Value) bool

	cover run // the union of matches that the latest one is part of

	runs [4]run // the latest matches, to find values that overlap with themselves
	turn int

	misses  [16]miss  // where many windows were looked at without finding a value
	barren  repeat    // ... because the text repeats itself, but not for long enough
	periods [4]repeat // parts of the text that repeat themselves

	set     *Set // that was searched
	before  int  // characters of base64 before the text that was searched, as it is written
	matcher *matcher
	id      uint32 // the pattern whose bytes are in made
	made    []byte // nil if no pattern's are; in the memory of speller
	speller encodings.Speller
	dirty   bool               // there is plaintext in speller
	lend    func([]byte) error // makes the bytes; one closure for all calls
	head    []byte             // the first bytes of a pattern; in the memory of speller
	size    int                // how many are wanted
	lent    func([]byte) error // makes them

	text  wipe.Buffer[byte] // has a copy of a string
	ends  ends              // of the text, or of what was decoded
	work  int               // bytes of patterns that were made, and of texts that were compared with all their ends: for tests of the cost
	looks int               // chains that were looked at, and pieces of text that were compared with them by their hashes: for tests of the cost

	through bool           // the text was also searched without its sequences
	view    encodings.View // ... which is this
	inRaw   []Match        // and these are the matches with them

	thorough bool // escapes are looked for everywhere, for tests of where they are not
	decoder  decoder
	spelled  spelled
	words    bool    // what is searched are words of a shell
	joined   bool    // ... or joined lines
	found    []Match // those in UTF-16
	sure     []Match // those that were read with their escapes

	tokens  []token // of a record
	open    []int   // ... those of the objects and arrays that have not ended
	touched []Match // the matches of the whole record
	kept    []Match // ... and of its tokens
}

// repeat is a part of the text, as long as possible, in which every byte equals the
// one period bytes before.
type repeat struct {
	period, start, end int
}

// miss is a place in the text where nothing was found. If period is not 0, that is
// because the part with this period around it was too short.
type miss struct {
	at, period int
}

type run struct {
	id         uint32
	start, end int
}

// NewScan returns a Scan that has found nothing.
func NewScan() *Scan {
	sc := &Scan{}
	sc.lend = func(v []byte) error {
		sc.dirty = true
		sc.made = sc.speller.Spell(v, sc.matcher.pats[sc.id].spelling)
		sc.work += len(sc.made)
		return nil
	}
	sc.lent = func(v []byte) error {
		sc.dirty = true
		sc.head = sc.speller.SpellHead(v, sc.matcher.pats[sc.id].spelling, sc.size)
		sc.work += len(sc.head)
		return nil
	}
	return sc
}

// Copy returns s in the memory of the Scan, valid until the next call.
func (sc *Scan) Copy(s string) []byte { return append(sc.text.Room(len(s)), s...) }

// reset forgets the last search.
func (sc *Scan) reset() {
	sc.Matches = sc.Matches[:0]
	sc.through = false
	sc.cover = run{}
}

// begin makes ready for a matcher.
func (sc *Scan) begin(mt *matcher) {
	if sc.matcher != mt {
		sc.matcher, sc.made = mt, nil
	}
	sc.runs = [4]run{}
	sc.periods = [4]repeat{}
	sc.cover = run{}
}

// Wipe clears what plaintext of values the search left, and forgets the text. The result
// stays valid.
func (sc *Scan) Wipe() {
	sc.text.Wipe()
	sc.view.Wipe()
	if sc.dirty {
		sc.speller.Wipe()
		sc.made, sc.head, sc.dirty = nil, nil, false
	}
	for i := range sc.decoder.parts {
		sc.decoder.parts[i].Wipe()
	}
	sc.decoder.text = nil
	sc.spelled.Wipe()
	sc.ends.wipe()
}

// bytesOf returns the bytes of a pattern of the matcher, with the longest tail;
// false if its value was wiped. They are valid until the next call.
func (sc *Scan) bytesOf(id uint32) ([]byte, bool) {
	if sc.made != nil && sc.id == id {
		return sc.made, true
	}
	sc.id, sc.made = id, nil
	p := &sc.matcher.pats[id]
	if sc.matcher.vals[p.val].Expose(sc.lend) != nil || len(sc.made) != p.longest() {
		sc.made = nil
		return nil, false
	}
	return sc.made, true
}

// headOf returns the first n bytes of a pattern of the matcher, or all if they are fewer;
// false if its value was wiped. They are valid until the next call.
func (sc *Scan) headOf(id uint32, n int) ([]byte, bool) {
	if sc.made != nil && sc.id == id {
		return sc.made, true
	}
	p := &sc.matcher.pats[id]
	if p.size < longSize {
		return sc.bytesOf(id)
	}
	sc.id, sc.made, sc.head, sc.size = id, nil, nil, n
	if sc.matcher.vals[p.val].Expose(sc.lent) != nil || len(sc.head) != min(n, p.longest()) {
		return nil, false
	}
	return sc.head, true
}

// skips reports whether a value is left as it is. Its occurrences are never recorded:
// they would cover those of other values inside them.
func (sc *Scan) skips(v Value) bool { return sc.Skip != nil && sc.Skip(v) }

// covered reports whether an occurrence at [start, end) would change nothing: it
// lies in a known union of matches that begins further left and names the mask.
func (sc *Scan) covered(start, end int) bool {
	return sc.cover.start < start && end <= sc.cover.end
}

// record adds a match of pattern id. If the value occurs again d bytes further,
// inside the match, it is followed as far as the text repeats itself: a text
// that consists of such a value costs one comparison a byte.
func (sc *Scan) record(m Match, id uint32, text []byte) {
	slot := -1
	m.Reach = m.end
	for i := range sc.runs {
		if r := &sc.runs[i]; r.id == id && r.end > 0 {
			slot = i
			if d := m.Start - r.start; d != 0 && m.Start < r.end && r.start < m.end {
				m.Reach = repeatEnd(text, m.Start, m.end, max(d, -d))
			}
		}
	}
	if slot < 0 {
		slot = sc.turn
		sc.turn = (sc.turn + 1) % len(sc.runs)
	}
	sc.runs[slot] = run{id, m.Start, m.Reach}
	sc.Matches = append(sc.Matches, m)
	if m.Start < sc.cover.end && sc.cover.start < m.Reach {
		sc.cover = run{start: min(m.Start, sc.cover.start), end: max(m.Reach, sc.cover.end)}
		return
	}
	sc.cover = sc.runs[slot]
}

// repeats returns the longest part of the text around at with the given period.
func (sc *Scan) repeats(text []byte, at, period int) repeat {
	r := &sc.periods[period%len(sc.periods)]
	at = min(at, len(text)-period)
	if at < 0 {
		return repeat{}
	}
	if r.period != period || at < r.start || at+period > r.end {
		*r = repeat{period, at, at + period}
		for r.start > 0 && text[r.start-1] == text[r.start-1+period] {
			r.start--
		}
		for r.end < len(text) && text[r.end] == text[r.end-period] {
			r.end++
		}
	}
	return *r
}

// repeatEnd returns where the last of the occurrences at start, start+d, ...
// ends, given one at text[start:end] that has period d.
func repeatEnd(text []byte, start, end, d int) int {
	if d >= end-start {
		return end
	}
	stop := end
	for stop+64 <= len(text) && bytes.Equal(text[stop:stop+64], text[stop-d:stop-d+64]) {
		stop += 64
	}
	for stop < len(text) && text[stop] == text[stop-d] {
		stop++
	}
	return end + (stop-end)/d*d
}

// merge sorts the matches and joins overlapping ones. The mask is that of the
// leftmost, then longest one, then the smallest mask. Matches that only touch stay
// apart.
func (sc *Scan) merge() {
	if len(sc.Matches) < 2 {
		return
	}
	slices.SortFunc(sc.Matches, func(a, b Match) int {
		return cmp.Or(a.Start-b.Start, b.end-a.end, cmp.Compare(a.val.Mask(), b.val.Mask()))
	})
	out := sc.Matches[:1]
	for _, m := range sc.Matches[1:] {
		last := &out[len(out)-1]
		if m.Start < last.Reach {
			last.Reach = max(last.Reach, m.Reach)
			continue
		}
		out = append(out, m)
	}
	sc.Matches = out
}

// AppendMasked appends text, which was just searched, with masks in place of the
// matches.
func (sc *Scan) AppendMasked(dst, text []byte) []byte {
	at := 0
	for i := range sc.Matches {
		m := &sc.Matches[i]
		dst = append(dst, text[at:m.Start]...)
		dst = sc.AppendMask(dst, m)
		dst = sc.AppendSequences(dst, text, m.Start, m.Reach)
		at = m.Reach
	}
	return append(dst, text[at:]...)
}

// AppendSequences appends the terminal control sequences in text[start:end], which
// a mask replaces, except those that are part of a match themselves.
func (sc *Scan) AppendSequences(dst, text []byte, start, end int) []byte {
	if sc.through {
		sc.view.Sequences(start, end, func(from, to int) {
			for _, m := range sc.inRaw {
				if m.Start < to && from < m.Reach {
					return
				}
			}
			dst = append(dst, text[from:to]...)
		})
	}
	return dst
}

// Before returns what has to be known before text[at:] is searched, if text was just
// searched and from was known before it.
func (sc *Scan) Before(text []byte, at int, from Before) Before {
	seen := text[:at]
	if sc.through {
		seen = sc.view.Before(at)
	}
	from.base64, from.written = encodings.Base64Run(seen, from.base64), encodings.Base64Run(text[:at], from.written)
	from.odd = from.odd != (at%2 != 0)
	if !sc.through {
		return from
	}
	if state, ok := sc.view.StateAt(at, len(text)); ok {
		from.State = state
	} else {
		from.State = from.State.After(text[:at])
	}
	return from
}
