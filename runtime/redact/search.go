package redact

import (
	"bytes"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// set is what is searched at one moment: a large sieve and at most a few small
// ones of values that came after it was built.
type set struct {
	sieves []*sieve
}

// maxSequences bounds the terminal sequences inside one value.
const maxSequences = 4 << 10

// search finds all values in text, which begins in the given state, and leaves
// them in sc.matches, in order and merged. It returns where the longest suffix
// begins that can still become a value.
func (st *set) search(sc *scan, text []byte, from encodings.State) (hold int) {
	sc.reset()
	if from != encodings.Ground || bytes.IndexByte(text, encodings.ESC) >= 0 {
		hold = st.searchView(sc, text, from)
	} else {
		hold = len(text)
		for _, s := range st.sieves {
			s.find(sc, text)
			hold = min(hold, s.hold(sc, text))
		}
	}
	sc.merge()
	return hold
}

// searchView searches what is left of text without its sequences, and the
// sequences.
func (st *set) searchView(sc *scan, text []byte, from encodings.State) int {
	sc.through = true
	sc.view.Set(text, from)
	hold, seen, longest := len(text), len(sc.view.Text), 0
	for _, s := range st.sieves {
		sc.begin(s)
		if s.escapes {
			s.find(sc, text)
		} else {
			sc.view.Hidden(len(text), func(at int) { s.startsAt(sc, text, at) })
		}
		hold = min(hold, s.hold(sc, text))
		longest = max(longest, s.prefixes.long)
	}
	sc.inRaw = append(sc.inRaw[:0], sc.matches...)
	for _, s := range st.sieves {
		s.find(sc, sc.view.Text)
		seen = min(seen, s.hold(sc, sc.view.Text))
	}
	for i := len(sc.inRaw); i < len(sc.matches); i++ {
		m := &sc.matches[i]
		m.start, m.end, m.reach = sc.view.At(m.start), sc.view.At(m.end-1)+1, sc.view.At(m.reach-1)+1
	}
	if seen < len(sc.view.Text) {
		if at := sc.view.At(seen); len(text)-at < longest+maxSequences {
			hold = min(hold, at)
		}
	}
	return hold
}

const (
	tailBytes = 8 // a shorter rest of a cut-off value is let go
	idleBytes = 3 // most bytes of a value that may show in a pause
)

// tail applies the rule for the end of the text: what is held from hold on and
// is half of a value or more counts as the value.
func (st *set) tail(sc *scan, text []byte, hold int) {
	rest := st.rest(sc, text, hold)
	for c := 0; c+tailBytes <= len(rest); c++ {
		found := match{start: hold + c, end: len(text), reach: len(text)}
		if sc.through {
			seen := len(sc.view.Text)
			found.start, found.end = sc.view.At(seen-len(rest)+c), sc.view.At(seen-1)+1
			found.reach = found.end
		}
		st.candidates(sc, rest[c:], func(s *sieve, p *pattern) {
			v := s.vals[p.val]
			if 2*(len(rest)-c) >= int(p.size) && (found.val == nil || *v.mask.Load() < *found.val.mask.Load()) {
				found.val = v
			}
		})
		if found.val != nil {
			sc.matches = append(sc.matches, found)
			sc.merge()
			return
		}
	}
}

// idle returns how far the text, held from its first byte on, may be shown in a
// pause, so that of no value in it more than a few bytes are seen. The text
// has just been searched.
func (st *set) idle(sc *scan, text []byte) int {
	rest := st.rest(sc, text, 0)
	limit := len(rest)
	for c := 0; c < limit; c++ {
		st.candidates(sc, rest[c:], func(_ *sieve, p *pattern) {
			limit = min(limit, c+min(idleBytes, int(p.size)/4))
		})
	}
	if sc.through {
		limit = sc.view.Shown(limit, len(text))
	}
	for _, m := range sc.matches {
		limit = min(limit, m.start)
	}
	return limit
}

// rest is the text from hold on as a reader sees it.
func (st *set) rest(sc *scan, text []byte, hold int) []byte {
	if !sc.through {
		return text[hold:]
	}
	return sc.view.From(hold)
}

// candidates calls f with each pattern that text is a beginning of.
func (st *set) candidates(sc *scan, text []byte, f func(*sieve, *pattern)) {
	for _, s := range st.sieves {
		sc.begin(s)
		s.candidates(sc, text, func(p *pattern) bool {
			f(s, p)
			return true
		})
	}
}
