package capability

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

const (
	// minPart is the shortest part of a value, in bytes, that is masked.
	minPart = 4
	// maxWholes is how many values of at most maxWhole bytes are searched in all the
	// spellings that a registry knows, which takes longer than all the rest.
	maxWholes, maxWhole = 16, 256
	// maxParts is how many parts of values are masked.
	maxParts = 1024
	// rounds is how often the masked text is searched again.
	rounds = 6
)

// maskTexts is maskAll, except that of a message about a place in a file only the
// numbers are masked.
func maskTexts(texts []*string, disclose func(Disclosed) bool) {
	var all []*string
	for _, t := range texts {
		numbers, message := numbersOf(*t)
		if message == nil {
			all = append(all, t)
			continue
		}
		for i := range numbers {
			if len(numbers[i]) >= minPart {
				all = append(all, &numbers[i])
			}
		}
		defer func() { *t = message() }()
	}
	if len(all) > 0 {
		maskAll(all, disclose)
	}
}

// maskAll replaces in all texts what disclose discloses, and any part of it that
// stands between two characters which are neither letters nor digits. No format is
// parsed, since there would always be a way of writing that the parser of the guest
// knows and this one does not.
//
// To find a part, all values are compared with an index of the texts, in several
// spellings of both. What is found is masked by a registry, and the result is
// searched again. Texts in which something is still found are left out, and so are
// texts or values that take too long to compare.
func maskAll(texts []*string, disclose func(Disclosed) bool) {
	m := masker{registry: redact.New(redact.Options{JSONLeaves: true}), parts: map[uint64]bool{}, seed: maphash.MakeSeed()}
	defer m.close()
	original := make([]string, len(texts))
	for i, t := range texts {
		original[i] = *t
	}
	scanned := 0
	for range rounds {
		f := newFinder(texts, m.markers, scanned)
		if f == nil || !disclose(func(name string, value []byte) { m.whole(name, value); f.find(name, value) }) || f.tooMuch {
			break
		}
		scanned = f.scanned
		added, left := m.add(f.found)
		if left {
			break
		}
		if !added {
			return
		}
		for i, t := range texts {
			*t = m.registry.String(original[i])
		}
	}
	for i, t := range texts {
		*t = ""
		if n := len(original[i]); n > 0 {
			*t = fmt.Sprintf("[%d bytes were left out: they may show what the module has read]", n)
		}
	}
}

type masker struct {
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
	if m.searched || m.wholes >= maxWholes || len(value) > maxWhole {
		return
	}
	m.wholes++
	m.register(name, value, false)
}

// add registers the parts that were found. It reports whether any is new, and
// whether one is left in the texts although it is searched. A part of a part that is
// masked waits for the next round: the mask of the shorter one could hide where the
// longer one begins, in a spelling that the registry does not know.
func (m *masker) add(found []part) (added, left bool) {
	added = !m.searched && m.wholes > 0
	m.searched = true
	slices.SortStableFunc(found, func(a, b part) int { return cmp.Compare(len(b.bytes), len(a.bytes)) })
	var masked []uint64
	var longer [][]byte
	for _, p := range found {
		key := maphash.Bytes(m.seed, p.bytes)
		if searched, ok := m.parts[key]; ok {
			left = left || searched
			continue
		}
		if slices.ContainsFunc(longer, func(l []byte) bool { return bytes.Contains(l, p.bytes) }) {
			continue
		}
		if len(m.parts) >= maxParts {
			return added, true
		}
		m.register(p.name, p.bytes, words(p.bytes) > 1)
		m.parts[key] = false
		if m.searches(p.bytes) {
			masked, longer = append(masked, key), append(longer, p.bytes)
		}
	}
	for _, key := range masked {
		m.parts[key] = true
	}
	for _, p := range found {
		clear(p.bytes)
	}
	return added || len(masked) > 0, left
}

// searches reports whether the registry masks a value that it was given.
func (m *masker) searches(value []byte) bool {
	text := string(value)
	return m.registry.String(text) != text
}

// register has the registry mask a value. Force is for what only together is no
// ordinary text, such as a number in groups.
func (m *masker) register(name string, value []byte, force bool) {
	s, err := secret.FromBytes(bytes.Clone(value))
	if err != nil {
		return // it is found again, and the text left out
	}
	m.secrets = append(m.secrets, s)
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
