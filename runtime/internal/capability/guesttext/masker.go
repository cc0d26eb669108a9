package guesttext

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/wipe"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

const (
	// MinPart is the shortest part of a value, in bytes, that is masked.
	MinPart = 4
	// maxWholes is how many values of at most maxWhole bytes are searched in all the
	// spellings that a registry knows, which takes longer than all the rest.
	maxWholes, maxWhole = 16, 256
	// maxParts is how many parts of values are masked.
	maxParts = 1024
	// rounds is how often the masked text is searched again.
	rounds = 6

	batchWork    = 2 * time.Millisecond
	partWork     = 200 * time.Nanosecond // of a part that was found
	partByte     = 5 * time.Nanosecond   // of its bytes
	containsByte = time.Nanosecond       // of a byte in which a part is searched
)

// Disclosed takes what a guest was given. It must neither keep nor change value. It
// reports false once no more is wanted.
type Disclosed func(name string, value []byte) (more bool)

// Mask replaces in all texts what disclose discloses, and any part of it that stands
// between two characters which are neither letters nor digits. In a message of a
// built-in module about a file, only the numbers and the key are masked.
//
// Disclose calls add with each value, under the name that the mask shows, until add
// reports false, and may be called several times. It reports false if there is more.
// Then, and if there is too much to compare, Mask reports false, and the texts only say
// how long they were; the numbers of such a message are then compared with the values as
// these are written, and in no other spelling. Pays takes the fuel for the work that is
// done, or reports that the call is over: then little more is done. It is nil if nobody
// pays.
func Mask(pays func(units int64) (paid bool), texts []*string, disclose func(Disclosed) bool) (shown bool) {
	var all, numbers []*string
	for _, t := range texts {
		m := messageOf(*t)
		if m == nil {
			all = append(all, t)
			continue
		}
		n, keys := m.gaps()
		all, numbers = append(all, keys...), append(numbers, n...)
		defer func() { *t = m.String() }()
	}
	if len(all)+len(numbers) == 0 {
		return true
	}
	w := newWork(pays)
	kept := make([]string, len(numbers))
	for i, n := range numbers {
		kept[i] = *n
	}
	if len(numbers) > 0 {
		w.left -= numbersWork
	}
	if maskAll(w, append(slices.Clip(all), numbers...), disclose) {
		return true
	}
	if len(numbers) == 0 || w.over {
		return false
	}
	for i, n := range numbers {
		*n = kept[i]
	}
	w.left = numbersWork
	if !maskNumbers(w, numbers, disclose) {
		leaveOut(numbers, kept)
		return false
	}
	return len(all) == 0
}

// maskAll is Mask for all texts except such messages. No format is parsed, since there
// would always be a way of writing that the parser of the guest knows and this one does
// not.
//
// To find a part, all values are compared with an index of the texts, in several
// spellings of both. What is found is masked by a registry, and the result is
// searched again. If something is still found, or if it takes too long to compare,
// the texts are left out, and it reports false.
func maskAll(w *work, texts []*string, disclose func(Disclosed) bool) (shown bool) {
	m := masker{work: w, registry: redact.New(redact.Options{JSONLeaves: true}), parts: map[uint64]bool{}, seed: maphash.MakeSeed()}
	defer m.close()
	original := make([]string, len(texts))
	for i, t := range texts {
		original[i] = *t
	}
	scanned := 0
	for range rounds {
		f := newFinder(w, texts, m.markers, scanned)
		if f == nil || !disclose(func(name string, value []byte) bool { m.whole(name, value); return f.find(name, value) }) || f.tooMuch || w.done() {
			break
		}
		scanned = f.scanned
		added, left := m.add(f.found)
		if left {
			break
		}
		if !added {
			return true
		}
		if !m.mask(texts, original) {
			break
		}
	}
	leaveOut(texts, original)
	return false
}

// leaveOut lets texts say only how long the original ones were.
func leaveOut(texts []*string, original []string) {
	for i, t := range texts {
		*t = ""
		if n := len(original[i]); n > 0 {
			*t = fmt.Sprintf("[%d bytes were left out: they may show what the module has read]", n)
		}
	}
}

type masker struct {
	work     *work
	built    time.Duration // what it takes to search for all values that were registered
	building time.Duration // of that, what is not done yet
	registry *redact.Registry
	secrets  []secret.Secret
	wholes   int
	searched bool // the values as a whole were added
	seed     maphash.Seed
	parts    map[uint64]bool // that were added, by their hash: true once it must not be in the texts
	markers  []string        // masks that may stand in the texts
}

// whole adds one of the first values, to be found in all spellings that the registry
// knows.
func (m *masker) whole(name string, value []byte) {
	if m.searched || m.wholes >= maxWholes || len(value) > maxWhole || m.building+buildCost(value) > wholesWork {
		return
	}
	m.wholes++
	m.register(name, value, false)
}

// Costs of a registry.
const (
	buildValue   = 15 * time.Microsecond  // of one value that it searches
	buildByte    = 500 * time.Nanosecond  // of a letter or digit in it
	buildWide    = 1 * time.Microsecond   // of a byte of one that is not ASCII
	buildSymbol  = 2500 * time.Nanosecond // of another character
	buildControl = 6 * time.Microsecond   // of a control character
	buildLine    = 50 * time.Microsecond  // of a line, which is a value as well
	buildInvalid = 40 * time.Microsecond  // of a byte that is not UTF-8

	wholesWork = 10 * time.Millisecond // for the values as a whole
	maskByte   = 300 * time.Nanosecond // of a byte of the text that is masked
)

