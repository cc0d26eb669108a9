package redact

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// match is an occurrence of a value at text[start:end]; up to reach the value
// repeats itself.
type match struct {
	start, end, reach int
	val               *value
}

// scan is the memory of one search: what it found, and room to work. It may be
// used again and again, by one goroutine at a time.
type scan struct {
	matches []match
	cover   run // the union that the latest match is part of

	runs [4]run // the latest matches, to see values that repeat themselves
	turn int

	misses  [16]miss  // where many windows were looked at in vain
	barren  repeat    // ... because the text repeats itself, but not for long enough
	periods [4]repeat // parts of the text that repeat themselves

	sieve *sieve
	id    uint32 // pattern whose bytes are in form, if made
	made  bool
	form  []byte             // in the memory of speller
	text  []byte             // a copy of a string
	lend  func([]byte) error // made once: a closure per call would be garbage

	speller encodings.Speller

	through bool           // the text was also searched without its sequences
	view    encodings.View // ... which is this
	inRaw   []match        // and what had been found with them
}

// repeat is a longest part of the text in which every byte equals the one
// period bytes before.
type repeat struct {
	period, start, end int
}

// miss is a place in the text. If period is not 0, it also takes the stretch
// of that period around it that was too short.
type miss struct {
	at, period int
}

type run struct {
	id         uint32
	start, end int
}

func newScan() *scan {
	sc := &scan{}
	sc.lend = func(v []byte) error {
		sc.form = sc.speller.Spell(v, sc.sieve.pats[sc.id].spelling)
		return nil
	}
	return sc
}

// reset forgets the last search.
func (sc *scan) reset() {
	sc.matches = sc.matches[:0]
	sc.through = false
	sc.cover = run{}
}

// begin makes ready for a sieve.
func (sc *scan) begin(s *sieve) {
	if sc.sieve != s {
		sc.sieve, sc.made = s, false
	}
	sc.runs = [4]run{}
	sc.periods = [4]repeat{}
	sc.cover = run{}
}

// wipe clears what plaintext the search left.
func (sc *scan) wipe() {
	if sc.made {
		sc.speller.Wipe()
		sc.made = false
	}
}

// bytesOf returns the bytes of a pattern of the sieve, with the longest tail.
// They are valid until the next call.
func (sc *scan) bytesOf(id uint32) ([]byte, bool) {
	if sc.made && sc.id == id {
		return sc.form, true
	}
	sc.id, sc.made = id, true
	p := &sc.sieve.pats[id]
	src := sc.sieve.vals[p.val].src.Load()
	if src == nil || src.Expose(sc.lend) != nil || len(sc.form) != p.longest() {
		sc.made = false
		return nil, false
	}
	return sc.form, true
}

// covered reports whether an occurrence at [start, end) changes nothing,
// because it lies in what is known to be masked under the name of a match
// further left.
func (sc *scan) covered(start, end int) bool {
	return sc.cover.start < start && end <= sc.cover.end
}

// record notes a match of pattern id. A value that overlaps itself by period d
// is followed as far as the text repeats, so that a text made of it costs one
// comparison a byte.
func (sc *scan) record(m match, id uint32, text []byte) {
	slot := -1
	m.reach = m.end
	for i := range sc.runs {
		if r := &sc.runs[i]; r.id == id && r.end > 0 {
			slot = i
			if d := m.start - r.start; d != 0 && m.start < r.end && r.start < m.end {
				m.reach = repeatEnd(text, m.start, m.end, max(d, -d))
			}
		}
	}
	if slot < 0 {
		slot = sc.turn
		sc.turn = (sc.turn + 1) % len(sc.runs)
	}
	sc.runs[slot] = run{id, m.start, m.reach}
	sc.matches = append(sc.matches, m)
	if m.start < sc.cover.end && sc.cover.start < m.reach {
		sc.cover = run{start: min(m.start, sc.cover.start), end: max(m.reach, sc.cover.end)}
		return
	}
	sc.cover = sc.runs[slot]
}

// repeats returns the longest part of the text around at that has the period.
func (sc *scan) repeats(text []byte, at, period int) repeat {
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

// merge sorts the matches and makes each group of overlapping ones one match,
// from start to reach, named after the leftmost, then longest, then smallest key. Matches that only
// touch stay apart.
func (sc *scan) merge() []match {
	if len(sc.matches) < 2 {
		return sc.matches
	}
	slices.SortFunc(sc.matches, func(a, b match) int {
		return cmp.Or(a.start-b.start, b.end-a.end, cmp.Compare(*a.val.mask.Load(), *b.val.mask.Load()))
	})
	out := sc.matches[:1]
	for _, m := range sc.matches[1:] {
		last := &out[len(out)-1]
		if m.start < last.reach {
			last.reach = max(last.reach, m.reach)
			continue
		}
		out = append(out, m)
	}
	sc.matches = out
	return out
}

// appendSequences appends the terminal sequences inside a masked value, except
// those that are themselves part of one.
func (sc *scan) appendSequences(dst, text []byte, start, end int) []byte {
	if sc.through {
		sc.view.Sequences(start, end, func(from, to int) {
			for _, m := range sc.inRaw {
				if m.start < to && from < m.reach {
					return
				}
			}
			dst = append(dst, text[from:to]...)
		})
	}
	return dst
}
