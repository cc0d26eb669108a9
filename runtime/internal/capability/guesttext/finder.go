package guesttext

import (
	"time"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/capability/guesttext/substrings"
)

// Limits of one search. Beyond them, the texts are left out.
const (
	maxIndexed = 192 << 10 // bytes of all texts, in all spellings
	maxScanned = 3 << 20   // bytes of all values, in all spellings, in all rounds
	maxSteps   = 2 << 20   // bytes of values that look like text
	valueCost  = 128       // bytes that a value counts besides: finding its spellings
)

// Costs of a search.
const (
	valueWork  = 400 * time.Nanosecond // of a value
	indexByte  = 60 * time.Nanosecond  // of a byte in the index
	markerByte = time.Nanosecond       // of a text in which masks are searched
	scanByte   = 6 * time.Nanosecond   // of a byte of a value
	stepWork   = 20 * time.Nanosecond  // of a byte that looks like text
	edgeWork   = 3 * time.Nanosecond   // of an edge that is looked at
	scanPiece  = 1 << 10               // bytes that are paid at once
	indexPiece = 1 << 10
)

// finder finds parts of values in texts: reading a value byte by byte, it knows the
// longest end of what was read that stands in a text.
type finder struct {
	index *substrings.Index
	grams [1 << 10]uint64 // four bytes in a row that stand in a text, hashed

	work    *work
	found   []part
	scanned int
	steps   int
	tooMuch bool
}

// part is a part of a value that stands in a text.
type part struct {
	name  string
	bytes []byte // a copy
}

// newFinder indexes the texts. It returns nil if they are too long. Scanned is what
// earlier rounds have scanned.
func newFinder(w *work, texts []*string, markers []string, scanned int) *finder {
	var all []byte
	for _, t := range texts {
		if !w.each(len(*t)*(len(markers)+1), markerByte) {
			return nil
		}
		all = appendSpellings(w, all, withoutMarkers(*t, markers))
		if len(all) > maxIndexed || w.done() {
			return nil
		}
	}
	f := &finder{work: w, scanned: scanned, index: substrings.New(len(all))}
	var gram uint32
	for i, c := range all {
		if i%indexPiece == 0 && !f.pay(indexPiece*indexByte) {
			return nil
		}
		f.index.Add(c)
		if gram = gram<<8 | uint32(c); i >= 3 {
			word, bit := slot(gram)
			f.grams[word] |= bit
		}
	}
	return f
}

// pay pays work and the edges that were looked at before it.
func (f *finder) pay(d time.Duration) bool {
	return f.work.spend(d + time.Duration(f.index.Looked())*edgeWork)
}

func slot(gram uint32) (word uint32, bit uint64) {
	h := gram * 0x9E3779B1 >> 16
	return h >> 6, 1 << (h & 63)
}

// find adds the parts of a value that stand in the texts. It reports false once there
// is too much to compare.
func (f *finder) find(name string, value []byte) (more bool) {
	f.tooMuch = f.tooMuch || len(value) > maxScanned || !f.work.spend(valueWork)
	if len(value) < MinPart || f.tooMuch {
		return !f.tooMuch
	}
	f.scanned += valueCost
	forms := spellingsOfValue(f.work, value)
	for _, form := range forms {
		f.scan(name, form)
	}
	for _, form := range forms[1:] {
		clear(form)
	}
	f.tooMuch = f.tooMuch || f.work.done()
	return !f.tooMuch
}

// scan adds the longest parts of a value in one spelling that stand in the texts.
func (f *finder) scan(name string, value []byte) {
	if f.scanned += len(value); f.scanned > maxScanned {
		f.tooMuch = true
		return
	}
	var (
		gram       uint32
		at         substrings.End // the longest that stands in a text
		starts     = ring{}       // boundaries within it
		start, end = 0, 0         // the part that is not added yet

		word bool // the last character that was looked at belongs to a word
		next int  // where the one after it begins
	)
	// look looks at the characters up to the one that i is in. Of bytes that stand in no
	// text it looks at the last ones: the part at hand begins less than MinPart before i.
	look := func(i int) {
		if skip := characterBefore(value, i-MinPart); skip > next {
			starts.n, next, word = 0, skip, true // whether a part may begin at skip does not matter
		}
		for next <= i {
			now, size := wordAt(value[next:])
			if next == 0 || !now || !word {
				starts.push(next)
			}
			word, next = now, next+size
		}
	}
	flush := func() {
		f.steps += end - start // trimming reads it again
		if len(f.found) > maxParts {
			f.tooMuch = true
		} else if p := trimmed(value[start:end]); len(p) >= MinPart {
			f.found = append(f.found, part{name, append([]byte(nil), p...)})
		}
		start, end = 0, 0
	}
	steps := f.steps
	for i, c := range value {
		if i%scanPiece == 0 {
			if !f.pay(min(scanPiece, time.Duration(len(value)-i))*scanByte + time.Duration(f.steps-steps)*stepWork) {
				f.tooMuch = true
				return
			}
			steps = f.steps
		}
		gram = gram<<8 | uint32(c)
		if i < MinPart-1 {
			continue
		}
		if word, bit := slot(gram); f.grams[word]&bit == 0 {
			at = substrings.End{}
			continue
		}
		look(i)
		from := i
		if at.Length == 0 {
			from = i - MinPart + 1
		}
		for _, c := range value[from : i+1] {
			at = f.step(at, c)
		}
		if f.tooMuch {
			return
		}
		if at.Length < MinPart || i+1 < next {
			continue
		}
		if i+1 < len(value) && word {
			if more, _ := wordAt(value[i+1:]); more {
				continue // no boundary after it
			}
		}
		s := starts.from(i + 1 - at.Length)
		if s < 0 || i+1-s < MinPart {
			continue
		}
		if end > start && s != start {
			flush()
		}
		start, end = s, i+1
	}
	if end > start {
		flush()
	}
	if len(f.found) > maxParts || !f.pay(time.Duration(f.steps-steps)*stepWork) {
		f.tooMuch = true
	}
}

// characterBefore returns where the character begins that i is in, or one before it.
func characterBefore(value []byte, i int) int {
	for back := 0; back < utf8.UTFMax && back <= i; back++ {
		if utf8.RuneStart(value[i-back]) {
			return i - back
		}
	}
	return max(i, 0) // not UTF-8, so that each byte is one
}

// step reads one byte of a value.
func (f *finder) step(at substrings.End, c byte) substrings.End {
	if f.steps++; f.steps > maxSteps {
		f.tooMuch = true
		return substrings.End{}
	}
	return f.index.Step(at, c)
}

// ring holds the last boundaries of a value. There may be more than it holds: then
// the longest part that begins at one of them is found, and the rest when the masked
// text is searched again.
type ring struct {
	at [256]int
	n  int
}

func (r *ring) push(i int) {
	r.at[r.n&(len(r.at)-1)] = i
	r.n++
}

// from returns the first boundary that is not before i, -1 if there is none.
func (r *ring) from(i int) int {
	lo, hi := max(0, r.n-len(r.at)), r.n
	for span := uint(hi - lo); span > 0; span = uint(hi - lo) {
		mid := lo + int(span>>1)
		if r.at[mid&(len(r.at)-1)] < i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == r.n {
		return -1
	}
	return r.at[lo&(len(r.at)-1)]
}
