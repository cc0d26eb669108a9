package capability

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
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
	rounds = 4
)

// maskTexts replaces in all texts what disclose discloses, and any part of it that
// stands between two characters which are neither letters nor digits. No format is
// parsed, since there would always be a way of writing that the parser of the guest
// knows and this one does not.
//
// To find a part, all values are compared with an index of the texts, in several
// spellings of both. What is found is masked by a registry, and the result is
// searched again. Texts in which something is still found are left out, and so are
// texts or values that take too long to compare.
func maskTexts(texts []*string, disclose func(Disclosed) bool) {
	m := masker{registry: redact.New(redact.Options{JSONLeaves: true}), parts: map[uint64]bool{}, seed: maphash.MakeSeed()}
	defer m.close()
	original := make([]string, len(texts))
	for i, t := range texts {
		original[i] = *t
	}
	for range rounds {
		f := newFinder(texts, m.markers)
		if f == nil || !disclose(func(name string, value []byte) { m.whole(name, value); f.find(name, value) }) || f.tooMuch {
			break
		}
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
// whether one is left in the texts although it is searched.
func (m *masker) add(found []part) (added, left bool) {
	added = !m.searched && m.wholes > 0
	m.searched = true
	var masked []uint64
	for _, p := range found {
		key := maphash.Bytes(m.seed, p.bytes)
		if searched, ok := m.parts[key]; ok {
			left = left || searched
			continue
		}
		if len(m.parts) >= maxParts {
			return added, true
		}
		m.register(p.name, p.bytes, words(p.bytes) > 1)
		m.parts[key] = false
		if m.searches(p.bytes) {
			masked = append(masked, key)
		}
		clear(p.bytes)
	}
	for _, key := range masked {
		m.parts[key] = true
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

// inWord reports whether c belongs to a word: a letter, a digit, or part of a
// character beyond ASCII.
func inWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}

// words returns how many words b has.
func words(b []byte) int {
	n, before := 0, false
	for _, c := range b {
		if now := inWord(c); now != before {
			if now {
				n++
			}
			before = now
		}
	}
	return n
}

// trimmed returns b without what surrounds a value in text.
func trimmed(b []byte) []byte { return bytes.Trim(b, " \t\r\n\"'`=:,;\x00") }

// withoutMarkers replaces the masks in text, in which nothing is to be found.
func withoutMarkers(text string, markers []string) string {
	for _, marker := range append(markers, "[REDACTED]") {
		text = strings.ReplaceAll(text, marker, "\x00")
	}
	return text
}
