package match

import (
	"bytes"
	"sync"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// Set is the values of an [Index] at one moment: a large matcher, and a few small
// ones of values that were added after it was built. It is immutable, except that
// values may be wiped.
type Set struct {
	matchers []*matcher
	alphabet *encodings.Alphabet // nil if text is not decoded
	longest  int                 // bytes of the longest pattern
	plain    bool                // no escape is worth decoding
	hints    sync.Map            // bool by what a mask shows: whether a value is in it
}

func newSet(list []generation, opts encodings.Options) *Set {
	st := &Set{}
	if !opts.RawOnly {
		st.alphabet = &encodings.Alphabet{}
	}
	for _, gen := range list {
		if len(gen.matcher.pats) == 0 {
			continue // all values were wiped while their patterns were made
		}
		st.matchers = append(st.matchers, gen.matcher)
		st.longest = max(st.longest, gen.matcher.prefixes.long)
		if !opts.RawOnly {
			st.alphabet.Join(&gen.matcher.alphabet)
		}
	}
	if !opts.RawOnly {
		st.alphabet.Done()
		st.plain = st.count() > fewPlain && st.alphabet.Plain()
	}
	return st
}

// fewPlain is up to how many values text is searched for their escapes although
// none of them has a character that needs one. That costs a quarter of the throughput, for
// programs that escape letters and digits.
const fewPlain = 256

// count returns the number of values.
func (st *Set) count() int {
	n := 0
	for _, mt := range st.matchers {
		n += len(mt.vals)
	}
	return n
}

// Empty reports whether there is nothing to find.
func (st *Set) Empty() bool { return len(st.matchers) == 0 }

// Size returns the number of patterns and the memory in bytes that they take.
func (st *Set) Size() (patterns, bytes int) {
	for _, mt := range st.matchers {
		patterns += len(mt.pats)
		bytes += mt.bytes()
	}
	return patterns, bytes
}

// Before is what a search has to know of the text before its own.
type Before struct {
	State   encodings.State // of the terminal
	base64  int             // characters of base64 at its end as a reader sees it, up to as many as matter
	written int             // ... and as it is written, with its control sequences
	odd     bool            // it has an odd number of bytes
}

// Text finds all values in a text that is complete.
func (st *Set) Text(sc *Scan, text []byte) {
	hold := st.Search(sc, text, Before{}, true)
	if hold+tailBytes <= len(text) {
		st.Tail(sc, text, hold)
	}
}

// How many bytes of control sequences may be inside one value: some, and more for each
// character of it, which may have a colour of its own.
const (
	maxSequences = 4 << 10
	perCharacter = 32
)

// Search finds all values in text and puts them into sc.Matches. whole says that the
// text does not continue. It returns where the longest suffix begins that can still
// become a value.
func (st *Set) Search(sc *Scan, text []byte, before Before, whole bool) (hold int) {
	sc.reset()
	sc.set, sc.before = st, before.written
	if st.Empty() {
		return len(text)
	}
	if before.State != encodings.Ground || bytes.IndexByte(text, encodings.ESC) >= 0 {
		hold = st.searchView(sc, text, before.State)
		if sc.view.Strings { // such as the address of a link
			hold = min(hold, st.decode(sc, text, before.written, whole))
			sc.inRaw = append(sc.inRaw, sc.Matches[sc.decoder.from:]...)
		}
		hold = min(hold, sc.seen(st.decode(sc, sc.view.Text, before.base64, whole), len(text)))
	} else {
		hold = len(text)
		for _, mt := range st.matchers {
			mt.find(sc, text)
			hold = min(hold, mt.heldFrom(sc, text))
		}
		decoded := st.decode(sc, text, before.base64, whole)
		hold = sc.decoder.align(min(hold, decoded))
	}
	hold = sc.widen(text, hold, before, whole)
	sc.merge()
	return hold
}

// searchView searches text with its control sequences, and without them.
func (st *Set) searchView(sc *Scan, text []byte, from encodings.State) int {
	sc.through = true
	sc.view.Set(text, from)
	hold, seen, longest := len(text), len(sc.view.Text), 0
	for _, mt := range st.matchers {
		mt.findHidden(sc, text)
		hold = min(hold, mt.heldFrom(sc, text))
		longest = max(longest, mt.prefixes.long)
	}
	sc.inRaw = append(sc.inRaw[:0], sc.Matches...)
	for _, mt := range st.matchers {
		mt.find(sc, sc.view.Text)
		seen = min(seen, mt.heldFrom(sc, sc.view.Text))
	}
	for i := len(sc.inRaw); i < len(sc.Matches); i++ {
		m := &sc.Matches[i]
		m.Start, m.end, m.Reach = sc.view.At(m.Start), sc.view.At(m.end-1)+1, sc.view.At(m.Reach-1)+1
	}
	if seen < len(sc.view.Text) {
		if at := sc.view.At(seen); len(text)-at < longest+maxSequences+perCharacter*(len(sc.view.Text)-seen) {
			hold = min(hold, at)
		}
	}
	return hold
}

// mask returns the mask of a value: without what it shows of the value, if another value
// would be masked in that.
func (st *Set) mask(v Value) string {
	hint, mask, plain := v.Hint()
	if hint != "" && st.finds(hint) {
		return plain
	}
	return mask
}

// finds reports whether a value is in what a mask shows.
func (st *Set) finds(hint string) bool {
	if found, ok := st.hints.Load(hint); ok {
		return found.(bool)
	}
	sc := NewScan()
	defer sc.Wipe()
	st.Search(sc, []byte(hint), Before{}, true)
	st.hints.Store(hint, len(sc.Matches) > 0)
	return len(sc.Matches) > 0
}

const (
	tailBytes = 8 // a shorter part of a cut-off value is not masked
	idleBytes = 3 // the most bytes of a value that may show in a pause
)

// Tail applies the rule for the end of a text to what Search held back: half of a
// value and more, from 8 bytes on, counts as the value.
func (st *Set) Tail(sc *Scan, text []byte, hold int) {
	rest := st.rest(sc, text, hold)
	// The line break at the end is that of the text, as at the end of a whole value.
	shown := len(bytes.TrimRight(rest, "\r\n"))
	sc.ends.reset(rest)
	for c := 0; c+tailBytes <= len(rest) && c < shown; c++ {
		found := Match{Start: hold + c, end: hold + shown, Reach: hold + shown}
		if sc.through {
			seen := len(sc.view.Text) - len(rest)
			found.Start, found.end = sc.view.At(seen+c), sc.view.At(seen+shown-1)+1
			found.Reach = found.end
		}
		st.candidates(sc, c, func(mt *matcher, p *pattern) {
			if 2*(len(rest)-c) < int(p.size) {
				return
			}
			if v := mt.vals[p.val]; !sc.skips(v) && (found.val == nil || v.Mask() < found.val.Mask()) {
				found.val = v
			}
		})
		if found.val != nil {
			if st.ends(sc, &found) {
				return
			}
			sc.Matches = append(sc.Matches, found)
			sc.merge()
			return
		}
	}
}

// ends reports whether the value of a match at the end of the text ends before that,
// and nothing but quotes is after it.
func (st *Set) ends(sc *Scan, m *Match) bool {
	if sc.through {
		return false
	}
	for i := range sc.Matches {
		o := &sc.Matches[i]
		if o.val == m.val && o.Start <= m.Start && m.Start < o.Reach && sc.spelled.OnlyQuotes(o.Start, o.Start, o.Reach, m.end) {
			return true
		}
	}
	return false
}

// Idle returns how many bytes of the text may be shown in a pause, so that only a
// few bytes of any value show. The text was just searched, and is held back from
// its first byte on.
func (st *Set) Idle(sc *Scan, text []byte) int {
	limit := st.idle(sc, st.rest(sc, text, 0))
	if sc.through {
		limit = min(sc.view.Shown(limit, len(text)), sc.view.Shown(st.idleDecoded(sc), len(text)), st.idle(sc, text))
		if sc.view.Strings {
			st.decode(sc, text, sc.before, false)
		}
	}
	if !sc.through || sc.view.Strings {
		limit = min(limit, st.idleDecoded(sc))
	}
	for _, m := range sc.Matches {
		limit = min(limit, m.Start)
	}
	return limit
}

// idle is Idle for the values that text itself begins with.
func (st *Set) idle(sc *Scan, text []byte) (limit int) {
	limit = len(text)
	sc.ends.reset(text)
	for c := 0; c < limit; c++ {
		st.candidates(sc, c, func(_ *matcher, p *pattern) {
			limit = min(limit, c+min(idleBytes, int(p.size)/4))
		})
	}
	return limit
}

// idleDecoded is Idle for the decoded end of the text that was decoded last.
func (st *Set) idleDecoded(sc *Scan) int {
	limit := len(sc.decoder.text)
	for i := range sc.decoder.parts {
		d := &sc.decoder.parts[i]
		if !d.tail || st.alphabet == nil {
			continue
		}
		text := d.Text[:d.Open]
		sc.ends.reset(text)
		for c := max(0, len(text)-st.longest); c < len(text) && d.At(c, limit) < limit; c++ {
			st.candidates(sc, c, func(_ *matcher, p *pattern) {
				limit = min(limit, d.At(c+min(idleBytes, int(p.size)/4), limit))
			})
		}
	}
	for _, o := range sc.spelled.Open {
		limit = min(limit, o.At+min(idleBytes, o.Size/4))
	}
	return limit
}

// rest returns the text from hold on, as a reader sees it.
func (st *Set) rest(sc *Scan, text []byte, hold int) []byte {
	if !sc.through {
		return text[hold:]
	}
	return sc.view.From(hold)
}

// candidates calls f with each live pattern that begins with the end of the text from c
// on, and is longer. The text is the one of the last sc.ends.reset.
func (st *Set) candidates(sc *Scan, c int, f func(*matcher, *pattern)) {
	for _, mt := range st.matchers {
		sc.begin(mt)
		mt.candidates(sc, c, func(p *pattern) { f(mt, p) })
	}
}