// buildCost is the cost of one value.
func buildCost(value []byte) time.Duration {
	cost := buildValue
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRune(value[i:])
		switch {
		case r == '\n' || r == '\r':
			cost += buildLine
		case r < ' ':
			cost += buildControl
		case r == utf8.RuneError && size == 1:
			cost += buildInvalid
		case r < utf8.RuneSelf && !inWord(r, 1):
			cost += buildSymbol
		case size > 1:
			cost += time.Duration(size) * buildWide
		default:
			cost += buildByte
		}
		i += size
	}
	return cost
}

// mask makes texts what the registry makes of the original ones. It reports false if
// that takes too long.
func (m *masker) mask(texts []*string, original []string) bool {
	again := time.Duration(0)
	if m.built > m.building {
		again = m.built // the registry may merge what it has
	}
	if !m.work.spend(m.building + again) {
		return false
	}
	m.building = 0
	for i, t := range texts {
		if !m.work.each(len(original[i]), maskByte) {
			return false
		}
		*t = m.registry.String(original[i])
	}
	return true
}

// searches reports whether a registry masks a value that it is given.
func searches(value []byte, force bool) bool {
	why := redact.Classify(value)
	return why == "" || force && why != redact.ReasonEmpty
}

// add registers the parts that were found. It reports whether any is new, and
// whether one is left in the texts although it is searched. A part of a part that is
// masked waits for the next round: the mask of the shorter one could hide where the
// longer one begins, in a spelling that the registry does not know. Once a round has
// much to register, much shorter parts wait as well: what a token is read as is not
// in the texts any longer when the token is masked.
func (m *masker) add(found []part) (added, left bool) {
	added = !m.searched && m.wholes > 0
	m.searched = true
	slices.SortStableFunc(found, func(a, b part) int { return cmp.Compare(len(b.bytes), len(a.bytes)) })
	var masked []uint64
	var longer []byte // one after the other, each after a zero byte
	longest, before := 0, m.building
	for _, p := range found {
		if !m.work.spend(partWork + time.Duration(len(p.bytes))*partByte + time.Duration(len(longer))*containsByte) {
			return added, true
		}
		key := maphash.Bytes(m.seed, p.bytes)
		if searched, ok := m.parts[key]; ok {
			left = left || searched
			continue
		}
		if bytes.Contains(longer, p.bytes) || m.building-before+buildCost(p.bytes) > batchWork && 5*len(p.bytes) < 4*longest {
			continue
		}
		if len(m.parts) >= maxParts {
			return added, true
		}
		force := words(p.bytes) > 1
		m.parts[key] = false
		if searches(p.bytes, force) {
			m.register(p.name, p.bytes, force)
			masked, longer = append(masked, key), append(append(wipe.Grow(longer, 1+len(p.bytes)), 0), p.bytes...)
			longest = max(longest, len(p.bytes))
		}
	}
	clear(longer)
	for _, key := range masked {
		m.parts[key] = true
	}
	for _, p := range found {
		clear(p.bytes)
	}
	return added || len(masked) > 0, left
}

// register has the registry mask a value. Force is for what only together is no
// ordinary text, such as a number in groups.
func (m *masker) register(name string, value []byte, force bool) {
	s, err := secret.FromBytes(bytes.Clone(value))
	if err != nil {
		return // it is found again, and the text left out
	}
	m.secrets = append(m.secrets, s)
	cost := buildCost(value)
	m.built, m.building = m.built+cost, m.building+cost
	_ = m.registry.AddDeferred(redact.Entry{Key: name, Secret: s, Force: force})
	if marker := "[REDACTED:" + name + "]"; !slices.Contains(m.markers, marker) {
		m.markers = append(m.markers, marker)
	}
}

func (m *masker) close() {
	m.registry.Close()
	for _, s := range m.secrets {
		s.Destroy()
	}
}

// inWord reports whether r, which takes size bytes, belongs to a word: a letter, a
// digit, a mark on one, or a byte that is not UTF-8.
func inWord(r rune, size int) bool {
	switch {
	case r < utf8.RuneSelf:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	case r == utf8.RuneError && size == 1:
		return true
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// wordAt reports whether the character at the start of b belongs to a word, and its
// size.
func wordAt(b []byte) (word bool, size int) {
	if c := b[0]; c < utf8.RuneSelf {
		return inWord(rune(c), 1), 1
	}
	r, size := utf8.DecodeRune(b)
	return inWord(r, size), size
}

// words returns how many words b has.
func words(b []byte) int {
	n, before := 0, false
	for len(b) > 0 {
		now, size := wordAt(b)
		if now && !before {
			n++
		}
		before, b = now, b[size:]
	}
	return n
}

// trimmed returns b without what surrounds a value in text.
func trimmed(b []byte) []byte {
	return bytes.TrimFunc(b, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("\"'`=:,;\x00\ufeff\u201c\u201d\u2018\u2019\u00ab\u00bb\uff1a", r)
	})
}

// withoutMarkers replaces the masks in text, in which nothing is to be found.
func withoutMarkers(text string, markers []string) string {
	for _, marker := range append(markers, "[REDACTED]") {
		text = strings.ReplaceAll(text, marker, "\x00")
	}
	return text
}
