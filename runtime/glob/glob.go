package glob

import (
	"errors"
	"fmt"
	"strings"
)

// MaxLen is the largest length of a pattern: 512 bytes.
const MaxLen = 512

// Glob is a compiled pattern. It never changes and is safe for concurrent use.
type Glob struct {
	text     string
	form     form
	literal  string    // formExact: the pattern; formUnder, formTail: its literal part with the "/" next to "**"
	segments []segment // for formGeneral and LiteralPrefix
}

// form selects the matching algorithm: most patterns need only a comparison.
type form uint8

const (
	formGeneral form = iota
	formExact        // no wildcard
	formUnder        // a literal, "/" and a final "**"
	formTail         // "**/" and a literal
	formAny          // "**"
)

type segment struct {
	deep bool   // "**": any number of segments
	wild bool   // text contains "*"
	text string // pattern of one segment
}

// Parse compiles a pattern of names that may contain any characters except those
// that are wildcards in other pattern languages: "?", "[", "]", "{" and "}". They
// would stand for themselves here, so a rule that has them would silently not
// match. Error texts quote at most 64 characters of the pattern.
func Parse(pattern string) (*Glob, error) { return parse(pattern, false) }

// ParseKey compiles a pattern of keys. It rejects a pattern that can match no
// key, such as "prod/?", "prod/{a,b}" or "a//b".
func ParseKey(pattern string) (*Glob, error) { return parse(pattern, true) }

// Empty returns a pattern that matches only the empty name.
func Empty() *Glob { return &Glob{form: formExact, segments: []segment{{}}} }

func parse(pattern string, key bool) (*Glob, error) {
	switch {
	case pattern == "":
		return nil, errors.New("an empty glob matches nothing")
	case len(pattern) > MaxLen:
		return nil, fmt.Errorf("glob %.64q is longer than %d bytes", pattern, MaxLen)
	}
	g := &Glob{text: pattern}
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if err := checkSegment(pattern, part, key); err != nil {
			return nil, err
		}
		if part != "**" {
			g.segments = append(g.segments, segment{wild: strings.Contains(part, "*"), text: part})
			continue
		}
		if i == len(parts)-1 { // at the end: at least one segment
			g.segments = append(g.segments, segment{wild: true, text: "*"})
		}
		if n := len(g.segments); n > 0 && g.segments[n-1].deep {
			continue
		}
		g.segments = append(g.segments, segment{deep: true})
	}
	g.classify(parts)
	return g, nil
}

func checkSegment(pattern, part string, key bool) error {
	switch {
	case part == "**":
		return nil
	case strings.Contains(part, "**"):
		return fmt.Errorf(`glob %.64q: "**" must be a whole segment`, pattern)
	case !key && strings.ContainsAny(part, "?[]{}"):
		return fmt.Errorf(`glob %.64q: %q is not a wildcard; the wildcards are "*" and "**", and alternatives are a list`, pattern, part[strings.IndexAny(part, "?[]{}")])
	case !key:
		return nil
	case part == "":
		return fmt.Errorf("glob %.64q has an empty segment", pattern)
	case part == "." || part == "..":
		return fmt.Errorf("glob %.64q: a key cannot contain the segment %q", pattern, part)
	}
	if part[0] == '^' {
		return fmt.Errorf(`glob %.64q: this is not a regular expression; the wildcards are "*" and "**"`, pattern)
	}
	for i := range len(part) {
		if part[i] != '*' && !KeyByte(part[i]) {
			return fmt.Errorf(`glob %.64q: a key cannot contain %q (wildcards are "*" and "**"%s)`, pattern, part[i], keyNote(part[i]))
		}
	}
	return nil
}

// keyNote says what to write instead of a character, or "".
func keyNote(c byte) string {
	switch c {
	case '{', '}', '|':
		return "; alternatives are a list"
	case '$':
		return "; to compare a segment with a label, use when"
	}
	return ""
}

// classify picks the form.
func (g *Glob) classify(parts []string) {
	last := len(parts) - 1
	switch {
	case g.text == "**":
		g.form = formAny
	case !strings.Contains(g.text, "*"):
		g.form, g.literal = formExact, g.text
	case parts[last] == "**" && strings.Count(g.text, "*") == 2:
		g.form, g.literal = formUnder, g.text[:len(g.text)-2]
	case parts[0] == "**" && strings.Count(g.text, "*") == 2:
		g.form, g.literal = formTail, g.text[2:]
	}
}

// String returns the pattern.
func (g *Glob) String() string { return g.text }

// MatchesAll reports whether g is "**", which matches every non-empty name.
func (g *Glob) MatchesAll() bool { return g.form == formAny }

// Literal reports whether g has no wildcard, so that it matches only its own text.
func (g *Glob) Literal() bool { return g.form == formExact }

// Covers reports whether g certainly matches everything that other matches.
// False means only that this could not be shown.
func (g *Glob) Covers(other *Glob) bool {
	switch {
	case g.text == other.text || g.form == formAny:
		return true
	case other.form == formExact:
		return g.Match(other.literal)
	case g.form == formUnder:
		return len(other.text) > len(g.literal) && strings.HasPrefix(other.text, g.literal)
	}
	return false
}

// LiteralPrefix returns the leading segments without wildcards, joined by "/",
// and their number, which is at most limit. Every name that g matches begins
// with these segments.
func (g *Glob) LiteralPrefix(limit int) (prefix string, n int) {
	end := 0
	for n < len(g.segments) && n < limit && !g.segments[n].deep && !g.segments[n].wild {
		end += len(g.segments[n].text) + 1
		n++
	}
	if n == 0 {
		return "", 0
	}
	return g.text[:end-1], n
}

// List is a list of patterns.
type List []*Glob

// Match reports whether at least one pattern of the list matches s.
func (l List) Match(s string) bool {
	for _, g := range l {
		if g.Match(s) {
			return true
		}
	}
	return false
}

// Covers reports whether each pattern of other is certainly covered by one of
// l, and other is not empty.
func (l List) Covers(other List) bool {
	for _, inner := range other {
		if !l.coversOne(inner) {
			return false
		}
	}
	return len(other) > 0
}

func (l List) coversOne(inner *Glob) bool {
	for _, g := range l {
		if g.Covers(inner) {
			return true
		}
	}
	return false
}

// KeyByte reports whether a segment of a key may contain c.
func KeyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '.' || c == '_' || c == '@' || c == ':' || c == '+' || c == '-'
}
